/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.lock.FaultyDisk;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A refresh that is cancelled while it publishes the new version: the disk, the status
 * and the events tell the same, and a verification agrees.
 */
@Timeout(120)
class CancelDuringPublishTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final Content next = Content.random(1_000_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final FaultyDisk disk = new FaultyDisk();

	private final AtomicReference<Moment> wanted = new AtomicReference<>();

	private final CountDownLatch held = new CountDownLatch(1);

	private final CountDownLatch goOn = new CountDownLatch(1);

	@AfterEach
	void close() {
		this.goOn.countDown();
		this.server.close();
	}

	private void reached(Moment moment) {
		if (this.wanted.compareAndSet(moment, null)) {
			this.held.countDown();
			await(this.goOn);
		}
	}

	private static void await(CountDownLatch latch) {
		assertThatNoException()
			.isThrownBy(() -> assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue());
	}

	@ParameterizedTest
	@CsvSource({ "FORCING, false", "FORCING, true", "RECORDING, false", "RECORDING, true", "MOVED, false",
			"MOVED, true" })
	void everythingIsOldOrEverythingIsNew(Moment moment, boolean callerLeaves) throws Exception {
		this.disk.beforeForce(() -> reached(Moment.FORCING));
		FileCacheLockFactory locks = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC());
		try (CacheFixture fixture = new CacheFixture(this.directory).withoutLimitsOfTime()
			.clock(new PublishingClock())
			.locks((request, waiting) -> new HeldLock(locks.acquire(request, waiting)), this.disk.files())) {
			DefaultModelCache cache = fixture
				.open(ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(1).build());
			Path path = fixture.get("m").path();
			this.server.serve("/m.gguf", this.next);
			this.wanted.set(moment);
			Disposable refresh = cache.refresh("m").onErrorComplete().subscribe();
			await(this.held);
			if (callerLeaves) {
				refresh.dispose();
			}
			else {
				cache.cancel("m").block(PATIENCE);
			}
			this.goOn.countDown();
			CachedModel verified = cache.verify("m").block(PATIENCE);
			Digest expected = ((moment == Moment.FORCING) ? this.content : this.next).sha256();
			assertThat(FileDigest.of(path, EnumSet.of(Algorithm.SHA256), () -> {
			})).containsEntry(Algorithm.SHA256, expected);
			assertThat(verified.digest()).isEqualTo(expected);
			assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
			assertThat(cache.status("m").model().digest()).isEqualTo(expected);
			assertThat(fixture.events(ModelReplaced.class)).hasSize((moment == Moment.FORCING) ? 0 : 1);
			assertThat(fixture.events(ModelFailed.class)).isEmpty();
		}
	}

	/** Where the thread that publishes is held. */
	enum Moment {

		/** The file is being made durable. */
		FORCING,

		/** The receipt is about to be written. */
		RECORDING,

		/** The file is at its place, and its lock is about to be released. */
		MOVED

	}

	/** Is asked for the time between the last look at a cancellation and the receipt. */
	private final class PublishingClock extends Clock {

		@Override
		public Instant instant() {
			if (Stream.of(Thread.currentThread().getStackTrace())
				.anyMatch((frame) -> frame.getClassName().equals(StagedFile.class.getName())
						&& frame.getMethodName().equals("publish"))) {
				reached(Moment.RECORDING);
			}
			return Instant.now();
		}

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return this;
		}

	}

	private final class HeldLock implements CacheLock {

		private final CacheLock lock;

		HeldLock(CacheLock lock) {
			this.lock = lock;
		}

		@Override
		public void heartbeat(TransferProgress progress) {
			this.lock.heartbeat(progress);
		}

		@Override
		public void close() {
			reached(Moment.MOVED);
			this.lock.close();
		}

	}

}
