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
import java.util.concurrent.Executors;

/**
 * Threads for digests, of which a test knows when they have nothing to do: what it sends
 * to a coordinator meanwhile may be taken care of by one of them, a moment later.
 */
final class HashingThreads {

	private static final Set<State> BUSY = EnumSet.of(State.NEW, State.RUNNABLE, State.BLOCKED);

	private static final long PATIENCE = Duration.ofMinutes(3).toNanos();

	private final List<Thread> threads = new CopyOnWriteArrayList<>();

	private final ExecutorService executor = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "hashing");
		thread.setDaemon(true);
		this.threads.add(thread);
		return thread;
	});

	ExecutorService executor() {
		return this.executor;
	}

	/** Waits until each of them waits for something or has ended. */
	void awaitQuiet() {
		long begin = System.nanoTime();
		for (Thread thread : this.threads) {
			while (thread != Thread.currentThread() && BUSY.contains(thread.getState())
					&& System.nanoTime() - begin < PATIENCE) {
				Thread.onSpinWait();
				Thread.yield();
			}
		}
	}

}
