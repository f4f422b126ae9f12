/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable classification of a text.
 */
public final class Classification {

	private final String label;

	private final Outcome outcome;

	private final Duration latency;

	private Classification(String label, Outcome outcome, Duration latency) {
		this.label = label;
		this.outcome = outcome;
		this.latency = latency;
	}

	/**
	 * Creates a classification.
	 * @param label one of the configured labels, or the label for unavailable answers
	 * @param outcome the origin of the label
	 * @param latency the duration, including the time in the queue
	 * @return the classification
	 */
	public static Classification of(String label, Outcome outcome, Duration latency) {
		return new Classification(label, outcome, latency);
	}

	/**
	 * Returns the label.
	 * @return one of the configured labels, or the label for unavailable answers
	 */
	public String label() {
		return this.label;
	}

	/**
	 * Returns the origin of the label.
	 * @return the outcome
	 */
	public Outcome outcome() {
		return this.outcome;
	}

	/**
	 * Returns the duration of the classification, including the time in the queue.
	 * @return the duration
	 */
	public Duration latency() {
		return this.latency;
	}

	/**
	 * Returns whether the model did not answer in time.
	 * @return {@code true} if the classification timed out
	 */
	public boolean isTimedOut() {
		return this.outcome == Outcome.TIMED_OUT;
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof Classification other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.label, this.outcome, this.latency);
	}

	@Override
	public String toString() {
		return this.label + " (" + this.outcome + ", " + this.latency + ")";
	}

	/**
	 * Origin of a label.
	 */
	public enum Outcome {

		/** The model answered with the label. */
		ANSWERED,

		/** The model did not answer in time. */
		TIMED_OUT,

		/** The model is not loaded. */
		UNAVAILABLE

	}

}
