package dev.modelcache.autoconfigure;

import java.time.Clock;

import dev.modelcache.actuate.ProgressBars;
import dev.modelcache.actuate.ProgressDisplay;
import dev.modelcache.actuate.ProgressLog;
import dev.modelcache.actuate.Terminal;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ProxyType;
import org.springframework.context.annotation.Proxyable;

/**
 * How people who look at the application's output see progress.
 */
@Configuration(proxyBeanMethods = false)
class ProgressConfiguration {

	@Bean("dev.modelcache.actuate.ProgressDisplay")
	@ConditionalOnMissingBean
	@Proxyable(ProxyType.INTERFACES)
	ProgressDisplay modelCacheProgressDisplay(ModelCacheProperties properties) {
		return switch (properties.getProgress()) {
			case NONE -> ProgressDisplay.NONE;
			case LOG -> log();
			case BAR -> bars();
			case AUTO -> Terminal.isInteractive() ? bars() : log();
		};
	}

	private static ProgressDisplay log() {
		return new ProgressLog(Clock.systemUTC());
	}

	private static ProgressDisplay bars() {
		return ProgressBars.onStandardError(Clock.systemUTC());
	}

}
