/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.util.Locale;

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;
import io.micrometer.observation.docs.ObservationDocumentation;

/**
 * The observations of a cache.
 */
public enum ModelCacheObservationDocumentation implements ObservationDocumentation {

	/**
	 * An acquisition of a model, from its beginning to its end.
	 */
	ACQUISITION("modelcache.acquisition", Keys.MODEL, Keys.OUTCOME),

	/**
	 * A step of an acquisition. Steps of several files of a model may overlap.
	 */
	STEP("modelcache.acquisition.step", Keys.MODEL, Keys.STEP) {

		@Override
		public KeyName[] getHighCardinalityKeyNames() {
			return new KeyName[] { Keys.SOURCE };
		}

	};

	private final String name;

	private final KeyName[] keys;

	ModelCacheObservationDocumentation(String name, KeyName... keys) {
		this.name = name;
		this.keys = keys;
	}

	@Override
	public Class<? extends ObservationConvention<? extends Observation.Context>> getDefaultConvention() {
		return ModelCacheObservations.Convention.class;
	}

	@Override
	public KeyName[] getLowCardinalityKeyNames() {
		return this.keys.clone();
	}

	/**
	 * Returns the name of the observation, which is also that of its meter.
	 * @return the name
	 */
	@Override
	public String getName() {
		return this.name;
	}

	/**
	 * The names of the keys.
	 */
	enum Keys implements KeyName {

		/** The model's id; {@code other} for a model that is not configured. */
		MODEL,

		/** How the acquisition ended. */
		OUTCOME,

		/** The step. */
		STEP,

		/** The URL that the step is about, without user-info, query and fragment. */
		SOURCE;

		@Override
		public String asString() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

}
