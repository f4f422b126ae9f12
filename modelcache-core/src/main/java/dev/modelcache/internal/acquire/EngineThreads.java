/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.internal.transfer.TransferThreads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The cache's own threads, all daemons: nothing of it runs on an event loop or on the
 * application's threads.
 */
public final class EngineThreads implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(EngineThreads.class);

	private static final Duration GRACE = Duration.ofSeconds(2);

	/** What is closed after the end of the cache gets a thread of its own. */
	private final ExecutorService files = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 60, TimeUnit.SECONDS,
			new SynchronousQueue<>(), named("modelcache-io"),
			(task, pool) -> pool.getThreadFactory().newThread(task).start());

	private final ExecutorService events = Executors.newSingleThreadExecutor(named("modelcache-events"));

	private final ExecutorService display = Executors.newSingleThreadExecutor(named("modelcache-progress"));

	/** A subscriber that blocks keeps its own thread, and no other one. */
	private final ExecutorService statuses = Executors.newCachedThreadPool(named("modelcache-status"));

	/**
	 * Given as a plain executor, so that cancelling a task never interrupts its thread:
	 * an interrupt would close the file channel it is using.
	 */
	private final Scheduler io = Schedulers.fromExecutor((task) -> this.files.execute(task));

	private final Scheduler timer;

	/** Creates the threads. */
	public EngineThreads() {
		this(Schedulers.parallel());
	}

	/**
	 * Creates the threads.
	 * @param timer where delays and time-outs run
	 */
	EngineThreads(Scheduler timer) {
		this.timer = timer;
	}

	private static ThreadFactory named(String prefix) {
		AtomicInteger number = new AtomicInteger();
		return (task) -> {
			Thread thread = new Thread(task, prefix + "-" + number.incrementAndGet());
			thread.setDaemon(true);
			return thread;
		};
	}

	/**
	 * Returns where blocking file work runs; its tasks are never interrupted.
	 * @return the scheduler
	 */
	public Scheduler io() {
		return this.io;
	}

	/**
	 * Returns where delays and time-outs run.
	 * @return the scheduler
	 */
	public Scheduler timer() {
		return this.timer;
	}

	/**
	 * Returns the threads of transfers.
	 * @return the threads
	 */
	public TransferThreads forTransfers() {
		return new TransferThreads(this.io, this.files, timer());
	}

	/** Where listeners are called, one event after the other. */
	ExecutorService events() {
		return this.events;
	}

	/** Where progress is displayed, also while listeners wait or are slow. */
	ExecutorService display() {
		return this.display;
	}

	/** Where subscribers to the statuses are called. */
	ExecutorService statuses() {
		return this.statuses;
	}

	/**
	 * Ends the threads when the work that is under way is done, and waits for that a few
	 * seconds: cancelled transfers close their staged files here.
	 */
	@Override
	public void close() {
		this.files.shutdown();
		this.events.shutdown();
		this.display.shutdown();
		this.statuses.shutdown();
		try {
			if (!awaitFiles(GRACE)) {
				logger.debug("File work still runs {} s after the end of the model cache", GRACE.toSeconds());
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Waits for the work on files that was under way when the threads were closed.
	 * @param atMost how long
	 * @return whether it has ended
	 */
	boolean awaitFiles(Duration atMost) throws InterruptedException {
		return this.files.awaitTermination(atMost.toNanos(), TimeUnit.NANOSECONDS);
	}

}
