/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A speed limit that all connections share. Thread-safe.
 */
final class Pace {

	private volatile long bytesPerSecond;

	private final Scheduler scheduler;

	private final AtomicLong nextNanos = new AtomicLong(Long.MIN_VALUE);

	/**
	 * Creates a limit.
	 * @param perSecond the bytes per second
	 * @param scheduler tells the time and waits
	 */
	Pace(DataSize perSecond, Scheduler scheduler) {
		this.bytesPerSecond = Math.max(1, perSecond.toBytes());
		this.scheduler = scheduler;
	}

	/**
	 * Changes the limit for all bytes that are not reserved yet.
	 * @param perSecond the bytes per second, at least one
	 */
	void change(DataSize perSecond) {
		this.bytesPerSecond = Math.max(1, perSecond.toBytes());
	}

	/**
	 * Reserves the time that some bytes take, and waits until it begins.
	 * @param bytes how many
	 * @return completes when they may be sent
	 */
	Mono<Void> reserve(long bytes) {
		return Mono.defer(() -> {
			long now = this.scheduler.now(TimeUnit.NANOSECONDS);
			long cost = TimeUnit.SECONDS.toNanos(bytes) / this.bytesPerSecond;
			long begin = this.nextNanos.getAndUpdate((next) -> Math.max(next, now) + cost);
			return (begin <= now) ? Mono.empty() : Mono.delay(Duration.ofNanos(begin - now), this.scheduler).then();
		});
	}

}
