/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

import org.springframework.util.unit.DataSize;

/**
 * The speed of one mirror in one transfer, over all of its connections. Each minute in
 * which bytes or an answer are wanted must bring a least number of them; time in which no
 * bytes are wanted, because the disk is slow or the bandwidth is limited, does not count.
 * Owned by the {@link Coordinator}.
 */
final class Pace {

	private static final Duration PERIOD = Duration.ofMinutes(1);

	private final long leastBytes;

	private long countedNanos;

	private long bytes;

	private int misses;

	/**
	 * Creates a measurement.
	 * @param leastPerSecond the fewest bytes per second, over a minute; 0 for any number
	 */
	Pace(DataSize leastPerSecond) {
		this.leastBytes = Math.multiplyExact(leastPerSecond.toBytes(), PERIOD.toSeconds());
	}

	/** Returns how many bytes a minute must bring, or 0 for any number. */
	long leastBytes() {
		return this.leastBytes;
	}

	/** Bytes have arrived. */
	void came(long count) {
		this.bytes += count;
	}

	/** Time has passed in which bytes or an answer were wanted. */
	void passed(long nanos) {
		this.countedNanos += nanos;
		if (this.countedNanos >= PERIOD.toNanos()) {
			if (this.bytes < this.leastBytes) {
				this.misses++;
			}
			this.countedNanos = 0;
			this.bytes = 0;
		}
	}

	/** What is counted of the minute so far does not count. */
	void beginAgain() {
		this.countedNanos = 0;
		this.bytes = 0;
	}

	/** Returns how many minutes have brought too few bytes so far. */
	int misses() {
		return this.misses;
	}

}
