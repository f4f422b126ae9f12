/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class BlockingCallsTests {

	@TempDir
	private Path directory;

	@Test
	void fileSystemOnAThreadThatMustNotBlockFailsTheTest() throws Exception {
		Path file = Files.writeString(this.directory.resolve("file"), "content");

		assertThat(run(() -> Files.size(file), Schedulers.parallel())).isEqualTo(7);

		assertThatExceptionOfType(AssertionError.class).isThrownBy(BlockingCalls::check)
			.withMessageContaining("stat")
			.havingCause()
			.satisfies((cause) -> assertThat(cause.getStackTrace())
				.anyMatch((frame) -> frame.getClassName().equals(getClass().getName())));
		assertThat(BlockingCalls.taken()).isEmpty();
	}

	@Test
	void readingAFileOnAThreadThatMustNotBlockFailsTheTest() throws Exception {
		Path file = Files.writeString(this.directory.resolve("file"), "content");

		assertThat(run(() -> Files.readString(file), Schedulers.parallel())).isEqualTo("content");

		assertThat(BlockingCalls.taken()).extracting(Throwable::getMessage)
			.anyMatch((message) -> message.contains("open0"))
			.anyMatch((message) -> message.contains("read0"));
	}

	@Test
	void threadThatIsHeldOnPurposeIsNotRecorded() {
		run(() -> {
			BlockingCalls.onPurpose(() -> LockSupport.parkNanos(1));
			return true;
		}, Schedulers.parallel());

		assertThat(BlockingCalls.taken()).isEmpty();
	}

	@Test
	void fileSystemOnAThreadThatMayBlockIsNotRecorded() throws Exception {
		assertThat(run(() -> Files.exists(this.directory), Schedulers.boundedElastic())).isTrue();

		assertThat(BlockingCalls.taken()).isEmpty();
	}

	@Test
	void lockThatTwoThreadsWantAtOnceIsNotRecorded() throws Exception {
		ReentrantLock lock = new ReentrantLock();
		lock.lock();
		CompletableFuture<Boolean> second = Mono.fromCallable(() -> {
			lock.lock();
			lock.unlock();
			return true;
		}).subscribeOn(Schedulers.parallel()).toFuture();
		while (!lock.hasQueuedThreads()) {
			Thread.onSpinWait();
		}
		lock.unlock();

		assertThat(second).succeedsWithin(Duration.ofMinutes(1));
		assertThat(BlockingCalls.taken()).isEmpty();
	}

	private static <T> T run(Callable<T> call, Scheduler scheduler) {
		return Mono.fromCallable(call).subscribeOn(scheduler).block(Duration.ofMinutes(1));
	}

}
