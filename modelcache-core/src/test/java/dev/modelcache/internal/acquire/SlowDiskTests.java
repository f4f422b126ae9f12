/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.lock.FaultyDisk;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A disk that needs longer to make a file durable than an acquisition may go without
 * progress. That this time has passed is seen by another acquisition, which is given up.
 */
class SlowDiskTests {

	private static final Duration GIVE_UP_AFTER = Duration.ofSeconds(3);

	@TempDir
	private Path directory;

	private final FaultyDisk disk = new FaultyDisk();

	private final MisbehavingServer server = MisbehavingServer.start();

	private final AtomicBoolean met = new AtomicBoolean();

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private CacheFixture open(CacheFixture fixture, Content content) {
		this.server.serve("/m.bin", content);
		try (CacheFixture first = new CacheFixture(this.directory.resolve("first"))) {
			// Loading classes is not what is slow here.
			first.open(ModelRequest.builder("m").url(this.server.uri("/m.bin")).build());
			first.get("m");
		}
		fixture.locks(null, this.disk.files())
			.resolver(new SourceThatNeverAnswers())
			.transfer(new TransferSettings(DataSize.ofKilobytes(256), 4, DataSize.ofMegabytes(16),
					Duration.ofSeconds(10), Duration.ofSeconds(10), 5, true, null, GIVE_UP_AFTER, DataSize.ofBytes(0)))
			.open(ModelRequest.builder("m").url(this.server.uri("/m.bin")).maxAttempts(1).build(),
					ModelRequest.builder("never").url(this.server.uri("/").resolve("x://y/z")).build());
		return fixture;
	}

	/** Waits until twice as long has passed as nothing may advance. */
	private static void untilOthersAreGivenUp(ModelCache cache) {
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(ModelTransferException.class)
				.isThrownBy(() -> cache.get("never").block(CacheFixture.PATIENCE))
				.withMessageContaining("nothing advanced");
		}
	}

	@Test
	void fileThatIsMadeDurableSlowlyIsServed() {
		Content content = Content.random(200 << 20, 1);
		try (CacheFixture fixture = open(new CacheFixture(this.directory.resolve("cache")), content)) {
			this.disk.beforeForce(() -> {
				if (this.met.compareAndSet(false, true)) {
					untilOthersAreGivenUp(fixture.cache());
				}
			});
			CachedModel model = fixture.get("m");
			assertThat(this.met).isTrue();
			assertThat(model.size()).isEqualTo(200 << 20);
			assertThat(fixture.cache().status("m").state()).isEqualTo(ModelState.READY);
		}
	}

	@Test
	void fileThatIsNeverMadeDurableIsGivenUp() {
		Content content = Content.random(1 << 20, 1);
		CountDownLatch hung = new CountDownLatch(1);
		try (CacheFixture fixture = open(new CacheFixture(this.directory.resolve("cache")), content)) {
			this.disk.beforeForce(() -> {
				try {
					assertThat(hung.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			});
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("nothing advanced")
				.withMessageContaining("VERIFYING");
			hung.countDown();
			assertThat(fixture.get("m").path()).hasSize(1 << 20);
		}
	}

	private static final class SourceThatNeverAnswers implements SourceResolver {

		@Override
		public Set<String> schemes() {
			return Set.of("x");
		}

		@Override
		public Mono<ResolvedModel> resolve(SourceLocation location) {
			return Mono.never();
		}

	}

}
