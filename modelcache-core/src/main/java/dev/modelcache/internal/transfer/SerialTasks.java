/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs tasks one after the other, in their order, on the threads of an executor. What
 * only such tasks touch needs no lock: each of them sees what the ones before it wrote. A
 * task that gives another one does not wait for it.
 * <p>
 * <em>Thread-safety</em>: all methods. Every task is run: on the thread at hand if the
 * executor takes none, because it is shut down or has no memory for a thread.
 */
final class SerialTasks implements Executor {

	private final Executor threads;

	private final Consumer<Throwable> failed;

	private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

	private final AtomicInteger waiting = new AtomicInteger();

	/**
	 * Creates an empty queue.
	 * @param threads where tasks run
	 * @param failed takes what a task throws, between two tasks
	 */
	SerialTasks(Executor threads, Consumer<Throwable> failed) {
		this.threads = threads;
		this.failed = failed;
	}

	@Override
	public void execute(Runnable task) {
		this.tasks.add(task);
		if (this.waiting.getAndIncrement() == 0) {
			try {
				this.threads.execute(this::drain);
			}
			catch (Throwable ex) {
				drain();
			}
		}
	}

	/** Runs a task on this thread, unless another one runs tasks at this moment. */
	void executeHere(Runnable task) {
		this.tasks.add(task);
		if (this.waiting.getAndIncrement() == 0) {
			drain();
		}
	}

	private void drain() {
		do {
			try {
				this.tasks.remove().run();
			}
			catch (Throwable ex) {
				this.failed.accept(ex);
			}
		}
		while (this.waiting.decrementAndGet() != 0);
	}

}
