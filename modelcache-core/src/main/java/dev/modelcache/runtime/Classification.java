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
	 * @param label one of the configured labels, or the one for texts without an answer
	 * @param outcome where the label comes from
	 * @param latency how long it took, waiting included
	 * @return the classification
	 */
	public static Classification of(String label, Outcome outcome, Duration latency) {
		return new Classification(label, outcome, latency);
	}

	/**
	 * Returns the label.
	 * @return one of the configured labels, or the one for texts without an answer
	 */
	public String label() {
		return this.label;
	}

	/**
	 * Returns where the label comes from.
	 * @return the outcome
	 */
	public Outcome outcome() {
		return this.outcome;
	}

	/**
	 * Returns the time that the classification took, waiting included.
	 * @return the time
	 */
	public Duration latency() {
		return this.latency;
	}

	/**
	 * Returns whether the model did not answer in time.
	 * @return {@code true} if it timed out
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
	 * Where a label comes from.
	 */
	public enum Outcome {

		/** The model gave it. */
		ANSWERED,

		/** The model did not answer in time. */
		TIMED_OUT,

		/** The model is not loaded yet, or no longer. */
		UNAVAILABLE

	}

}
