/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Immutable description of the process that holds the lock of a model, as recorded beside
 * the lock file.
 */
public final class LockOwner {

	private final long pid;

	private final String host;

	private final Instant since;

	private final Instant heartbeat;

	private final @Nullable TransferProgress progress;

	private final boolean queued;

	private LockOwner(long pid, String host, Instant since, Instant heartbeat, @Nullable TransferProgress progress,
			boolean queued) {
		this.pid = pid;
		this.host = host;
		this.since = since;
		this.heartbeat = heartbeat;
		this.progress = progress;
		this.queued = queued;
	}

	/**
	 * Creates a description.
	 * @param pid the process id on its host
	 * @param host the name of the host
	 * @param since when the process took the lock; also the time of its last heartbeat
	 * @return the description, without progress
	 */
	public static LockOwner of(long pid, String host, Instant since) {
		return new LockOwner(pid, host, since, since, null, false);
	}

	/**
	 * Returns the process id on its host.
	 * @return the process id
	 */
	public long pid() {
		return this.pid;
	}

	/**
	 * Returns the name of the host.
	 * @return the name
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns the time at which the process took the lock.
	 * @return the time
	 */
	public Instant since() {
		return this.since;
	}

	/**
	 * Returns the time of the last heartbeat of the process.
	 * @return the time
	 */
	public Instant heartbeat() {
		return this.heartbeat;
	}

	/**
	 * Returns the progress of its transfer.
	 * @return the progress, or {@code null} before the transfer has started
	 */
	public @Nullable TransferProgress progress() {
		return this.progress;
	}

	/**
	 * Returns whether the process waits for its turn to download: until other models are
	 * downloaded, or for the time that its start is spread over.
	 * @return {@code true} if it waits
	 */
	public boolean queued() {
		return this.queued;
	}

	/**
	 * Returns this owner with another time of its last heartbeat.
	 * @param heartbeat the time
	 * @return a copy with this value
	 */
	public LockOwner withHeartbeat(Instant heartbeat) {
		return new LockOwner(this.pid, this.host, this.since, heartbeat, this.progress, this.queued);
	}

	/**
	 * Returns this owner with the progress of its transfer.
	 * @param progress the progress, or {@code null} before the transfer has started
	 * @return a copy with this value
	 */
	public LockOwner withProgress(@Nullable TransferProgress progress) {
		return new LockOwner(this.pid, this.host, this.since, this.heartbeat, progress, this.queued);
	}

	/**
	 * Returns this owner with another value of whether it waits for its turn.
	 * @param queued whether the process waits for its turn to download
	 * @return a copy with this value
	 */
	public LockOwner withQueued(boolean queued) {
		return new LockOwner(this.pid, this.host, this.since, this.heartbeat, this.progress, queued);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof LockOwner other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.pid, this.host, this.since, this.heartbeat, this.progress, this.queued);
	}

	@Override
	public String toString() {
		return this.pid + "@" + this.host + " since " + this.since;
	}

}
