/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.time.Duration;

import dev.modelcache.internal.FileAccess;

/**
 * How long to wait for another process.
 *
 * @param timeout how long to wait while the owner makes no progress
 * @param staleAfter where the file system has no locks: how old the last heartbeat in the
 * note of a process elsewhere may be
 * @param access who may read lock files, and so wait for them
 */
public record LockSettings(Duration timeout, Duration staleAfter, FileAccess access) {

	/**
	 * Creates settings of lock files that only their owner reads.
	 * @param timeout how long to wait while the owner makes no progress
	 * @param staleAfter how old the last heartbeat of a process elsewhere may be
	 */
	public LockSettings(Duration timeout, Duration staleAfter) {
		this(timeout, staleAfter, FileAccess.PRIVATE);
	}

	/**
	 * Returns the settings of an application that configures nothing.
	 * @return the defaults
	 */
	public static LockSettings defaults() {
		return new LockSettings(Duration.ofMinutes(30), Duration.ofHours(1));
	}

}
