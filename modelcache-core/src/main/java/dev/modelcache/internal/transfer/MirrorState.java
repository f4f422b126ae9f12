/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

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

	private static final int MOST_BROKEN = 8;

	/** What a range that works brings at least, before it breaks off. */
	private static final long LITTLE = 1 << 16;

	private final Mirror mirror;

	private final Retry retry;

	private final Hosts.Host host;

	private final Pace pace;

	private final Goodput goodput = new Goodput();

	private final Ladder ladder;

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

	/** How many bodies in a row stalled before they had brought more than a little. */
	private int stalls;

	private int active;

	private int burst;

	private long bytes;

	private int broken;

	private long bytesWhenBroken;

	private boolean slow;

	private int missesSeen;

	private long bytesWhenSlow;

	MirrorState(Mirror mirror, Retry retry, DataSize minSpeed, Hosts.Host host, FetchMode mode) {
		this.mirror = mirror;
		this.retry = retry;
		this.host = host;
		this.ladder = new Ladder(mode, host);
		this.pace = new Pace(minSpeed);
		this.attempts = retry.asyncContext();
	}

	Mirror mirror() {
		return this.mirror;
	}

	Hosts.Host host() {
		return this.host;
	}

	/** Returns how it is asked. */
	Ladder ladder() {
		return this.ladder;
	}

	/** Returns how the next request fetches from it. */
	FetchMode mode() {
		return this.ladder.mode(this.bytes > 0);
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
		this.ladder.progressed();
		if (this.slow && this.bytes - this.bytesWhenSlow < this.pace.leastBytes()) {
			return;
		}
		this.slow = false;
		if (this.counted) {
			this.counted = false;
			countFromOne();
		}
		this.dropped = this.droppedForGood;
	}

	/** What has failed until now does not count any more. */
	void countFromOne() {
		this.failures = 0;
		this.attempts = this.retry.asyncContext();
	}

	/**
	 * A request failed.
	 * @param failure how
	 * @param fetch its connection
	 * @param nowNanos the time
	 */
	void failed(RequestFailedException failure, Fetch fetch, long nowNanos) {
		if (fetch.burst != this.burst && failure.reason().isWorthRetrying()) {
			return;
		}
		if (failure.reason() == Reason.CIRCUIT_OPEN && isWaitedFor(failure.retryAfter(), nowNanos)) {
			return;
		}
		this.burst++;
		this.alone = true;
		if (failure.reason() == Reason.STALLED) {
			this.stalls = (fetch.bytes < LITTLE) ? this.stalls + 1 : 0;
			this.pace.beginAgain();
		}
		noteSpeed();
		long waitMillis;
		if (fetch.brought && !this.slow && failure.reason().isWorthRetrying()) {
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

	/**
	 * Counts a range that broke off after its first bytes.
	 * @return whether many in a row brought hardly any bytes, so that the file would take
	 * thousands of requests
	 */
	boolean bringsLittle() {
		if (this.bytes - this.bytesWhenBroken > MOST_BROKEN * LITTLE) {
			this.bytesWhenBroken = this.bytes;
			this.broken = 0;
		}
		this.broken++;
		return this.broken >= MOST_BROKEN;
	}

	/**
	 * Returns how long a body may stall. A server that fetches the file itself first may
	 * send the headers, or some bytes, before that. Where none ever came, the network may
	 * lose all packets that are large, and others should not wait for that.
	 * @param configured how long it may usually
	 */
	Duration stallTimeout(Duration configured) {
		return configured.multipliedBy((this.stalls == 0) ? 1 : (this.stalls == 1 || this.bytes == 0) ? 4 : 20);
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
		return !this.ladder.isAtItsEnd() && mode() != FetchMode.WHOLE_FILE && !this.host.refusesWholeFiles();
	}

	/**
	 * Returns whether one more request that brings no new byte is the last one. The
	 * application may have configured another number of them than the model has.
	 */
	boolean hasOneAttemptLeft() {
		return !this.dropped && this.failures == this.retry.getRetryConfig().getMaxAttempts() - 1;
	}

	/** It is asked otherwise, but not before it wants to be. */
	void waitsAsAsked(RequestFailedException failure, long nowNanos) {
		if (failure.retryAfter() != null) {
			this.notBeforeNanos = nowNanos + failure.retryAfter().toNanos();
		}
	}

	/** It is asked once more after the first delay, though it was given up. */
	void comesBackLater(RequestFailedException failure, long nowNanos) {
		comesBack();
		this.notBeforeNanos = nowNanos
				+ this.retry.getRetryConfig().getIntervalBiFunction().apply(1, Either.left(failure)) * 1_000_000;
	}

	/** It is asked once more, though it was given up. */
	void comesBack() {
		this.dropped = false;
		this.droppedForGood = false;
		this.notBeforeNanos = 0;
	}

	/** The transfer is complete. */
	void succeeded() {
		this.attempts.onComplete();
	}

}
