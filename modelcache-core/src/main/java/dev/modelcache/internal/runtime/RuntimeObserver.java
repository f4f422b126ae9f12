/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.time.Duration;

/**
 * Receives details of the use of models, for meters. Called on the threads that do the
 * work: an implementation must neither block nor throw.
 */
public interface RuntimeObserver {

	/** Ignores everything. */
	RuntimeObserver NONE = new RuntimeObserver() {
	};

	/**
	 * A model was loaded into memory, or could not be.
	 * @param modelId the model's id
	 * @param succeeded whether it can be used
	 * @param elapsed how long it took
	 */
	default void loaded(String modelId, boolean succeeded, Duration elapsed) {
	}

	/**
	 * A text is to be classified.
	 */
	default void classificationStarted() {
	}

	/**
	 * A classification ended, however it ended.
	 * @param label the label, or {@code none} if no label applies; one of those that are
	 * configured
	 * @param outcome {@code answered}, {@code timed_out}, {@code unavailable},
	 * {@code rejected}, {@code failed} or {@code cancelled}
	 * @param elapsed how long it took, waiting included
	 */
	default void classificationEnded(String label, String outcome, Duration elapsed) {
	}

}
