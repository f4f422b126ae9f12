/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a model does not exist at the source or in the configuration.
 */
public final class ModelNotFoundException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelNotFoundException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.NOT_FOUND, modelId, problem, action, null);
	}

}
