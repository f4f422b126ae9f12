package dev.modelcache.runtime;

import java.time.Duration;

/**
 * What a text was found to be.
 *
 * @param label one of the configured labels, or the one for when there is no answer
 * @param outcome whether the label is the model's answer
 * @param latency how long it took, waiting included
 */
public record Classification(String label, Outcome outcome, Duration latency) {

	/**
	 * Returns whether the model did not answer in time.
	 * @return {@code true} if it timed out
	 */
	public boolean isTimedOut() {
		return this.outcome == Outcome.TIMED_OUT;
	}

	/**
	 * Where a label comes from.
	 */
	public enum Outcome {

		/** The model said it. */
		ANSWERED,

		/** The model did not answer in time. */
		TIMED_OUT,

		/** The model is not loaded yet, or no more. */
		UNAVAILABLE

	}

}
