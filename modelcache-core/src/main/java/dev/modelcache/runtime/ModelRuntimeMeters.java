/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.internal.runtime.RuntimeObserver;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

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

	/** The meters of the use of models. */
	static final class Use implements RuntimeObserver {

		private final MeterRegistry registry;

		private final AtomicInteger active = new AtomicInteger();

		Use(MeterRegistry registry) {
			this.registry = registry;
			Gauge.builder("modelcache.classifications.active", this.active, AtomicInteger::get)
				.description("Number of texts that are being classified or are queued")
				.register(registry);
		}

		@Override
		public void loaded(String modelId, boolean succeeded, Duration elapsed) {
			Timer.builder("modelcache.model.loads")
				.description("Loads of models into memory")
				.tags("model", modelId, "outcome", succeeded ? "loaded" : "failed")
				.register(this.registry)
				.record(elapsed);
		}

		@Override
		public void classificationStarted() {
			this.active.incrementAndGet();
		}

		@Override
		public void classificationEnded(String label, String outcome, Duration elapsed) {
			this.active.decrementAndGet();
			Timer.builder("modelcache.classifications")
				.description("Classifications of texts by label")
				.tags("label", label, "outcome", outcome)
				.register(this.registry)
				.record(elapsed);
		}

	}

}
