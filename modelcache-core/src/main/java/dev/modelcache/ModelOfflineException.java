/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a model is not cached and the cache is offline.
 */
public final class ModelOfflineException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelOfflineException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.OFFLINE, modelId, problem, action, null);
	}

}
