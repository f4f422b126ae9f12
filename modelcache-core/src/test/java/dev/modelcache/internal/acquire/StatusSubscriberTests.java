/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Subscribers of {@code statuses()} that are slow, or call the cache, delay nothing.
 */
class StatusSubscriberTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private final CountDownLatch entered = new CountDownLatch(1);

	private final CountDownLatch release = new CountDownLatch(1);

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/m.gguf", this.content)
		.serve("/other.gguf", Content.random(1000, 2));

	@TempDir
	private Path directory;

	private CacheFixture fixture;

	private DefaultModelCache cache;

	@BeforeEach
	void open() {
		this.fixture = new CacheFixture(this.directory);
		this.cache = this.fixture.open(ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(0).build(),
				ModelRequest.builder("other").url(this.server.uri("/other.gguf")).build());
	}

	@AfterEach
	void close() {
		this.release.countDown();
		this.fixture.close();
		this.server.close();
	}

	/** As one does that writes to a database. */
	private void block() {
		this.entered.countDown();
		try {
			assertThat(this.release.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private Disposable blockWhile(ModelState state) {
		return this.cache.statuses("m").filter((status) -> status.state() == state).subscribe((status) -> block());
	}

	private void awaitBlocked() throws InterruptedException {
		assertThat(this.entered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void subscriberThatBlocksDelaysNeitherStatusNorTransferNorOtherSubscribers() throws Exception {
		CompletableFuture<ModelStatus> other = this.cache.statuses("m")
			.filter((status) -> status.state() == ModelState.READY)
			.next()
			.toFuture();
		blockWhile(ModelState.DOWNLOADING);
		CompletableFuture<CachedModel> get = this.cache.get("m").toFuture();
		awaitBlocked();
		CompletableFuture<ModelStatus> status = CompletableFuture.supplyAsync(() -> this.cache.status("m"));
		assertThat(status).succeedsWithin(PATIENCE);
		assertThat(get).succeedsWithin(PATIENCE);
		assertThat(other).succeedsWithin(PATIENCE);
		assertThat(this.cache.get("other").toFuture()).succeedsWithin(PATIENCE);
	}

	@Test
	void subscriberThatBlockedGetsTheLatestStatus() throws Exception {
		CompletableFuture<ModelStatus> last = new CompletableFuture<>();
		this.cache.statuses("m").subscribe((status) -> {
			if (status.state() == ModelState.DOWNLOADING) {
				block();
			}
			if (status.state() == ModelState.READY) {
				last.complete(status);
			}
		});
		CachedModel model = this.fixture.get("m");
		awaitBlocked();
		assertThat(last).isNotDone();
		this.release.countDown();
		assertThat(last).succeedsWithin(PATIENCE).extracting(ModelStatus::model).isEqualTo(model);
	}

	@Test
	void subscriberMayWaitForAnEviction() {
		CompletableFuture<Void> evicted = new CompletableFuture<>();
		this.cache.statuses().filter((status) -> status.state() == ModelState.READY).next().subscribe((status) -> {
			this.cache.evict("m").block(PATIENCE);
			evicted.complete(null);
		}, evicted::completeExceptionally);
		this.cache.get("m").subscribe();
		assertThat(evicted).succeedsWithin(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.ABSENT);
	}

	@Test
	void subscribersThatBlockOccupyNoThreadsOfTheApplication() throws Exception {
		Set<String> threads = ConcurrentHashMap.newKeySet();
		int subscribers = Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE;
		CountDownLatch blocked = new CountDownLatch(subscribers);
		for (int i = 0; i < subscribers; i++) {
			this.cache.statuses("m").subscribe((status) -> {
				threads.add(Thread.currentThread().getName());
				blocked.countDown();
				block();
			});
		}
		assertThat(blocked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		CompletableFuture<Void> task = CompletableFuture.runAsync(() -> {
		}, Schedulers.boundedElastic()::schedule);
		assertThat(task).succeedsWithin(PATIENCE);
		assertThat(threads).hasSize(subscribers)
			.noneMatch((name) -> name.contains("boundedElastic") || name.contains("parallel") || name.contains("-io-"));
	}

	@Test
	void statusesOfOneModelAreOfThatModelAlone() {
		this.server.always("/m.gguf", Reply.ok().throttled(4_000_000));
		CompletableFuture<List<ModelStatus>> seen = this.cache.statuses("m")
			.takeUntil((status) -> status.state() == ModelState.READY)
			.collectList()
			.toFuture();
		this.fixture.get("other");
		this.fixture.get("m");
		assertThat(seen).succeedsWithin(PATIENCE);
		assertThat(seen.join()).extracting(ModelStatus::id).containsOnly("m");
		assertThat(seen.join()).extracting(ModelStatus::state)
			.startsWith(ModelState.ABSENT)
			.contains(ModelState.DOWNLOADING)
			.endsWith(ModelState.READY);
	}

	@Test
	void statusesOfAnUnknownModelAreAnError() {
		StepVerifier.create(this.cache.statuses("nope")).expectError(ModelNotFoundException.class).verify(PATIENCE);
	}

	@Test
	void statusesCompleteWhenTheCacheIsClosed() {
		StepVerifier.create(this.cache.statuses())
			.expectNextCount(2)
			.then(this.cache::close)
			.expectComplete()
			.verify(PATIENCE);
	}

}
