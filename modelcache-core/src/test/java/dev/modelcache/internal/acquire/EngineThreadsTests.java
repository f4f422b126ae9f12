/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EngineThreads}: housekeeping and closing.
 */
@ExtendWith(OutputCaptureExtension.class)
class EngineThreadsTests {

	private final EngineThreads threads = new EngineThreads();

	private final List<String> done = new CopyOnWriteArrayList<>();

	private final CountDownLatch begun = new CountDownLatch(1);

	private final CountDownLatch goOn = new CountDownLatch(1);

	private void holdHousekeeping() throws InterruptedException {
		this.threads.later(() -> {
			this.begun.countDown();
			CacheFixture.await(this.goOn);
			this.done.add("first");
		}, "first");
		assertThat(this.begun.await(CacheFixture.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
	}

	@Test
	void housekeepingThatWaitsIsDoneOnce() throws InterruptedException {
		holdHousekeeping();
		for (int i = 0; i < 3; i++) {
			this.threads.later(() -> this.done.add("again"), "first");
			this.threads.later(() -> this.done.add("other"), "other");
		}
		CountDownLatch last = new CountDownLatch(1);
		this.threads.later(last::countDown, "last");
		this.goOn.countDown();
		CacheFixture.await(last);
		assertThat(this.done).containsExactly("first", "again", "other");
		this.threads.close();
	}

	@Test
	void noHousekeepingBeginsAfterClosing() throws InterruptedException {
		holdHousekeeping();
		this.threads.later(() -> this.done.add("other"), "other");
		this.threads.close();
		this.goOn.countDown();
		assertThat(this.threads.awaitFiles(CacheFixture.PATIENCE)).isTrue();
		assertThat(this.done).containsExactly("first");
	}

	@Test
	void closingInAnInterruptedThreadWaitsAllTheSame(CapturedOutput output) {
		CountDownLatch waits = new CountDownLatch(1);
		Thread closing = Thread.currentThread();
		closing.interrupt();
		this.threads.close(() -> {
			while (closing.getState() != Thread.State.TIMED_WAITING) {
				Thread.onSpinWait();
			}
			this.done.add("closed");
			waits.countDown();
		});
		assertThat(Thread.interrupted()).isTrue();
		assertThat(waits.getCount()).isZero();
		assertThat(this.done).containsExactly("closed");
		assertThat(output).doesNotContain("without waiting any longer");
	}

}
