package dev.modelcache.autoconfigure;

import dev.modelcache.BackgroundAttempts;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.actuate.ModelCacheHealthIndicator;
import dev.modelcache.actuate.ReadinessGroupMembership;
import org.springframework.boot.actuate.endpoint.SecurityContext;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link AutoConfiguration Auto-configuration} of the models' health.
 */
@AutoConfiguration(after = ModelCacheAutoConfiguration.class,
		afterName = "org.springframework.boot.health.autoconfigure.actuate.endpoint.AvailabilityProbesAutoConfiguration")
@ConditionalOnClass(HealthIndicator.class)
@ConditionalOnBean({ ModelCache.class, BackgroundAttempts.class })
public final class ModelCacheHealthAutoConfiguration {

	private static final String CONTRIBUTOR = "modelCache";

	@Bean
	@ConditionalOnMissingBean(name = "modelCacheHealthIndicator")
	@ConditionalOnEnabledHealthIndicator("modelcache")
	ModelCacheHealthIndicator modelCacheHealthIndicator(ModelCache cache, ConfiguredModels models,
			BackgroundAttempts attempts) {
		return new ModelCacheHealthIndicator(cache, models, attempts);
	}

	/**
	 * The place of the models' health in the readiness group. It comes after Boot's own
	 * post-processor, which makes that group.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(SecurityContext.class)
	@ConditionalOnBooleanProperty(name = "hooks.llm.health.readiness", matchIfMissing = true)
	static class ReadinessConfiguration {

		@Bean
		@ConditionalOnMissingBean
		ReadinessGroupMembership modelCacheReadinessGroupMembership() {
			return new ReadinessGroupMembership(CONTRIBUTOR);
		}

	}

}
