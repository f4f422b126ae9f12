/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;

import dev.modelcache.internal.acquire.AcquisitionObserver;
import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * The observations of a cache: one for each acquisition, with a child for each of its
 * steps (resolve, lock, transfer, verify, publish). An acquisition has no parent, because
 * it may serve several callers. Needs Micrometer.
 */
public final class ModelCacheObservations {

	/** The name of the observation of an acquisition; that of its steps begins so. */
	private static final String NAME = "modelcache.acquisition";

	private final ObservationRegistry registry;

	/**
	 * Creates the observations.
	 * @param registry what they are told to; its conventions for a
	 * {@link ModelCacheObservationContext} replace the default
	 */
	public ModelCacheObservations(ObservationRegistry registry) {
		this.registry = registry;
	}

	/**
	 * Observes the cache that a builder builds.
	 * @param builder the builder
	 */
	public void bindTo(ModelCacheBuilder builder) {
		builder.observer(observer());
	}

	AcquisitionObserver observer() {
		return new Observer();
	}

	/** The default names and key values. */
	static final class Convention implements ObservationConvention<ModelCacheObservationContext> {

		private final String name;

		Convention(String name) {
			this.name = name;
		}

		@Override
		public String getName() {
			return this.name;
		}

		@Override
		public String getContextualName(ModelCacheObservationContext context) {
			return ((context.step() != null) ? context.step() : "acquire") + " " + context.model();
		}

		@Override
		public KeyValues getLowCardinalityKeyValues(ModelCacheObservationContext context) {
			KeyValues model = KeyValues.of("model", context.model());
			return (context.step() != null) ? model.and("step", context.step())
					: model.and("outcome", (context.outcome() != null) ? context.outcome() : KeyValue.NONE_VALUE);
		}

		@Override
		public KeyValues getHighCardinalityKeyValues(ModelCacheObservationContext context) {
			return (context.source() != null) ? KeyValues.of("source", context.source()) : KeyValues.empty();
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return context instanceof ModelCacheObservationContext;
		}

	}

	private final class Observer implements AcquisitionObserver {

		private volatile Set<String> models = Set.of();

		@Override
		public void configured(Set<String> modelIds) {
			this.models = Set.copyOf(modelIds);
		}

		@Override
		public Steps started(String modelId) {
			return new ObservedSteps(this.models.contains(modelId) ? modelId : ModelCacheMeters.OTHER);
		}

	}

	private final class ObservedSteps implements AcquisitionObserver.Steps {

		private final ModelCacheObservationContext context;

		private final Observation acquisition;

		ObservedSteps(String model) {
			this.context = new ModelCacheObservationContext(model, null, null);
			this.acquisition = observation(NAME, this.context).start();
		}

		@Override
		public Consumer<@Nullable Throwable> began(AcquisitionObserver.Step step, @Nullable String source) {
			Observation observation = observation(NAME + ".step", new ModelCacheObservationContext(this.context.model(),
					step.name().toLowerCase(Locale.ROOT), source))
				.parentObservation(this.acquisition)
				.start();
			return (failure) -> end(observation, failure);
		}

		@Override
		public void ended(String outcome, @Nullable Throwable failure) {
			this.context.setOutcome(outcome);
			end(this.acquisition, failure);
		}

		private Observation observation(String name, ModelCacheObservationContext observed) {
			return Observation.createNotStarted(null, new Convention(name), () -> observed,
					ModelCacheObservations.this.registry);
		}

		private static void end(Observation observation, @Nullable Throwable failure) {
			if (failure != null) {
				observation.error(failure);
			}
			observation.stop();
		}

	}

}
