/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

/**
 * Limits the connections of one transfer to one mirror if fewer of them bring more bytes.
 * A server may send less in all the more connections it has, though none of them fails.
 * <p>
 * When three windows in a row bring less than half of the best one, half of the
 * connections are used for a window, and then all of them again. Fewer stay if their
 * window brought a quarter more than the one after it: a line that was slow for a while
 * is not taken for a server that is faster with fewer. Only time in which bytes are
 * wanted counts, and a failed request ends a trial. Owned by the {@link Coordinator}.
 */
final class Goodput {

	static final Duration WINDOW = Duration.ofSeconds(5);

	private static final int LOW_WINDOWS = 3;

	private Phase phase = Phase.WATCHING;

	private int most = Integer.MAX_VALUE;

	/** Bytes of time of which it is not yet known whether it counts. */
	private long sinceTick;

	private long countedNanos;

	private long bytes;

	/** The connections of the windows that are compared. */
	private int connections;

	/** The most that one of these windows has brought. */
	private long best;

	/** How many of them in a row have brought less than half of that. */
	private int low;

	private int mostBefore;

	private long bytesOfFewer;

	/** Returns how many connections are used at most. */
	int most() {
		return this.most;
	}

	/** Returns how many connections there were before they became fewer. */
	int before() {
		return this.connections;
	}

	/** Bytes have arrived. */
	void came(long count) {
		this.sinceTick += count;
	}

	/** Time has passed in which no bytes were wanted. */
	void notWanted() {
		this.sinceTick = 0;
	}

	/** A request failed: what its windows brought says nothing, and no trial goes on. */
	void failed() {
		this.sinceTick = 0;
		this.low = 0;
		if (this.phase != Phase.WATCHING) {
			this.most = this.mostBefore;
			this.phase = Phase.WATCHING;
		}
		restart();
	}

	/**
	 * Time has passed in which bytes were wanted.
	 * @param nanos how long
	 * @param number how many connections there are
	 * @return whether it has turned out that fewer connections bring more
	 */
	boolean passed(long nanos, int number) {
		this.bytes += this.sinceTick;
		this.sinceTick = 0;
		this.countedNanos += nanos;
		boolean ready = switch (this.phase) {
			case WATCHING -> true;
			case FEWER -> number <= this.most;
			case ALL_AGAIN -> number >= this.connections;
		};
		if (!ready) {
			restart();
		}
		if (this.countedNanos < WINDOW.toNanos()) {
			return false;
		}
		long came = (long) (this.bytes * ((double) WINDOW.toNanos() / this.countedNanos));
		restart();
		return switch (this.phase) {
			case WATCHING -> {
				watch(came, number);
				yield false;
			}
			case FEWER -> {
				this.bytesOfFewer = came;
				this.most = this.mostBefore;
				this.phase = Phase.ALL_AGAIN;
				yield false;
			}
			case ALL_AGAIN -> decide(came);
		};
	}

	private void watch(long came, int number) {
		if (number != this.connections) {
			this.connections = number;
			this.best = came;
			this.low = 0;
			return;
		}
		this.best = Math.max(this.best, came);
		// A line that is dead for a while says nothing about connections.
		this.low = (number > 1 && came > 0 && came < this.best / 2) ? this.low + 1 : 0;
		if (this.low == LOW_WINDOWS) {
			this.mostBefore = this.most;
			this.most = number / 2;
			this.phase = Phase.FEWER;
		}
	}

	private boolean decide(long came) {
		boolean better = this.bytesOfFewer > came + came / 4;
		this.most = better ? this.connections / 2 : this.mostBefore;
		this.best = came;
		this.low = 0;
		this.phase = Phase.WATCHING;
		return better;
	}

	private void restart() {
		this.countedNanos = 0;
		this.bytes = 0;
	}

	private enum Phase {

		/** All that are allowed are used, and windows are compared. */
		WATCHING,
		/** Half of them are used for a window. */
		FEWER,
		/** All of them are used for a window again. */
		ALL_AGAIN

	}

}
