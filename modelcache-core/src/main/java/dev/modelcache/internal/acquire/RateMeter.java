/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The rate of the last few seconds, from samples of a counter.
 */
final class RateMeter {

	private static final long WINDOW_MILLIS = 5_000;

	private final Deque<Sample> samples = new ArrayDeque<>();

	/**
	 * Takes a sample.
	 * @param atMillis when, in milliseconds; never less than before
	 * @param bytes what the counter shows
	 * @return the rate since the oldest sample of the window, in bytes per second
	 */
	double sample(long atMillis, long bytes) {
		if (!this.samples.isEmpty() && bytes < this.samples.getLast().bytes()) {
			this.samples.clear();
		}
		this.samples.addLast(new Sample(atMillis, bytes));
		while (this.samples.size() > 2 && atMillis - this.samples.getFirst().atMillis() > WINDOW_MILLIS) {
			this.samples.removeFirst();
		}
		Sample oldest = this.samples.getFirst();
		long elapsed = atMillis - oldest.atMillis();
		return (elapsed > 0) ? (bytes - oldest.bytes()) * 1000.0 / elapsed : 0;
	}

	private record Sample(long atMillis, long bytes) {

	}

}
