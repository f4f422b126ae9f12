/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A rate that holds over time: a waiter that was woken too late may make up for it.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: {@link #take}.
 */
final class Throttle {

	private static final long LATENESS = Duration.ofMillis(20).toNanos();

	private final double nanosPerByte;

	private long free = System.nanoTime();

	Throttle(long bytesPerSecond) {
		this.nanosPerByte = 1e9 / bytesPerSecond;
	}

	/** Waits until that many bytes may pass. */
	void take(int bytes) {
		long turn = reserve(bytes);
		for (long wait = turn - System.nanoTime(); wait > 0; wait = turn - System.nanoTime()) {
			LockSupport.parkNanos(wait);
		}
	}

	private synchronized long reserve(int bytes) {
		this.free = Math.max(this.free, System.nanoTime() - LATENESS) + (long) (bytes * this.nanosPerByte);
		return this.free;
	}

}
