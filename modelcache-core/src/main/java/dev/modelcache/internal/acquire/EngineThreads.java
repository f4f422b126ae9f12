/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

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

	/** How long closing waits in all: for the lanes, and then for the threads here. */
	private static final Duration GRACE = Duration.ofSeconds(2);

	/** What the lanes leave of it, so that files are closed although a caller hangs. */
	private static final Duration LAST_GRACE = Duration.ofMillis(500);

	/** The threads that closing waits for. */
	private final Set<Thread> awaited = ConcurrentHashMap.newKeySet();

	/** What is closed after the end of the cache gets a thread of its own. */
	private final ExecutorService files = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 60, TimeUnit.SECONDS,
			new SynchronousQueue<>(), awaited("modelcache-io"),
			(task, pool) -> pool.getThreadFactory().newThread(task).start());

	private final ExecutorService events = Executors.newSingleThreadExecutor(named("modelcache-events"));

	private final ExecutorService observers = Executors.newSingleThreadExecutor(awaited("modelcache-observers"));

	private final ExecutorService housekeeping = Executors.newSingleThreadExecutor(named("modelcache-housekeeping"));

	/** The housekeeping that has not begun. */
	private final Set<String> chores = ConcurrentHashMap.newKeySet();

	private final ExecutorService display = Executors.newSingleThreadExecutor(named("modelcache-progress"));

	/** A subscriber that blocks keeps its own thread, and no other one. */
	private final ExecutorService statuses = Executors.newCachedThreadPool(named("modelcache-status"));

	/**
	 * Given as a plain executor, so that cancelling a task never interrupts its thread:
	 * an interrupt would close the file channel it is using.
	 */
	private final Scheduler io = Schedulers.fromExecutor((task) -> this.files.execute(task));

	private final Scheduler timer;

	/** What is left of the time that closing waits, in nanoseconds. */
	private final AtomicLong grace = new AtomicLong(GRACE.toNanos());

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

	private ThreadFactory awaited(String prefix) {
		ThreadFactory threads = named(prefix);
		return (task) -> threads.newThread(() -> {
			this.awaited.add(Thread.currentThread());
			try {
				task.run();
			}
			finally {
				this.awaited.remove(Thread.currentThread());
			}
		});
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
	 * Runs what may take long and no caller waits for, one task after the other; what
	 * waits already comes once. Closing does not wait for it, and nothing begins after
	 * that.
	 * @param task the task
	 * @param failed what the log says if it fails, and the name of the task
	 */
	void later(Runnable task, String failed) {
		if (!this.chores.add(failed)) {
			return;
		}
		try {
			this.housekeeping.execute(() -> {
				this.chores.remove(failed);
				if (!this.housekeeping.isShutdown()) {
					run(task, failed);
				}
			});
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The cache is closed: {}", failed);
		}
	}

	private static void run(Runnable task, String failed) {
		try {
			task.run();
		}
		catch (Throwable ex) {
			logger.warn("The cache is not in order: {}", failed, ex);
		}
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

	/**
	 * Returns where observers are called, one call after the other.
	 * @return runs one task after the other
	 */
	public Executor observers() {
		return this.observers;
	}

	/** Where progress is displayed, also while listeners wait or are slow. */
	ExecutorService display() {
		return this.display;
	}

	/** Where subscribers to the statuses are called. */
	ExecutorService statuses() {
		return this.statuses;
	}

	/** Lets closing wait for two seconds again. */
	void renewGrace() {
		this.grace.set(GRACE.toNanos());
	}

	/**
	 * Waits for the lanes as long as closing may wait for them.
	 * @param wait waits, at most for the time that it is given
	 */
	void awaitWithinGrace(Consumer<Duration> wait) {
		await(LAST_GRACE, wait);
	}

	private void await(Duration kept, Consumer<Duration> wait) {
		long start = now();
		wait.accept(Duration.ofNanos(Math.max(0, this.grace.get() - kept.toNanos())));
		long passed = now() - start;
		this.grace.updateAndGet((left) -> Math.max(0, left - passed));
	}

	private long now() {
		return this.timer.now(TimeUnit.NANOSECONDS);
	}

	@Override
	public void close() {
		close(() -> {
		});
	}

	/**
	 * Ends the threads when the running work is done: cancelled transfers close their
	 * staged files here. What does not end in time is logged with its call, and ends
	 * later or with the process.
	 * <p>
	 * <em>Blocking</em>: for what is left of the two seconds that closing waits in all.
	 * The calling thread itself touches no file and runs no code of the application.
	 * @param last what closing does besides, on a thread of its own
	 */
	void close(Runnable last) {
		this.files.shutdown();
		this.events.shutdown();
		this.housekeeping.shutdown();
		this.observers.shutdown();
		this.display.shutdown();
		this.statuses.shutdown();
		ExecutorService closing = Executors.newSingleThreadExecutor(awaited("modelcache-close"));
		closing.execute(last);
		closing.shutdown();
		List<ExecutorService> pools = List.of(this.files, this.observers, closing);
		await(Duration.ZERO, (left) -> {
			long end = now() + left.toNanos();
			pools.forEach((pool) -> awaitTermination(pool, end));
		});
		if (!pools.stream().allMatch(ExecutorService::isTerminated)) {
			this.awaited.forEach((thread) -> logger.warn(
					"The model cache is closed without waiting any longer: {} has not returned from the call {}",
					thread.getName(), whereabouts(thread)));
		}
	}

	/** Also in a thread that is interrupted: what closes it does that first. */
	private void awaitTermination(ExecutorService pool, long end) {
		boolean interrupted = Thread.interrupted();
		while (true) {
			try {
				pool.awaitTermination(end - now(), TimeUnit.NANOSECONDS);
				break;
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Returns the call in which a thread is, and which step of ours or of the application
	 * made it.
	 */
	static String whereabouts(Thread thread) {
		StackTraceElement[] stack = thread.getStackTrace();
		String caller = caller(stack, (type) -> type.startsWith("dev.modelcache"))
			.or(() -> caller(stack, (type) -> !type.startsWith("java.") && !type.startsWith("jdk.")))
			.orElse("an unknown step");
		return (stack.length > 0) ? stack[0].getMethodName() + ", called in " + caller : caller;
	}

	private static Optional<String> caller(StackTraceElement[] stack, Predicate<String> type) {
		return Stream.of(stack)
			.filter((frame) -> type.test(frame.getClassName()))
			.findFirst()
			.map((frame) -> frame.getClassName().substring(frame.getClassName().lastIndexOf('.') + 1) + "."
					+ frame.getMethodName());
	}

	/**
	 * Waits for the work on files that was running when the threads were closed.
	 * @param atMost how long
	 * @return whether it has ended
	 */
	boolean awaitFiles(Duration atMost) throws InterruptedException {
		return this.files.awaitTermination(atMost.toNanos(), TimeUnit.NANOSECONDS)
				&& this.housekeeping.awaitTermination(atMost.toNanos(), TimeUnit.NANOSECONDS);
	}

}
