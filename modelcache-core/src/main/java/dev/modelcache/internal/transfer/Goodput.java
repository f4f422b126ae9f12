/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

/**
 * On how many connections one mirror sends most, in one transfer. A server, or the line
 * to it, may send less in all when several connections share it, though none of them
 * fails: when three windows in a row bring less than half of the best one, half as many
 * connections are tried for a window. They stay if they bring a quarter more; otherwise
 * the line has become slower, and all are used again. Time in which no bytes are wanted
 * does not count. Owned by the {@link Coordinator}.
 */
final class Goodput {

	static final Duration WINDOW = Duration.ofSeconds(5);

	private static final int LOW_WINDOWS = 3;

	private long countedNanos;

	private long bytes;

	/** The most that a window has brought. */
	private long best;

	/** How many windows in a row have brought less than half of that. */
	private int low;

	private int most = Integer.MAX_VALUE;

	/** How it was before a trial: bytes of a window, connections, the most of them. */
	private long bytesBefore;

	private int connectionsBefore;

	private int mostBefore;

	private boolean trial;

	/** Returns how many connections are used at most. */
	int most() {
		return this.most;
	}

	/** Returns how many connections there were before the last trial. */
	int before() {
		return this.connectionsBefore;
	}

	/** Bytes have arrived. */
	void came(long count) {
		this.bytes += count;
	}

	/**
	 * Time has passed in which bytes were wanted.
	 * @param nanos how long
	 * @param connections how many connections there are
	 * @return whether it has turned out that fewer connections bring more
	 */
	boolean passed(long nanos, int connections) {
		if (connections > this.most) {
			// Those that are too many have not ended yet.
			begin();
			return false;
		}
		this.countedNanos += nanos;
		if (this.countedNanos < WINDOW.toNanos()) {
			return false;
		}
		long came = (long) (this.bytes * ((double) WINDOW.toNanos() / this.countedNanos));
		begin();
		if (this.trial) {
			return end(came);
		}
		this.best = Math.max(this.best, came);
		this.low = (connections > 1 && came < this.best / 2) ? this.low + 1 : 0;
		if (this.low == LOW_WINDOWS) {
			this.trial = true;
			this.bytesBefore = came;
			this.connectionsBefore = connections;
			this.mostBefore = this.most;
			this.most = connections / 2;
		}
		return false;
	}

	private boolean end(long came) {
		boolean better = came > this.bytesBefore + this.bytesBefore / 4;
		if (!better) {
			this.most = this.mostBefore;
			this.best = this.bytesBefore;
		}
		this.trial = false;
		this.low = 0;
		return better;
	}

	private void begin() {
		this.countedNanos = 0;
		this.bytes = 0;
	}

}
