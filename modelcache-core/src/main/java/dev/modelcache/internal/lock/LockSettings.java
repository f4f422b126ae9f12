/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.time.Duration;

/**
 * How long to wait for another process.
 *
 * @param timeout how long to wait while the owner makes no progress
 * @param staleAfter where the file system has no locks: when an owner's note without a
 * heartbeat is void
 */
public record LockSettings(Duration timeout, Duration staleAfter) {

	/**
	 * Returns the settings of an application that configures nothing.
	 * @return the defaults
	 */
	public static LockSettings defaults() {
		return new LockSettings(Duration.ofMinutes(30), Duration.ofHours(1));
	}

}
