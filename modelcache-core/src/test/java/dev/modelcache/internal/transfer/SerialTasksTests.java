/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SerialTasks}.
 */
class SerialTasksTests {

	private final List<Object> done = new ArrayList<>();

	@Test
	void taskThatATaskGivesRunsAfterIt() {
		SerialTasks tasks = new SerialTasks(Runnable::run, this.done::add);
		tasks.execute(() -> {
			tasks.execute(() -> this.done.add("second"));
			tasks.executeHere(() -> this.done.add("third"));
			this.done.add("first");
		});
		assertThat(this.done).containsExactly("first", "second", "third");
	}

	@Test
	void whatATaskThrowsIsTakenBeforeTheNextOne() {
		SerialTasks tasks = new SerialTasks(Runnable::run, this.done::add);
		Error error = new OutOfMemoryError("direct buffer memory");
		tasks.execute(() -> {
			tasks.execute(() -> this.done.add("next"));
			throw error;
		});
		assertThat(this.done).containsExactly(error, "next");
	}

	@Test
	void everyTaskRunsWhenTheExecutorRefuses() {
		SerialTasks refused = new SerialTasks((task) -> {
			throw new RejectedExecutionException();
		}, this.done::add);
		refused.execute(() -> this.done.add("refused"));
		SerialTasks withoutThreads = new SerialTasks((task) -> {
			throw new OutOfMemoryError("unable to create native thread");
		}, this.done::add);
		withoutThreads.execute(() -> this.done.add("without threads"));
		assertThat(this.done).containsExactly("refused", "without threads");
	}

	/** The list and the number are not safe for threads: the tasks alone touch them. */
	@Test
	void tasksOfManyThreadsRunOneAfterTheOther() throws Exception {
		ExecutorService threads = Executors.newCachedThreadPool();
		try {
			SerialTasks tasks = new SerialTasks(threads, this.done::add);
			int[] sum = { 0 };
			CountDownLatch all = new CountDownLatch(4 * 10_000);
			for (int i = 0; i < 4; i++) {
				boolean here = i % 2 == 0;
				threads.execute(() -> {
					for (int n = 0; n < 10_000; n++) {
						Runnable task = () -> {
							sum[0]++;
							all.countDown();
						};
						if (here) {
							tasks.executeHere(task);
						}
						else {
							tasks.execute(task);
						}
					}
				});
			}
			assertThat(all.await(3, TimeUnit.MINUTES)).isTrue();
			assertThat(sum[0]).isEqualTo(40_000);
			assertThat(this.done).isEmpty();
		}
		finally {
			threads.shutdown();
		}
	}

}
