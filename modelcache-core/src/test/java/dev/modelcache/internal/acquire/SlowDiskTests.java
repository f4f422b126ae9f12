/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.CachedModel;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A disk that needs longer to make a file durable than an acquisition may go without
 * progress. That this time has passed is seen by another acquisition, which is given up.
 * The time passes when the test says so.
 */
class SlowDiskTests {

	/** Made durable with one step, for which a slow disk has a second for each MiB. */
	private static final Content CONTENT = Content.random(8 << 20, 1);

	@TempDir
	private Path directory;

	private final FaultyDisk disk = new FaultyDisk();

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.bin", CONTENT);

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private final AtomicBoolean met = new AtomicBoolean();

	/** The source that never answers was asked. */
	private final CountDownLatch asked = new CountDownLatch(1);

	private CacheFixture fixture;

	@BeforeEach
	void open() {
		this.fixture = new CacheFixture(this.directory).threads(new EngineThreads(this.timer))
			.locks(null, this.disk.files())
			.resolver(new SourceThatNeverAnswers(this.asked));
		this.fixture.open(ModelRequest.builder("m").url(this.server.uri("/m.bin")).maxAttempts(1).build(),
				ModelRequest.builder("never").url(this.server.uri("/").resolve("x://y/z")).build());
	}

	@AfterEach
	void close() {
		this.fixture.close();
		this.server.close();
	}

	@Test
	void fileThatIsMadeDurableSlowlyIsServed() {
		this.disk.beforeForce(() -> {
			if (this.met.compareAndSet(false, true)) {
				CompletableFuture<CachedModel> other = this.fixture.cache().get("never").toFuture();
				await(this.asked);
				this.timer.advanceTimeBy(TransferSettings.GIVE_UP_AFTER.plusSeconds(5));
				assertThat(other).failsWithin(CacheFixture.PATIENCE)
					.withThrowableThat()
					.withCauseInstanceOf(ModelTransferException.class)
					.withMessageContaining("nothing advanced");
			}
		});
		CachedModel model = this.fixture.get("m");
		assertThat(this.met).isTrue();
		assertThat(model.path()).satisfies(Content.exactly(CONTENT.bytes()));
		assertThat(this.fixture.cache().status("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void fileThatIsNeverMadeDurableIsGivenUp() {
		CountDownLatch hangs = new CountDownLatch(1);
		CountDownLatch answers = new CountDownLatch(1);
		this.disk.beforeForce(() -> {
			hangs.countDown();
			await(answers);
		});
		CompletableFuture<CachedModel> model = this.fixture.cache().get("m").toFuture();
		await(hangs);
		Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> {
			this.timer.advanceTimeBy(Duration.ofMinutes(1));
			return model.isDone();
		});
		assertThat(model).failsWithin(CacheFixture.PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCacheException.class)
			.withMessageContaining("nothing advanced")
			.withMessageContaining("VERIFYING");
		answers.countDown();
		// Until the thread has come back, what waits for it may fail.
		Awaitility.await()
			.atMost(CacheFixture.PATIENCE)
			.ignoreExceptions()
			.untilAsserted(() -> assertThat(this.fixture.get("m").path()).satisfies(Content.exactly(CONTENT.bytes())));
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private record SourceThatNeverAnswers(CountDownLatch asked) implements SourceResolver {

		@Override
		public Set<String> schemes() {
			return Set.of("x");
		}

		@Override
		public Mono<ResolvedModel> resolve(SourceLocation location) {
			return Mono.<ResolvedModel>never().doOnSubscribe((subscription) -> this.asked.countDown());
		}

	}

}
