/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * State of a model.
 */
public enum ModelState {

	/** The model is not available and is not being acquired. */
	ABSENT,

	/**
	 * Waiting for another process or application context that is acquiring the model, or
	 * for another operation of this application.
	 */
	WAITING,

	/**
	 * Resolving the source: determining the files of the model, their URLs and expected
	 * digests.
	 */
	RESOLVING,

	/** Downloading. */
	DOWNLOADING,

	/** Verifying the downloaded files. */
	VERIFYING,

	/** The model is published and ready to use. */
	READY,

	/** The last attempt failed; see {@link ModelStatus#error()}. */
	FAILED,

	/** The last attempt was cancelled. */
	CANCELLED;

	/**
	 * Returns whether an acquisition is running in this state.
	 * @return {@code true} from {@link #WAITING} to {@link #VERIFYING}
	 */
	public boolean isAcquiring() {
		return this == WAITING || this == RESOLVING || this == DOWNLOADING || this == VERIFYING;
	}

}
