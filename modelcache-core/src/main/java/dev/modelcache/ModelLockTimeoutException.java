/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when another process holds the lock of a model and has made no progress for too
 * long.
 */
public final class ModelLockTimeoutException extends ModelCacheException {

	private final @Nullable LockOwner owner;

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param lockFile the lock file
	 * @param owner the owner of the lock, or {@code null} if unknown
	 * @param waited how long the owner has made no progress
	 */
	public ModelLockTimeoutException(@Nullable String modelId, Path lockFile, @Nullable LockOwner owner,
			Duration waited) {
		super(ErrorCode.LOCK_TIMEOUT, modelId,
				describe(owner) + " holds the lock " + lockFile + " and has made no progress for " + waited.toSeconds()
						+ " s",
				"Terminate that process if it hangs, or increase hooks.llm.lock.timeout; the lock file does not "
						+ "have to be deleted",
				null);
		this.owner = owner;
	}

	private static String describe(@Nullable LockOwner owner) {
		return (owner != null) ? "process " + owner.pid() + " on " + owner.host() + " (since " + owner.since() + ")"
				: "an unknown process";
	}

	/**
	 * Returns the owner of the lock.
	 * @return the owner, or {@code null} if unknown
	 */
	public @Nullable LockOwner owner() {
		return this.owner;
	}

}
