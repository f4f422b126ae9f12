/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a file is not a valid model, such as an HTML page, an error document or a
 * truncated file.
 */
public final class ModelFormatException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelFormatException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.FORMAT, modelId, problem, action, null);
	}

}
