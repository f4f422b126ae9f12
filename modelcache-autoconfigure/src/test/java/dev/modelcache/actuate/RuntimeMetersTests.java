package dev.modelcache.actuate;

import java.time.Duration;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RuntimeMeters}.
 */
class RuntimeMetersTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	@Test
	void classificationsAreTimedByLabelAndOutcome() {
		RuntimeMeters runtime = new RuntimeMeters(this.registry);
		runtime.classificationStarted();
		runtime.classificationStarted();
		runtime.classificationEnded("READ", "answered", Duration.ofMillis(4));
		assertThat(this.registry.get("modelcache.classifications")
			.tags("label", "READ", "outcome", "answered")
			.timer()
			.totalTime(MILLISECONDS)).isEqualTo(4);
		assertThat(this.registry.get("modelcache.classifications.active").gauge().value()).isEqualTo(1);
	}

	@Test
	void loadsAreTimedByOutcome() {
		RuntimeMeters runtime = new RuntimeMeters(this.registry);
		runtime.loaded("a", true, Duration.ofMillis(4));
		runtime.loaded("a", false, Duration.ofMillis(5));
		assertThat(this.registry.get("modelcache.model.loads").tags("model", "a", "outcome", "failed").timer().count())
			.isEqualTo(1);
	}

}
