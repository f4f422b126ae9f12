/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when an operation was cancelled.
 */
public final class ModelCancelledException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelCancelledException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.CANCELLED, modelId, problem, action, null);
	}

}
