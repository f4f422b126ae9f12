/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when a published model could not be loaded into memory. The file is kept, and a
 * version that is already loaded stays in use.
 */
public final class ModelLoadException extends RuntimeException {

	private final String modelId;

	private final String problem;

	private final String action;

	private final boolean fileRefused;

	/**
	 * Creates an exception for a failure that the file has not caused, or may not have.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the cause, or {@code null}
	 */
	public ModelLoadException(String modelId, String problem, String action, @Nullable Throwable cause) {
		this(modelId, problem, action, cause, false);
	}

	private ModelLoadException(String modelId, String problem, String action, @Nullable Throwable cause,
			boolean fileRefused) {
		super("Model '" + modelId + "': " + problem + ". " + action + ".", cause);
		this.modelId = modelId;
		this.problem = problem;
		this.action = action;
		this.fileRefused = fileRefused;
	}

	/**
	 * Returns an exception for a file that the loader refuses. The file is read again,
	 * and acquired again if it is not what was verified.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the cause, or {@code null}
	 * @return the exception
	 */
	public static ModelLoadException fileRefused(String modelId, String problem, String action,
			@Nullable Throwable cause) {
		return new ModelLoadException(modelId, problem, action, cause, true);
	}

	/**
	 * Returns whether the loader refused the file.
	 * @return {@code true} if a damaged file may be the reason of the failure
	 */
	public boolean isFileRefused() {
		return this.fileRefused;
	}

	/**
	 * Returns the model's id.
	 * @return the id
	 */
	public String modelId() {
		return this.modelId;
	}

	/**
	 * Returns what happened.
	 * @return a sentence without its full stop
	 */
	public String problem() {
		return this.problem;
	}

	/**
	 * Returns what to do.
	 * @return a sentence without its full stop
	 */
	public String action() {
		return this.action;
	}

}
