/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A step that blocks cannot be broken off: what becomes of an acquisition that is
 * cancelled while its last step, the publishing, runs.
 */
class BlockingStepTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private static final Duration WHILE = Duration.ofMillis(300);

	private final CountDownLatch inStep = new CountDownLatch(1);

	private final CountDownLatch goOn = new CountDownLatch(1);

	private final AtomicInteger held = new AtomicInteger();

	private final Content content = Content.random(1_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@TempDir
	private Path directory;

	private CacheFixture fixture;

	private DefaultModelCache cache;

	@BeforeEach
	void open() {
		CacheLockFactory locks = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC());
		this.fixture = new CacheFixture(this.directory).withoutLimitsOfTime().observer(new AcquisitionObserver() {
			@Override
			public void verified(boolean matched, Duration elapsed) {
				block();
			}
		})
			.locks((request, whileWaiting) -> new CountedLock(locks.acquire(request, whileWaiting)),
					new ExclusiveFiles());
		this.cache = this.fixture.open(ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.build());
	}

	private void block() {
		this.inStep.countDown();
		try {
			if (!this.goOn.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
				throw new IllegalStateException("the test forgot the step");
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@AfterEach
	void close() {
		this.goOn.countDown();
		this.fixture.close();
		this.server.close();
	}

	private Disposable acquireUntilTheStep() throws InterruptedException {
		Disposable acquisition = this.cache.get("m").subscribe((model) -> {
		}, (failure) -> {
		});
		assertThat(this.inStep.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		assertThat(this.held).hasValue(1);
		return acquisition;
	}

	@Test
	void theLockIsHeldUntilTheStepHasReturned() throws InterruptedException {
		acquireUntilTheStep().dispose();
		Awaitility.await().during(WHILE).atMost(PATIENCE).until(() -> this.held.get() == 1);
		this.goOn.countDown();
		Awaitility.await().atMost(PATIENCE).until(() -> this.held.get() == 0);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
	}

	@Test
	void nothingIsPublishedAfterACancellation() throws InterruptedException {
		acquireUntilTheStep().dispose();
		this.goOn.countDown();
		Awaitility.await().atMost(PATIENCE).until(() -> this.held.get() == 0);
		assertThat(this.fixture.find(".gguf")).isEmpty();
		assertThat(this.fixture.stagedFiles()).as("what has come stays for the next one").hasSize(1);
		assertThat(this.cache.get("m").block(PATIENCE).path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	@Test
	void evictionWaitsForTheStepAndNothingAppearsAfterwards() throws Exception {
		acquireUntilTheStep();
		Mono<Void> eviction = this.cache.evict("m").cache();
		eviction.subscribe();
		Awaitility.await().during(WHILE).atMost(PATIENCE).until(() -> this.held.get() == 1);
		this.goOn.countDown();
		eviction.block(PATIENCE);
		Awaitility.await().atMost(PATIENCE).until(() -> this.held.get() == 0);
		assertThat(this.directory.resolve("receipts")).satisfiesAnyOf((path) -> assertThat(path).doesNotExist(),
				(path) -> assertThat(path).isEmptyDirectory());
		assertThat(this.fixture.find(".gguf")).isEmpty();
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.ABSENT);
	}

	private final class CountedLock implements CacheLock {

		private final CacheLock lock;

		CountedLock(CacheLock lock) {
			this.lock = lock;
			BlockingStepTests.this.held.incrementAndGet();
		}

		@Override
		public void heartbeat(@Nullable TransferProgress progress) {
			this.lock.heartbeat(progress);
		}

		@Override
		public void close() {
			this.lock.close();
			BlockingStepTests.this.held.decrementAndGet();
		}

	}

}
