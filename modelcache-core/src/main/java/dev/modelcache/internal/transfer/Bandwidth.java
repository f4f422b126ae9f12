/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Scheduler;

/**
 * A limit on the bytes per second of all transfers together. Bytes that have arrived wait
 * in their connection's queue until they may pass; the connection is then not read, and
 * TCP slows the server down.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class Bandwidth {

	private final @Nullable DataSize perSecond;

	private final Scheduler timer;

	private final AtomicLong nextNanos = new AtomicLong(Long.MIN_VALUE);

	/**
	 * Creates a limit.
	 * @param perSecond the most bytes per second, or {@code null} for any number
	 * @param timer tells the time
	 */
	Bandwidth(@Nullable DataSize perSecond, Scheduler timer) {
		this.perSecond = perSecond;
		this.timer = timer;
	}

	/**
	 * Takes the time that bytes need.
	 * @param bytes how many
	 * @return when they may pass: when those before them have had their time
	 */
	long reserve(long bytes) {
		long now = this.timer.now(TimeUnit.NANOSECONDS);
		if (this.perSecond == null) {
			return now;
		}
		long nanos = (long) (bytes * 1e9 / this.perSecond.toBytes());
		return Math.max(now, this.nextNanos.getAndUpdate((next) -> Math.max(next, now) + nanos));
	}

}
