package dev.modelcache.runtime;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.internal.runtime.RuntimeObserver;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * Micrometer meters of loaded models and their classifiers. The number of tag values is
 * bounded by the configured labels and the loaded models.
 */
public final class ModelRuntimeMeters {

	private final Use use;

	/**
	 * Creates the meters.
	 * @param registry the registry for the meters
	 */
	public ModelRuntimeMeters(MeterRegistry registry) {
		this.use = new Use(registry);
	}

	/**
	 * Adds the meters to the builder of a manager.
	 * @param builder the builder
	 */
	public void bindTo(ModelManagerBuilder builder) {
		builder.observer(this.use);
	}

	/**
	 * Adds the meters to the builder of a classifier.
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
