/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * What to do when {@code model-path} contains a file that is not the model and was not
 * stored by the cache. The file is never deleted.
 */
public enum ModelPathConflict {

	/** Fail with a message that describes the existing file and what was expected. */
	FAIL,

	/** Use the existing file as it is, unverified. */
	KEEP,

	/**
	 * Rename the existing file to {@code <name>.replaced-<time>} when the model is
	 * published.
	 */
	REPLACE

}
