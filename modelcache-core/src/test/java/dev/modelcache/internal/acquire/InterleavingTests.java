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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests for one model whose kinds and moments are drawn from a seed: get, refresh,
 * verify, evict, cancel, callers that leave, stopping, and another version at the source.
 * Every request ends, the status agrees with the disk, and nothing is left. More rounds
 * with {@code -Drounds=1000}, others with {@code -Dseed=7}.
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

	private void round(MisbehavingServer server, Random random, Path own) throws Exception {
		Content first = Content.random(200_000, random.nextLong());
		boolean proved = random.nextInt(3) == 0;
		server.serve("/m.gguf", first).always("/m.gguf", reply(random));
		ModelRequest request = ModelRequest.builder("m")
			.url(server.uri("/m.gguf"))
			.expectedDigest(proved ? first.sha256() : null)
			.maxAttempts(1)
			.build();
		List<CompletableFuture<?>> answers = new ArrayList<>();
		try (CacheFixture fixture = new CacheFixture(own).breakers(neverOpen())) {
			DefaultModelCache cache = fixture.open(request);
			for (int i = 0; i < REQUESTS; i++) {
				answers.add(draw(random, cache, server, proved ? null : Content.random(150_000, random.nextLong()))
					.toFuture());
				LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(1000 * LONGEST_PAUSE_MILLIS)));
			}
			boolean closed = random.nextInt(4) == 0;
			if (closed) {
				cache.close();
			}
			for (CompletableFuture<?> answer : answers) {
				assertEnds(answer);
			}
			if (!closed) {
				assertStatusAgreesWithTheDisk(cache, fixture);
				cache.start();
				server.always("/m.gguf", Reply.ok());
				assertThat(fixture.get("m").path()).exists();
			}
		}
		Awaitility.await("threads of lanes").atMost(PATIENCE).until(() -> lanes().isEmpty());
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

	private static Mono<?> draw(Random random, DefaultModelCache cache, MisbehavingServer server, Content next) {
		switch (random.nextInt(12)) {
			case 0, 1, 2 -> {
				return cache.get("m");
			}
			case 3 -> {
				return cache.get("m")
					.timeout(Duration.ofMillis(1 + random.nextInt(LONGEST_PAUSE_MILLIS)), Mono.empty());
			}
			case 4, 5 -> {
				return cache.refresh("m");
			}
			case 6 -> {
				return cache.refresh("m")
					.timeout(Duration.ofMillis(1 + random.nextInt(LONGEST_PAUSE_MILLIS)), Mono.empty());
			}
			case 7 -> {
				return cache.verify("m");
			}
			case 8 -> {
				return cache.evict("m");
			}
			case 9 -> {
				return cache.cancel("m");
			}
			case 10 -> {
				if (next != null) {
					server.serve("/m.gguf", next);
				}
				server.always("/m.gguf", reply(random));
				return cache.check("m");
			}
			default -> {
				cache.stop();
				cache.start();
				return cache.get("m");
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

	private static void assertStatusAgreesWithTheDisk(DefaultModelCache cache, CacheFixture fixture) throws Exception {
		Awaitility.await().atMost(PATIENCE).until(() -> lanes().isEmpty());
		ModelStatus status = cache.check("m").block(PATIENCE);
		assertThat(status).isNotNull();
		assertThat(status.state().isAcquiring()).as(status.toString()).isFalse();
		CachedModel model = status.model();
		assertThat(model != null).isEqualTo(status.state() == ModelState.READY);
		if (model != null) {
			Digest onDisk = FileDigest.of(model.path(), EnumSet.of(Algorithm.SHA256), () -> {
			}).get(Algorithm.SHA256);
			assertThat(model.digest()).as("the digest in the status").isEqualTo(onDisk);
		}
		else if (status.state() == ModelState.ABSENT) {
			assertThat(fixture.find("m.gguf")).isEmpty();
		}
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
