/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.lock;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * Immutable request for the lock of a model.
 */
public final class LockRequest {

	private final String modelId;

	private final Path lockFile;

	private final @Nullable Consumer<Duration> pause;

	private LockRequest(String modelId, Path lockFile, @Nullable Consumer<Duration> pause) {
		this.modelId = modelId;
		this.lockFile = lockFile;
		this.pause = pause;
	}

	/**
	 * Creates a request that waits by putting the thread to sleep.
	 * @param modelId the model's id, for messages
	 * @param lockFile the permanent lock file
	 * @return the request
	 */
	public static LockRequest of(String modelId, Path lockFile) {
		return new LockRequest(modelId, lockFile, null);
	}

	/**
	 * Returns the model's id, for messages.
	 * @return the id
	 */
	public String modelId() {
		return this.modelId;
	}

	/**
	 * Returns the permanent lock file. It is created if it does not exist and is never
	 * deleted.
	 * @return its path
	 */
	public Path lockFile() {
		return this.lockFile;
	}

	/**
	 * Returns the callback that waits between two attempts to acquire the lock. It throws
	 * an exception to cancel the request, which the factory propagates.
	 * @return the callback, which waits for the given time, or {@code null} to sleep
	 */
	public @Nullable Consumer<Duration> pause() {
		return this.pause;
	}

	/**
	 * Returns this request with another callback that waits.
	 * @param pause a callback that waits for the given time, or {@code null} to sleep
	 * @return a copy with this value
	 */
	public LockRequest withPause(@Nullable Consumer<Duration> pause) {
		return new LockRequest(this.modelId, this.lockFile, pause);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof LockRequest other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.modelId, this.lockFile, this.pause);
	}

	@Override
	public String toString() {
		return "lock " + this.lockFile + " of model '" + this.modelId + "'";
	}

}
