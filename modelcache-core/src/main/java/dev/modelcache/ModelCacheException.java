/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Base class of the exceptions that are thrown when a model is not available. The message
 * says what happened, to which model, and what to do. It never contains the user-info,
 * query or fragment of a URL or the value of a header.
 */
public abstract sealed class ModelCacheException extends RuntimeException
		permits ModelNotFoundException, ModelAccessDeniedException, ModelTransferException, ModelIntegrityException,
		ModelFormatException, ModelStorageException, ModelLockTimeoutException, ModelOfflineException,
		ModelConfigurationException, ModelCancelledException {

	private final ErrorCode code;

	private final @Nullable String modelId;

	private final String problem;

	private final String action;

	/**
	 * Creates an exception.
	 * @param code the kind of failure
	 * @param modelId the model's id, or {@code null} if no model is concerned
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the cause, or {@code null}
	 */
	ModelCacheException(ErrorCode code, @Nullable String modelId, String problem, String action,
			@Nullable Throwable cause) {
		super(((modelId != null) ? "Model '" + modelId + "': " : "") + problem + ". " + action + ".", cause);
		this.code = code;
		this.modelId = modelId;
		this.problem = problem;
		this.action = action;
	}

	/**
	 * Returns the kind of failure, as shown by the health indicator and the endpoint.
	 * @return the code
	 */
	public ErrorCode code() {
		return this.code;
	}

	/**
	 * Returns the model's id.
	 * @return the id, or {@code null} if no model is concerned
	 */
	public @Nullable String modelId() {
		return this.modelId;
	}

	/**
	 * Returns a description of what happened, without the model's id and the action.
	 * @return the problem
	 */
	public String problem() {
		return this.problem;
	}

	/**
	 * Returns a description of what to do.
	 * @return the action
	 */
	public String action() {
		return this.action;
	}

	/**
	 * Kinds of failure.
	 */
	public enum ErrorCode {

		/** The model does not exist at the source or in the configuration. */
		NOT_FOUND,
		/** The source or a proxy denies access. */
		ACCESS_DENIED,
		/** The download failed. */
		TRANSFER,
		/** The file does not match the expected digest. */
		INTEGRITY,
		/** The file is not a valid model. */
		FORMAT,
		/** The file could not be stored. */
		STORAGE,
		/** Another process holds the lock and makes no progress. */
		LOCK_TIMEOUT,
		/** The model is not cached, and the cache is offline. */
		OFFLINE,
		/** The configuration is invalid. */
		CONFIGURATION,
		/** The operation was cancelled. */
		CANCELLED

	}

}
