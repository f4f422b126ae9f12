/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How one mirror has done in one transfer: whether it may be asked, and from when on.
 * <p>
 * Its requests may fail together, when a server restarts: such a burst counts once, and
 * after it one request goes ahead alone until it brings a byte. After a minute that
 * brought too few bytes, single bytes do not make failures good: a minute's worth of them
 * does. Owned by the {@link Coordinator}.
 */
final class MirrorState {

	private final Mirror mirror;

	private final Retry retry;

	private final Hosts.Host host;

	private final Pace pace;

	private final Goodput goodput = new Goodput();

	/** The most that this transfer asks of it. */
	private final FetchMode mode;

	/** It is asked for the whole file before it is given up. */
	private boolean lastResort;

	/** What it answered to a range, which may mean that it sends whole files alone. */
	private @Nullable String refusalOfRanges;

	/** A request for the whole file was answered well. */
	private boolean wholeFileAccepted;

	/** It is asked for the whole file until that brings a byte. */
	private boolean wholeFileNext;

	/** Whether ranges fail for good is seen once a whole file has been answered. */
	private Trial rangesAgain = Trial.POSSIBLE;

	private Coding coding = Coding.REFUSED;

	private Retry.AsyncContext<Object> attempts;

	private @Nullable String validator;

	private @Nullable String fileName;

	/** A failure was counted that no new byte has made good. */
	private boolean counted;

	private int failures;

	private boolean dropped;

	private boolean droppedForGood;

	private long notBeforeNanos;

	private boolean alone;

	/** The circuit breaker was waited for, and no new byte has come since. */
	private boolean waited;

	private int active;

	private int burst;

	private long bytes;

	private boolean slow;

	private int missesSeen;

	private long bytesWhenSlow;

	MirrorState(Mirror mirror, Retry retry, DataSize minSpeed, Hosts.Host host, FetchMode mode) {
		this.mirror = mirror;
		this.retry = retry;
		this.host = host;
		this.mode = mode;
		this.pace = new Pace(minSpeed);
		this.attempts = retry.asyncContext();
	}

	Mirror mirror() {
		return this.mirror;
	}

	Hosts.Host host() {
		return this.host;
	}

	/**
	 * Returns how the next request fetches from it. A whole file that broke off goes on
	 * where it ended, if its host sends ranges.
	 */
	FetchMode mode() {
		if (this.coding == Coding.DECODED || this.coding == Coding.TAKEN) {
			return FetchMode.WHOLE_FILE;
		}
		if ((this.lastResort || this.wholeFileNext) && !this.host.refusesWholeFiles()) {
			return FetchMode.WHOLE_FILE;
		}
		boolean ranged = this.host.refusesWholeFiles() || (this.bytes > 0 && this.host.sendsRanges());
		FetchMode own = (this.mode == FetchMode.WHOLE_FILE && ranged) ? FetchMode.ONE_CONNECTION : this.mode;
		return FetchMode.lower(own, this.host.mode());
	}

	/** Returns what the next request says about content codings. */
	Coding coding() {
		return this.coding;
	}

	/** The next requests say something else about content codings. */
	void coding(Coding next) {
		this.coding = next;
	}

	Pace pace() {
		return this.pace;
	}

	Goodput goodput() {
		return this.goodput;
	}

	/** Returns the strong validator that its origin gave for the file, if it did. */
	@Nullable String validator() {
		return this.validator;
	}

	void validator(@Nullable String next) {
		this.validator = next;
	}

	/** Returns what it calls the file, if it does. */
	@Nullable String fileName() {
		return this.fileName;
	}

	void fileName(String next) {
		this.fileName = next;
	}

	boolean isDropped() {
		return this.dropped;
	}

	int active() {
		return this.active;
	}

	long bytes() {
		return this.bytes;
	}

	/**
	 * Returns how many bursts of failures there were before a request that begins now.
	 */
	int burst() {
		return this.burst;
	}

	/** Returns whether one request goes ahead alone until it brings a byte. */
	boolean isAlone() {
		return this.alone;
	}

	boolean isFree() {
		boolean single = this.alone || mode() != FetchMode.SEGMENTS;
		return !this.dropped && this.active < (single ? 1 : this.goodput.most());
	}

	long notBeforeNanos() {
		return this.notBeforeNanos;
	}

	void begin() {
		this.active++;
	}

	void end() {
		this.active--;
	}

	/** Bytes that this mirror sent are on disk. */
	void count(long sent) {
		this.bytes += sent;
	}

	/** Bytes are on disk that never were before: failures count from one again. */
	void progressed() {
		this.alone = false;
		this.waited = false;
		this.wholeFileNext = false;
		this.rangesAgain = Trial.OVER;
		if (this.slow && this.bytes - this.bytesWhenSlow < this.pace.leastBytes()) {
			return;
		}
		this.slow = false;
		if (this.counted) {
			this.counted = false;
			this.failures = 0;
			this.attempts = this.retry.asyncContext();
		}
		this.dropped = this.droppedForGood;
	}

