/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * How this process obtained a model.
 */
public enum ModelOutcome {

	/** This process downloaded the model. */
	DOWNLOADED,

	/**
	 * The model was already in the cache, or another process downloaded it while this one
	 * waited.
	 */
	CACHED,

	/**
	 * The model was found, with the expected digest, in the store of another tool or
	 * elsewhere in this cache.
	 */
	ADOPTED

}
