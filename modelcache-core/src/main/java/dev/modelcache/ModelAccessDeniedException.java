/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the source or a proxy denies access, because credentials are missing or
 * insufficient.
 */
public final class ModelAccessDeniedException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelAccessDeniedException(@Nullable String modelId, String problem, String action) {
		this(modelId, problem, action, null);
	}

	/**
	 * Creates an exception with a cause.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the failed request, if there is one
	 */
	public ModelAccessDeniedException(@Nullable String modelId, String problem, String action,
			@Nullable Throwable cause) {
		super(ErrorCode.ACCESS_DENIED, modelId, problem, action, cause);
	}

}