	/**
	 * A request failed.
	 * @param failure how
	 * @param begunAtBurst what {@link #burst()} was when it began
	 * @param brought whether it brought new bytes before
	 * @param nowNanos the time
	 */
	void failed(RequestFailedException failure, int begunAtBurst, boolean brought, long nowNanos) {
		if (begunAtBurst != this.burst && failure.reason().isWorthRetrying()) {
			return;
		}
		if (failure.reason() == Reason.CIRCUIT_OPEN && isWaitedFor(failure.retryAfter(), nowNanos)) {
			return;
		}
		this.burst++;
		this.alone = true;
		noteSpeed();
		long waitMillis;
		if (brought && !this.slow && failure.reason().isWorthRetrying()) {
			this.attempts = this.retry.asyncContext();
			waitMillis = this.retry.getRetryConfig().getIntervalBiFunction().apply(1, Either.left(failure));
			this.pace.passed(waitMillis * 1_000_000);
		}
		else {
			this.counted = true;
			this.failures++;
			waitMillis = this.attempts.onError(failure);
		}
		if (waitMillis < 0) {
			this.dropped = true;
			this.droppedForGood = !failure.reason().isWorthRetrying();
		}
		else {
			this.notBeforeNanos = nowNanos + waitMillis * 1_000_000;
		}
	}

	/** Returns whether a minute brought too few bytes since the last failure. */
	boolean isTooSlow() {
		return this.pace.misses() != this.missesSeen;
	}

	private void noteSpeed() {
		if (isTooSlow()) {
			this.missesSeen = this.pace.misses();
			this.slow = true;
			this.bytesWhenSlow = this.bytes;
		}
	}

	/**
	 * A refusal of the circuit breaker is no answer of the mirror's: where bytes came, it
	 * is waited for, once until further ones come.
	 */
	private boolean isWaitedFor(@Nullable Duration untilWorthAsking, long nowNanos) {
		if (this.waited) {
			return nowNanos < this.notBeforeNanos;
		}
		if (untilWorthAsking == null || this.bytes == 0) {
			return false;
		}
		this.waited = true;
		this.alone = true;
		this.notBeforeNanos = nowNanos + untilWorthAsking.toNanos();
		return true;
	}

	/** The mirror contradicts the others: it is not asked again. */
	void drop() {
		this.dropped = true;
		this.droppedForGood = true;
	}

	/**
	 * Returns whether a whole file is worth a try, before it is given up: some servers
	 * have the file, and fail at ranges.
	 */
	boolean mayTryWholeFile() {
		return !this.lastResort && mode() != FetchMode.WHOLE_FILE && !this.host.refusesWholeFiles();
	}

	/** Returns how many requests in a row have brought no new byte. */
	int failures() {
		return this.failures;
	}

	/** The next request is for the whole file. */
	void wholeFileNext() {
		this.wholeFileNext = true;
	}

	/**
	 * It sends the whole file after requests for ranges have failed: it may have been
	 * about to start. The next request is for a range again, once.
	 * @return whether that is so
	 */
	boolean triesRangesAgain() {
		if (!this.wholeFileNext || this.rangesAgain != Trial.POSSIBLE) {
			return false;
		}
		this.rangesAgain = Trial.RUNNING;
		this.wholeFileNext = false;
		this.failures = 0;
		this.attempts = this.retry.asyncContext();
		return true;
	}

	/**
	 * A request for a range failed once more: the next one is for the whole file.
	 * @return whether it was tried again
	 */
	boolean rangesFailAgain() {
		boolean tried = this.rangesAgain == Trial.RUNNING;
		if (tried) {
			this.rangesAgain = Trial.OVER;
			this.wholeFileNext = true;
		}
		return tried;
	}

	/** Asks it for the whole file, though it was given up. */
	void tryWholeFile() {
		this.lastResort = true;
		this.dropped = false;
		this.droppedForGood = false;
		this.notBeforeNanos = 0;
	}

	/**
	 * It refused a range: it is asked for the whole file.
	 * @param refusal what it answered
	 */
	void refusesRanges(String refusal) {
		this.refusalOfRanges = refusal;
		this.wholeFileAccepted = false;
		tryWholeFile();
	}

	/** Returns what it answered to a range, if the whole file was tried therefore. */
	@Nullable String refusalOfRanges() {
		return this.refusalOfRanges;
	}

	/**
	 * An answer of this mirror was accepted.
	 * @param ranged whether a range was asked for
	 */
	void accepted(boolean ranged) {
		this.wholeFileAccepted |= !ranged;
	}

	/**
	 * Returns whether it refused a range, and has not shown since that it has the file:
	 * nobody and nothing is given up for it.
	 */
	boolean isInDoubt() {
		return this.refusalOfRanges != null && !this.wholeFileAccepted;
	}

	/** The transfer is complete. */
	void succeeded() {
		this.attempts.onComplete();
	}

	private enum Trial {

		POSSIBLE, RUNNING, OVER

	}

}
