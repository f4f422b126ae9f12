/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many who want the same file at the same time, in one process.
 */
class SingleFlightTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(3_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest request(String id) {
		return ModelRequest.builder(id)
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.modelPath(this.directory.resolve("model.gguf"))
			.build();
	}

	@Test
	void sixtyFourThreadsShareOneRequestAndOneResult() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(64);
		CyclicBarrier barrier = new CyclicBarrier(64);
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.open(request("m"));
			List<Future<CachedModel>> results = new ArrayList<>();
			for (int i = 0; i < 64; i++) {
				results.add(threads.submit(() -> {
					barrier.await();
					return fixture.get("m");
				}));
			}
			Set<Path> paths = ConcurrentHashMap.newKeySet();
			for (Future<CachedModel> result : results) {
				paths.add(result.get().path());
			}
			assertThat(paths).singleElement()
				.satisfies((path) -> assertThat(path).satisfies(Content.exactly(this.content.bytes())));
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
		}
		finally {
			threads.shutdownNow();
		}
	}

	@Test
	void twoModelsWithOneFileShareOneRequest() {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(request("a"), request("b"));
			cache.get("a").subscribe();
			cache.get("b").subscribe();
			awaitState(cache, "a", ModelState.RESOLVING, ModelState.WAITING);
			awaitState(cache, "b", ModelState.RESOLVING, ModelState.WAITING);
			latch.countDown();
			awaitState(cache, "a", ModelState.READY);
			awaitState(cache, "b", ModelState.READY);
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
		}
	}

	@Test
	void twoCachesOfOneProcessShareOneRequest() {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		try (CacheFixture one = new CacheFixture(this.directory);
				CacheFixture other = new CacheFixture(this.directory)) {
			one.open(request("m")).get("m").subscribe();
			Awaitility.await().atMost(PATIENCE).until(() -> this.server.requests("/m.gguf").size() == 1);
			other.open(request("m")).get("m").subscribe();
			awaitState(other.cache(), "m", ModelState.WAITING);
			latch.countDown();
			awaitState(other.cache(), "m", ModelState.READY);
			assertThat(other.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
		}
	}

	@Test
	void lastCallerToCancelCancelsTheTransfer() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(request("m"));
			Disposable one = cache.get("m").subscribe();
			Disposable other = cache.get("m").subscribe();
			awaitState(cache, "m", ModelState.DOWNLOADING);
			one.dispose();
			assertThat(cache.status("m").state()).isEqualTo(ModelState.DOWNLOADING);
			assertThat(fixture.stagedFiles()).hasSize(1);
			other.dispose();
			assertThat(cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
			Awaitility.await().atMost(PATIENCE).until(() -> fixture.stagedFiles().isEmpty());
			Awaitility.await().atMost(PATIENCE).until(() -> this.server.openConnections() == 0);
		}
		assertThat(this.directory.resolve("model.gguf")).doesNotExist();
	}

	@Test
	void cancelledModelCanBeAskedForAgain() {
		this.server.script("/m.gguf", Reply.ok().stallAfter(1_000_000));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(request("m"));
			Disposable call = cache.get("m").subscribe();
			awaitState(cache, "m", ModelState.DOWNLOADING);
			call.dispose();
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void closingTheCacheEndsTheWaitOfItsCallers() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		List<Throwable> failures = new ArrayList<>();
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(request("m"));
			cache.get("m").subscribe((model) -> {
			}, failures::add);
			awaitState(cache, "m", ModelState.DOWNLOADING);
			cache.close();
			assertThat(failures).singleElement().isInstanceOf(ModelCancelledException.class);
			Awaitility.await().atMost(PATIENCE).until(() -> fixture.stagedFiles().isEmpty());
		}
	}

	private static void awaitState(DefaultModelCache cache, String id, ModelState... states) {
		Awaitility.await().atMost(PATIENCE).until(() -> Set.of(states).contains(cache.status(id).state()));
	}

}
