/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Observers}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ObserversTests {

	private static final int MANY = 20_000;

	/** What waits while an observer blocks. */
	private final Queue<Runnable> waiting = new ArrayDeque<>();

	private final List<String> told = new ArrayList<>();

	private final Observers observers = new Observers(new TransferHistory(Clock.systemUTC()),
			List.of(new AcquisitionObserver() {

				@Override
				public void transferStarted(String modelId) {
					ObserversTests.this.told.add("started " + modelId);
				}

				@Override
				public void transferEnded(String modelId) {
					ObserversTests.this.told.add("ended " + modelId);
				}

				@Override
				public void bytesWritten(String modelId, String host, long bytes) {
					ObserversTests.this.told.add(bytes + " bytes");
				}

				@Override
				public void lockWaited(Duration waited) {
					ObserversTests.this.told.add("waited " + waited.toMillis());
				}

			}), this.waiting::add);

	@Test
	void whatWaitsForAnObserverThatBlocksIsLimited(CapturedOutput output) {
		this.observers.transferStarted("m");
		for (int i = 0; i < MANY; i++) {
			this.observers.lockWaited(Duration.ofMillis(i));
		}
		this.observers.bytesWritten("m", "host", 7);
		this.observers.bytesWritten("m", "host", 8);
		this.observers.transferEnded("m");
		assertThat(this.waiting).hasSizeLessThan(MANY / 2 + 10);
		assertThat(output).containsOnlyOnce("An observer of the model cache does not return");
		tellAll();
		assertThat(this.told).startsWith("started m", "waited 0", "waited 1").endsWith("15 bytes", "ended m");
		this.observers.lockWaited(Duration.ofMillis(MANY));
		this.observers.bytesWritten("m", "host", 9);
		tellAll();
		assertThat(this.told).endsWith("waited " + MANY, "9 bytes");
	}

	private void tellAll() {
		while (!this.waiting.isEmpty()) {
			this.waiting.remove().run();
		}
	}

}
