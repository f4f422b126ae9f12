/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.lang.Thread.State;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for digests, of which a test knows when they have nothing to do: what it sends
 * to a coordinator meanwhile may be taken care of by one of them, a moment later.
 */
final class HashingThreads {

	private static final Set<State> BUSY = EnumSet.of(State.NEW, State.RUNNABLE, State.BLOCKED);

	private static final long PATIENCE = Duration.ofMinutes(3).toNanos();

	private final List<Thread> threads = new CopyOnWriteArrayList<>();

	/** Tasks that no thread has begun. */
	private final AtomicInteger handedOver = new AtomicInteger();

	private final ExecutorService executor = new ThreadPoolExecutor(0, Integer.MAX_VALUE, 1, TimeUnit.MINUTES,
			new SynchronousQueue<>(), this::thread) {

		@Override
		public void execute(Runnable task) {
			HashingThreads.this.handedOver.incrementAndGet();
			try {
				super.execute(() -> {
					HashingThreads.this.handedOver.decrementAndGet();
					task.run();
				});
			}
			catch (RejectedExecutionException ex) {
				HashingThreads.this.handedOver.decrementAndGet();
				throw ex;
			}
		}

	};

	private Thread thread(Runnable task) {
		Thread thread = new Thread(task, "hashing");
		thread.setDaemon(true);
		this.threads.add(thread);
		return thread;
	}

	ExecutorService executor() {
		return this.executor;
	}

	/** Waits until each of them waits for something or has ended. */
	void awaitQuiet() {
		long begin = System.nanoTime();
		while ((this.handedOver.get() > 0 || this.threads.stream().anyMatch(HashingThreads::isBusy))
				&& System.nanoTime() - begin < PATIENCE) {
			Thread.onSpinWait();
			Thread.yield();
		}
	}

	private static boolean isBusy(Thread thread) {
		return thread != Thread.currentThread() && BUSY.contains(thread.getState());
	}

}
