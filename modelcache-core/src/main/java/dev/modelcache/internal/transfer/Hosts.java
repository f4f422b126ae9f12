/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;

/**
 * What the transfers of a cache have learned about each host: the {@link FetchMode} that
 * works with it, and how many connections it serves at once. It is kept for as long as
 * the cache, for the hosts that were used last.
 * <p>
 * <em>Thread-safety</em>: all methods, those of its hosts too.
 */
final class Hosts {

	private static final int MOST = 256;

	private final Map<Origin, Host> hosts = new RecentlyUsed<>(MOST);

	/** Returns what is known of a host. */
	synchronized Host of(Origin origin) {
		return this.hosts.computeIfAbsent(origin, (key) -> new Host());
	}

	/**
	 * What is known of one host.
	 */
	static final class Host {

		/** How long after a refusal a further connection is tried for the first time. */
		static final Duration FIRST_TRIAL = Duration.ofMinutes(1);

		private static final Duration LAST_TRIAL = Duration.ofHours(1);

		/** How long a place is kept for a transfer that has waited for it. */
		private static final Duration KEPT = Duration.ofSeconds(2);

		private FetchMode mode = FetchMode.SEGMENTS;

		private boolean sentRanges;

		private boolean refusesWholeFiles;

		private boolean comparesIfRange = true;

		/** How many requests are under way, and how many of them bring their body. */
		private int active;

		private int streaming;

		/** How many requests it serves at once. */
		private int most = Integer.MAX_VALUE;

		private Duration pause = FIRST_TRIAL;

		private long trialNanos;

		/** The transfers that wait until it serves them. */
		private final Set<Runnable> waiting = new LinkedHashSet<>();

		/** The transfer for which a place is kept. */
		private @Nullable Runnable next;

		private long nextUntilNanos;

		synchronized FetchMode mode() {
			boolean needsRanges = this.refusesWholeFiles && this.mode == FetchMode.WHOLE_FILE;
			return needsRanges ? FetchMode.ONE_CONNECTION : this.mode;
		}

		/**
		 * Uses a mode from now on.
		 * @return whether that is a change
		 */
		synchronized boolean stepDown(FetchMode to) {
			FetchMode before = mode();
			this.mode = FetchMode.lower(this.mode, to);
			return mode() != before;
		}

		/** It has sent a part of a file that was asked for. */
		synchronized void sentRange() {
			this.sentRanges = true;
		}

		/** Returns whether it has ever sent a part of a file that was asked for. */
		synchronized boolean sendsRanges() {
			return this.sentRanges;
		}

		/**
		 * It refused a request without a range.
		 * @return whether that is new
		 */
		synchronized boolean refusedWholeFile() {
			boolean before = this.refusesWholeFiles;
			this.refusesWholeFiles = true;
			return !before;
		}

		synchronized boolean refusesWholeFiles() {
			return this.refusesWholeFiles;
		}

		/** Returns whether requests say which version of the file they are about. */
		synchronized boolean comparesIfRange() {
			return this.comparesIfRange;
		}

		/**
		 * Requests do not say which version of the file they are about any more.
		 * @return whether that is a change
		 */
		synchronized boolean ignoreIfRange() {
			boolean before = this.comparesIfRange;
			this.comparesIfRange = false;
			return before;
		}

		/**
		 * Returns whether a request may begin. If not, its transfer is told when one may.
		 * Where further connections were refused, one more is tried now and then.
		 * @param transfer the transfer: told by running it
		 * @param nowNanos the time
		 */
		synchronized boolean mayBegin(Runnable transfer, long nowNanos) {
			boolean kept = this.next != null && this.next != transfer && nowNanos - this.nextUntilNanos < 0;
			boolean may = this.active + (kept ? 1 : 0) < this.most
					|| (this.active == this.most && nowNanos - this.trialNanos >= 0);
			if (!may) {
				this.waiting.add(transfer);
			}
			return may;
		}

		/**
		 * A request begins.
		 * @return how many others bring their body at this moment
		 */
		synchronized int begin(Runnable transfer, long nowNanos) {
			leave(transfer);
			if (this.active >= this.most) {
				Duration doubled = this.pause.multipliedBy(2);
				this.pause = (doubled.compareTo(LAST_TRIAL) < 0) ? doubled : LAST_TRIAL;
				this.trialNanos = nowNanos + this.pause.toNanos();
			}
			this.active++;
			return this.streaming;
		}

		/** A request was answered, and its body follows. */
		synchronized void answered() {
			this.streaming++;
			if (this.streaming > this.most) {
				this.most = this.streaming;
				this.pause = FIRST_TRIAL;
			}
		}

		/**
		 * A request has ended. Its place is kept for the transfer that has waited
		 * longest.
		 * @param answered whether its body had begun
		 * @param nowNanos the time
		 */
		void ended(boolean answered, long nowNanos) {
			Runnable longest;
			synchronized (this) {
				this.active--;
				this.streaming -= answered ? 1 : 0;
				longest = this.waiting.stream().findFirst().orElse(null);
				if (longest != null) {
					this.waiting.remove(longest);
					this.next = longest;
					this.nextUntilNanos = nowNanos + KEPT.toNanos();
				}
			}
			if (longest != null) {
				longest.run();
			}
		}

		/** A transfer does not wait any more. */
		synchronized void leave(Runnable transfer) {
			this.waiting.remove(transfer);
			if (this.next == transfer) {
				this.next = null;
			}
		}

		/**
		 * Returns how many connections it serves at once, as a request shows that was
		 * refused.
		 * @param others how many others brought their body when it began
		 * @return the number of those, or 0 if the refusal means something else
		 */
		synchronized int served(int others) {
			return Math.max(others, this.streaming);
		}

		/** Returns whether it has refused further connections. */
		synchronized boolean isLimited() {
			return this.most != Integer.MAX_VALUE;
		}

		/**
		 * Uses no more connections than it serves.
		 * @param number how many
		 * @param nowNanos the time
		 * @return whether it is the first time that they become fewer
		 */
		synchronized boolean serves(int number, long nowNanos) {
			boolean first = !isLimited();
			if (number < this.most) {
				this.most = number;
				this.trialNanos = nowNanos + this.pause.toNanos();
			}
			return first;
		}

	}

}
