/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Several processes that want the same file.
 */
class TwoJvmTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(20_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ForkedJvm child() {
		return ChildCache.start(this.server.uri("/m.gguf"), this.content.sha256(), this.directory);
	}

	private ModelRequest request() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.modelPath(this.directory.resolve("model.gguf"))
			.build();
	}

	@Test
	void processesThatStartTogetherFetchOnce() {
		// Slow enough that all of them want it before the first one has it.
		this.server.always("/m.gguf", Reply.ok().throttled(10_000_000));
		try (ForkedJvm one = child(); ForkedJvm two = child(); ForkedJvm three = child()) {
			List<String> outcomes = List.of(one, two, three)
				.stream()
				.map((jvm) -> jvm.awaitLine(ChildCache.ENDED, PATIENCE))
				.toList();
			assertThat(outcomes).containsExactlyInAnyOrder("ended DOWNLOADED", "ended CACHED", "ended CACHED");
		}
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
		assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void waitingShowsTheOwnerAndItsProgress() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(10_000_000));
		try (ForkedJvm owner = child(); CacheFixture fixture = new CacheFixture(this.directory)) {
			awaitBytes(10_000_000);
			DefaultModelCache cache = fixture.open(request());
			cache.get("m").subscribe((model) -> {
			}, (failure) -> {
			});
			Awaitility.await().atMost(PATIENCE).until(() -> {
				var status = cache.status("m");
				return status.state() == ModelState.WAITING && status.owner() != null
						&& status.owner().pid() == owner.pid() && status.progress() != null
						&& status.progress().bytes() >= 9_000_000;
			});
		}
	}

	@Test
	void processThatDiesLeavesItsLockToTheNext() throws Exception {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.script("/m.gguf", Reply.ok().stallAfter(10_000_000), Reply.ok());
		try (ForkedJvm owner = child(); CacheFixture fixture = new CacheFixture(this.directory)) {
			awaitBytes(10_000_000);
			DefaultModelCache cache = fixture.open(request());
			cache.get("m").doFinally((signal) -> latch.countDown()).subscribe();
			Awaitility.await().atMost(PATIENCE).until(() -> cache.status("m").state() == ModelState.WAITING);
			owner.kill();
			assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(cache.status("m").model()).isNotNull()
				.satisfies((model) -> assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED));
		}
		assertThat(this.directory.resolve("model.gguf")).satisfies(Content.exactly(this.content.bytes()));
	}

	private void awaitBytes(long bytes) {
		Awaitility.await().atMost(PATIENCE).until(() -> this.server.bytesSent("/m.gguf") >= bytes);
	}

}
