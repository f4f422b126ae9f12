/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests whose kinds and moments are drawn from a seed: get, refresh, verify, evict,
 * cancel, callers that leave, stopping, and another version at the source; for one model,
 * or for two that have one file in two caches that have one directory. Every request
 * ends, the status agrees with the disk, and nothing is left. More rounds with
 * {@code -Drounds=1000}, others with {@code -Dseed=7}.
 */
class InterleavingTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private static final int ROUNDS = Integer.getInteger("rounds", 25);

	private static final long SEED = Long.getLong("seed", 4711);

	private static final int REQUESTS = 24;

	private static final int LONGEST_PAUSE_MILLIS = 8;

	@TempDir
	private Path directory;

	@Test
	void everyRequestEndsAndTheStatusAgreesWithTheDisk() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start()) {
			for (int round = 0; round < ROUNDS; round++) {
				Path own = Files.createDirectories(this.directory.resolve("round-" + round));
				try {
					round(server, new Random(SEED + round), own);
				}
				catch (AssertionError | RuntimeException ex) {
					throw new AssertionError("round " + round + " of seed " + SEED, ex);
				}
				FileSystemUtils.deleteRecursively(own);
			}
		}
	}

	/** Two models have one URL, and so one file. */
	private void round(MisbehavingServer server, Random random, Path own) throws Exception {
		Content first = Content.random(200_000, random.nextLong());
		boolean proved = random.nextInt(3) == 0;
		boolean alone = random.nextBoolean();
		server.serve("/m.gguf", first).always("/m.gguf", reply(random));
		ModelRequest[] requests = Stream.of("m", "n")
			.map((id) -> ModelRequest.builder(id)
				.url(server.uri("/m.gguf"))
				.expectedDigest(proved ? first.sha256() : null)
				.maxAttempts(1)
				.build())
			.toArray(ModelRequest[]::new);
		List<CompletableFuture<?>> answers = new ArrayList<>();
		try (CacheFixture fixture = fixture(own); CacheFixture other = fixture(own)) {
			List<DefaultModelCache> caches = alone ? List.of(fixture.open(requests[0]))
					: List.of(fixture.open(requests), other.open(requests));
			for (int i = 0; i < REQUESTS; i++) {
				DefaultModelCache cache = caches.get(random.nextInt(caches.size()));
				String id = (alone || random.nextBoolean()) ? "m" : "n";
				answers.add(draw(random, cache, id, server, proved ? null : Content.random(150_000, random.nextLong()))
					.toFuture());
				LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(1000 * LONGEST_PAUSE_MILLIS)));
			}
			boolean closed = random.nextInt(4) == 0;
			if (closed) {
				caches.get(0).close();
			}
			for (CompletableFuture<?> answer : answers) {
				assertEnds(answer);
			}
			Awaitility.await().atMost(PATIENCE).until(() -> lanes().isEmpty());
			for (DefaultModelCache cache : closed ? caches.subList(1, caches.size()) : caches) {
				for (String id : alone ? List.of("m") : List.of("m", "n")) {
					CachedModel model = statusThatAgreesWithTheDisk(cache, id);
					if (alone && model != null) {
						assertThat(model.digest()).as("the digest in the status").isEqualTo(onDisk(model));
					}
					else if (alone && cache.status(id).state() == ModelState.ABSENT) {
						assertThat(fixture.find("m.gguf")).isEmpty();
					}
					cache.start();
					server.always("/m.gguf", Reply.ok());
					CachedModel got = cache.get(id).block(PATIENCE);
					assertThat(got).isNotNull();
					assertThat(got.digest()).isEqualTo(onDisk(got));
				}
			}
		}
		Awaitility.await("threads of lanes").atMost(PATIENCE).until(() -> lanes().isEmpty());
	}

	private static CacheFixture fixture(Path own) {
		return new CacheFixture(own).breakers(neverOpen());
	}

	/** How many requests a server of errors gets is drawn, too. */
	private static CircuitBreakerRegistry neverOpen() {
		return CircuitBreakerRegistry.of(Map.of("modelcache",
				CircuitBreakerConfig.custom().slidingWindowSize(100_000).minimumNumberOfCalls(100_000).build()));
	}

	private static Reply reply(Random random) {
		return switch (random.nextInt(4)) {
			case 0 -> Reply.ok().throttled(10_000_000);
			case 1 -> Reply.status(503);
			default -> Reply.ok();
		};
	}

	private static Mono<?> draw(Random random, DefaultModelCache cache, String id, MisbehavingServer server,
			Content next) {
		switch (random.nextInt(12)) {
			case 0, 1, 2 -> {
				return cache.get(id);
			}
			case 3 -> {
				return cache.get(id).timeout(Duration.ofMillis(1 + random.nextInt(LONGEST_PAUSE_MILLIS)), Mono.empty());
			}
			case 4, 5 -> {
				return cache.refresh(id);
			}
			case 6 -> {
				return cache.refresh(id)
					.timeout(Duration.ofMillis(1 + random.nextInt(LONGEST_PAUSE_MILLIS)), Mono.empty());
			}
			case 7 -> {
				return cache.verify(id);
			}
			case 8 -> {
				return cache.evict(id);
			}
			case 9 -> {
				return cache.cancel(id);
			}
			case 10 -> {
				if (next != null) {
					server.serve("/m.gguf", next);
				}
				server.always("/m.gguf", reply(random));
				return cache.check(id);
			}
			default -> {
				cache.stop();
				cache.start();
				return cache.get(id);
			}
		}
	}

	private static void assertEnds(CompletableFuture<?> answer) throws Exception {
		try {
			answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
		catch (ExecutionException ex) {
			assertThat(ex.getCause()).isInstanceOf(ModelCacheException.class);
		}
	}

	private static @Nullable CachedModel statusThatAgreesWithTheDisk(DefaultModelCache cache, String id) {
		ModelStatus status = cache.check(id).block(PATIENCE);
		assertThat(status).isNotNull();
		assertThat(status.state().isAcquiring()).as(status.toString()).isFalse();
		CachedModel model = status.model();
		assertThat(model != null).isEqualTo(status.state() == ModelState.READY);
		if (model != null) {
			assertThat(model.path()).exists();
		}
		return model;
	}

	private static Digest onDisk(CachedModel model) throws Exception {
		return FileDigest.of(model.path(), EnumSet.of(Algorithm.SHA256), () -> {
		}).get(Algorithm.SHA256);
	}

	private static List<String> lanes() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("modelcache-lane-"))
			.toList();
	}

}
