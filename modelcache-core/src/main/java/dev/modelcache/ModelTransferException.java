/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a download failed. The failed attempts are kept as suppressed exceptions.
 */
public final class ModelTransferException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the last failure, or {@code null}
	 */
	public ModelTransferException(@Nullable String modelId, String problem, String action, @Nullable Throwable cause) {
		super(ErrorCode.TRANSFER, modelId, problem, action, cause);
	}

}
