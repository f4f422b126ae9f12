package dev.modelcache.runtime;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.internal.runtime.RuntimeObserver;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * The meters of models in use. Their tags are bounded: a label is one of those that are
 * configured, and a model one that is loaded. Needs Micrometer.
 */
public final class ModelRuntimeMeters {

	private final Use use;

	/**
	 * Creates the meters.
	 * @param registry where to register them
	 */
	public ModelRuntimeMeters(MeterRegistry registry) {
		this.use = new Use(registry);
	}

	/**
	 * Measures the manager that a builder builds.
	 * @param builder the builder
	 */
	public void bindTo(ModelManagerBuilder builder) {
		builder.observer(this.use);
	}

	/**
	 * Measures the classifier that a builder builds.
	 * @param builder the builder
	 */
	public void bindTo(LlmClassifierBuilder builder) {
		builder.observer(this.use);
	}

	private static final class Use implements RuntimeObserver {

		private final MeterRegistry registry;

		private final AtomicInteger active = new AtomicInteger();

		Use(MeterRegistry registry) {
			this.registry = registry;
			registry.gauge("modelcache.classifications.active", this.active);
		}

		@Override
		public void loaded(String modelId, boolean succeeded, Duration elapsed) {
			this.registry.timer("modelcache.model.loads", "model", modelId, "outcome", succeeded ? "loaded" : "failed")
				.record(elapsed);
		}

		@Override
		public void classificationStarted() {
			this.active.incrementAndGet();
		}

		@Override
		public void classificationEnded(String label, String outcome, Duration elapsed) {
			this.active.decrementAndGet();
			this.registry.timer("modelcache.classifications", "label", label, "outcome", outcome).record(elapsed);
		}

	}

}
