/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.modelcache.ModelCacheException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.lock.CacheLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Fails an operation in which nothing advances for too long: no state, no byte, and no
 * wait with a reason.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class OperationWatch {

	private static final Logger logger = LoggerFactory.getLogger(OperationWatch.class);

	private static final Duration TICK = Duration.ofMillis(250);

	private static final int TICKS_PER_HEARTBEAT = 4;

	private static final Duration LONGEST_END = Duration.ofSeconds(5);

	private static final Duration LONGEST_PERIOD = Duration.ofSeconds(1);

	/** A lock that is held is looked at about once a second. */
	private static final Duration UNTIL_NEXT_LOOK = Duration.ofSeconds(3);

	/** What a memory card, or a share behind a slow network, takes at least. */
	private static final long SLOWEST_DISK_BYTES_PER_SECOND = 1 << 20;

	private final Duration giveUpAfter;

	private final Scheduler timer;

	private final Scheduler io;

	private final Cancellation cancellation;

	private final Consumer<ModelCacheException> abandoned;

	private volatile long lastNanos;

	/** How far the file is that was read last. */
	private volatile @Nullable TransferProgress read;

	/** Until when each step may take that is running and shows no progress. */
	private final Map<Object, Long> steps = new ConcurrentHashMap<>();

	/** How many threads wait for the model's turn. */
	private final AtomicInteger queued = new AtomicInteger();

	/**
	 * Creates a watch.
	 * @param giveUpAfter how long nothing may advance
	 * @param timer tells the time, and when to look
	 * @param io where it looks
	 * @param cancellation ends an attempt
	 * @param abandoned takes the failure of an attempt that does not end though it was
	 * given up, because its thread hangs in the disk or in code of the application
	 */
	OperationWatch(Duration giveUpAfter, Scheduler timer, Scheduler io, Cancellation cancellation,
			Consumer<ModelCacheException> abandoned) {
		this.giveUpAfter = giveUpAfter;
		this.timer = timer;
		this.io = io;
		this.cancellation = cancellation;
		this.abandoned = abandoned;
		this.lastNanos = now();
	}

	/** Returns what ends the operation. */
	Cancellation cancellation() {
		return this.cancellation;
	}

	/** A file is read: called for each piece. */
	void reading(long bytes, long total) {
		this.cancellation.check();
		advanced();
		this.read = TransferProgress.of(bytes, total, 0);
	}

	/** Writes into the note of a lock how far a file is that is read under it. */
	Disposable noted(CacheLock lock) {
		return noted(lock, () -> this.read);
	}

	/**
	 * Writes into the note of a lock how far the work under it is, until that is
	 * disposed. A failure to do so leaves the work as it is.
	 * @param lock the lock
	 * @param progress tells how far the work is; called four times a second
	 * @return ends this
	 */
	Disposable noted(CacheLock lock, Supplier<@Nullable TransferProgress> progress) {
		return Flux.interval(TICK, this.timer)
			.onBackpressureDrop()
			.publishOn(this.io, 1)
			.subscribe((tick) -> note(lock, progress, tick % TICKS_PER_HEARTBEAT == 0),
					(failure) -> logger.debug("The progress of a model is no longer shown", failure));
	}

	private void note(CacheLock lock, Supplier<@Nullable TransferProgress> progress, boolean heartbeat) {
		TransferProgress reached = null;
		try {
			reached = progress.get();
		}
		catch (Throwable ex) {
			logger.debug("The progress of a model cannot be shown", ex);
		}
		if (heartbeat) {
			try {
				if (this.queued.get() > 0) {
					lock.queued();
				}
				else {
					lock.heartbeat(reached);
				}
			}
			catch (Throwable ex) {
				logger.warn("The note of a lock cannot be written", ex);
			}
		}
	}

	/** The operation waits for a lock: called after each look at it. */
	void waiting() {
		pausing(UNTIL_NEXT_LOOK);
	}

	/** Something has advanced. */
	void advanced() {
		pausing(Duration.ZERO);
	}

	/** Nothing advances for a while, for a reason that is known. */
	synchronized void pausing(Duration pause) {
		long until = now() + pause.toNanos();
		if (until - this.lastNanos > 0) {
			this.lastNanos = until;
		}
	}

	/**
	 * Takes a step of the disk of which no progress can be seen, such as making a file
	 * durable. It may take longer than nothing may advance by the time that a slow disk
	 * needs.
	 * @param bytes how many bytes the disk may have to write
	 * @param step the step
	 * @throws IOException if the step fails
	 */
	void storing(long bytes, DiskStep step) throws IOException {
		Object key = new Object();
		this.steps.put(key, now() + TimeUnit.SECONDS.toNanos(bytes / SLOWEST_DISK_BYTES_PER_SECOND));
		try {
			step.take();
		}
		finally {
			// In this order, so that the step is allowed until what it did counts.
			advanced();
			this.steps.remove(key);
		}
	}

	/**
	 * Waits for the model's turn, however long that takes.
	 * @param wait waits
	 */
	void queued(Runnable wait) {
		Object key = new Object();
		this.steps.put(key, now() + TimeUnit.DAYS.toNanos(10_000));
		this.queued.incrementAndGet();
		try {
			wait.run();
		}
		finally {
			this.queued.decrementAndGet();
			advanced();
			this.steps.remove(key);
		}
	}

	/**
	 * Lets an attempt that was given up go on, which has the whole time again.
	 */
	void startOver() {
		advanced();
		this.cancellation.beginAttempt();
	}

	private boolean isOverdue() {
		long latest = now() - this.giveUpAfter.toNanos();
		return latest - this.lastNanos > 0 && this.steps.values().stream().allMatch((until) -> latest - until > 0);
	}

	/**
	 * Watches one attempt of the operation, and gives it up when nothing advances.
	 * @param failure makes what it fails with from how long nothing may advance
	 * @return ends the watch
	 */
	Disposable attempt(Function<Duration, ModelCacheException> failure) {
		advanced();
		AtomicReference<@Nullable ModelCacheException> gaveUp = new AtomicReference<>();
		AtomicLong gaveUpNanos = new AtomicLong();
		return Flux.interval(period(), this.timer).onBackpressureDrop().publishOn(this.io).subscribe((tick) -> {
			ModelCacheException before = gaveUp.get();
			if (before != null && this.cancellation.isGivenUp(before)) {
				if (now() - gaveUpNanos.get() >= longestEnd().toNanos()) {
					this.abandoned.accept(before);
				}
			}
			else if (isOverdue()) {
				ModelCacheException setback = failure.apply(this.giveUpAfter);
				gaveUpNanos.set(now());
				gaveUp.set(setback);
				this.cancellation.giveUp(setback);
			}
		});
	}

	/** An attempt that was given up closes its files, which are made durable. */
	private Duration longestEnd() {
		return (this.giveUpAfter.compareTo(LONGEST_END) < 0) ? this.giveUpAfter : LONGEST_END;
	}

	private Duration period() {
		Duration quarter = this.giveUpAfter.dividedBy(4);
		Duration period = (quarter.compareTo(LONGEST_PERIOD) < 0) ? quarter : LONGEST_PERIOD;
		return (period.compareTo(Duration.ofMillis(1)) > 0) ? period : Duration.ofMillis(1);
	}

	private long now() {
		return this.timer.now(TimeUnit.NANOSECONDS);
	}

}
