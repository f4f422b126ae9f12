/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Duration;

/**
 * Options for the exclusion between processes, as configured with the keys below
 * {@code hooks.llm.lock}.
 */
public final class LockOptions {

	private Duration timeout = Duration.ofMinutes(30);

	private Duration staleAfter = Duration.ofHours(1);

	LockOptions() {
	}

	/**
	 * Returns the time to wait for a process that downloads the same model but makes no
	 * progress.
	 * @return the timeout
	 */
	public Duration timeout() {
		return this.timeout;
	}

	/**
	 * Sets the time to wait for a process that downloads the same model but makes no
	 * progress.
	 * @param timeout the timeout
	 * @return these options
	 */
	public LockOptions timeout(Duration timeout) {
		this.timeout = timeout;
		return this;
	}

	/**
	 * Returns the age of the last heartbeat after which the lock of a process that this
	 * machine cannot see is ignored if it does not change for ten seconds. Applies to
	 * file systems that do not support locks; there, such a lock is also ignored after
	 * three missed heartbeats.
	 * @return the time
	 */
	public Duration staleAfter() {
		return this.staleAfter;
	}

	/**
	 * Sets the age of the last heartbeat after which the lock of a process that this
	 * machine cannot see is ignored if it does not change for ten seconds. Applies to
	 * file systems that do not support locks; there, such a lock is also ignored after
	 * three missed heartbeats.
	 * @param staleAfter the time
	 * @return these options
	 */
	public LockOptions staleAfter(Duration staleAfter) {
		this.staleAfter = staleAfter;
		return this;
	}

}
