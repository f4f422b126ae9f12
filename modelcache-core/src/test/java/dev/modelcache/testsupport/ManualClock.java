/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A clock that goes on when it is told to, and with it the time that passes. Begins at
 * 2026-01-02T03:04:05Z.
 */
public final class ManualClock extends Clock {

	private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));

	/** Overflows soon, as it may. */
	private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L);

	/**
	 * Goes on.
	 * @param duration by how much
	 */
	public void advance(Duration duration) {
		this.nanoTime.addAndGet(duration.toNanos());
		set(duration);
	}

	/**
	 * Is set to another time, without time that passes.
	 * @param duration by how much, may be negative
	 */
	public void set(Duration duration) {
		this.now.updateAndGet((instant) -> instant.plus(duration));
	}

	/**
	 * Returns what {@link System#nanoTime} would return.
	 * @return nanoseconds since any time
	 */
	public long nanoTime() {
		return this.nanoTime.get();
	}

	@Override
	public Instant instant() {
		return this.now.get();
	}

	@Override
	public ZoneId getZone() {
		return ZoneOffset.UTC;
	}

	@Override
	public Clock withZone(ZoneId zone) {
		throw new UnsupportedOperationException("always UTC");
	}

}
