/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Thrown when a model could not be stored because of insufficient space, missing
 * permissions or an I/O error.
 */
public final class ModelStorageException extends ModelCacheException {

	private final Path directory;

	private final @Nullable DataSize needed;

	private final @Nullable DataSize available;

	/**
	 * Creates an exception for a disk without enough space.
	 * @param modelId the model's id
	 * @param directory the directory on that disk
	 * @param needed the required space
	 * @param available the available space
	 */
	public ModelStorageException(@Nullable String modelId, Path directory, DataSize needed, DataSize available) {
		this(modelId, directory, needed, DataSize.ofBytes(0), available);
	}

	/**
	 * Creates an exception for a disk without enough space, part of which is to stay
	 * free.
	 * @param modelId the model's id
	 * @param directory the directory on that disk
	 * @param needed the required space, including the space that is to stay free
	 * @param reserved the space that is to stay free
	 * @param available the available space
	 */
	public ModelStorageException(@Nullable String modelId, Path directory, DataSize needed, DataSize reserved,
			DataSize available) {
		super(ErrorCode.STORAGE, modelId,
				"not enough disk space in " + directory + ": " + needed.toBytes() + " bytes are required"
						+ ((reserved.toBytes() > 0) ? ", " + (needed.toBytes() - reserved.toBytes())
								+ " to be written and " + reserved.toBytes() + " to stay free" : "")
						+ ", " + available.toBytes() + " bytes are available",
				"Free up disk space, "
						+ ((reserved.toBytes() > 0) ? "set hooks.llm.cache.min-free-space to a smaller size, " : "")
						+ "or set hooks.llm.cache.directory or model-path to a directory on another disk",
				null);
		this.directory = directory;
		this.needed = needed;
		this.available = available;
	}

	/**
	 * Creates an exception for another failure of the disk.
	 * @param modelId the model's id
	 * @param directory the directory on that disk
	 * @param problem what happened, a sentence without its full stop
	 * @param cause the failure
	 */
	public ModelStorageException(@Nullable String modelId, Path directory, String problem, @Nullable Throwable cause) {
		this(modelId, directory, problem,
				"Check that " + directory + " exists, is writable for this user and is on a healthy disk", cause);
	}

	/**
	 * Creates an exception for a failure that has a way out of its own.
	 * @param modelId the model's id
	 * @param directory the directory on that disk
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the failure
	 */
	public ModelStorageException(@Nullable String modelId, Path directory, String problem, String action,
			@Nullable Throwable cause) {
		super(ErrorCode.STORAGE, modelId, problem, action, cause);
		this.directory = directory;
		this.needed = null;
		this.available = null;
	}

	/**
	 * Returns the directory that could not be used.
	 * @return the directory
	 */
	public Path directory() {
		return this.directory;
	}

	/**
	 * Returns the required space, including the space that is to stay free.
	 * @return the space, or {@code null} if space is not the problem
	 */
	public @Nullable DataSize needed() {
		return this.needed;
	}

	/**
	 * Returns the available space.
	 * @return the space, or {@code null} if space is not the problem
	 */
	public @Nullable DataSize available() {
		return this.available;
	}

}
