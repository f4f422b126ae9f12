/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import io.micrometer.observation.Observation;
import org.jspecify.annotations.Nullable;

/**
 * What is observed: an acquisition of a model, or a step of one.
 */
public final class ModelCacheObservationContext extends Observation.Context {

	private final String model;

	private final @Nullable String step;

	private final @Nullable String source;

	private @Nullable String outcome;

	/**
	 * Creates a context.
	 * @param model the model's id, or {@value ModelCacheMeters#OTHER} if it is not
	 * configured
	 * @param step the step, or {@code null} for a whole acquisition
	 * @param source the URL that the step is about, without user-info, query and
	 * fragment, or {@code null}
	 */
	ModelCacheObservationContext(String model, @Nullable String step, @Nullable String source) {
		this.model = model;
		this.step = step;
		this.source = source;
	}

	/**
	 * Returns the model.
	 * @return the id, or {@value ModelCacheMeters#OTHER} for a model that is not
	 * configured
	 */
	public String model() {
		return this.model;
	}

	/**
	 * Returns the step.
	 * @return {@code resolve}, {@code lock}, {@code transfer}, {@code verify} or
	 * {@code publish}; {@code null} for a whole acquisition
	 */
	public @Nullable String step() {
		return this.step;
	}

	/**
	 * Returns what the step is about.
	 * @return a URL without user-info, query and fragment, or {@code null}
	 */
	public @Nullable String source() {
		return this.source;
	}

	/**
	 * Returns how an acquisition ended.
	 * @return {@code downloaded}, {@code cached}, {@code adopted}, {@code failed} or
	 * {@code cancelled}; {@code null} until the end, and for a step
	 */
	public @Nullable String outcome() {
		return this.outcome;
	}

	void setOutcome(String outcome) {
		this.outcome = outcome;
	}

}
