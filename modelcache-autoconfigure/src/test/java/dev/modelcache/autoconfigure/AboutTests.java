/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link About}.
 */
class AboutTests {

	private static final Path PLACE = Path.of("/models/m.gguf");

	@Test
	void diskThatDoesNotAnswerIsAskedOnce() {
		CountDownLatch answers = new CountDownLatch(1);
		AtomicInteger asked = new AtomicInteger();
		About about = new About((place) -> {
			asked.incrementAndGet();
			try {
				answers.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return "nfs";
		});
		assertThat(about.describe(PLACE)).containsEntry("fileSystem", About.UNKNOWN);
		assertThat(about.describe(PLACE)).containsEntry("fileSystem", About.UNKNOWN);
		assertThat(asked).hasValue(1);
		answers.countDown();
		Awaitility.await().untilAsserted(() -> assertThat(about.describe(PLACE)).containsEntry("fileSystem", "nfs"));
	}

}
