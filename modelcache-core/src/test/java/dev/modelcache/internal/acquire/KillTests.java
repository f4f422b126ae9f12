/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that are killed at random moments; more of them with {@code -Dkills=24}.
 */
class KillTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int KILLS = Integer.getInteger("kills", 4);

	/** About what a download takes, from its begin to its end. */
	private static final Duration SPREAD = Duration.ofMillis(900);

	@TempDir
	private Path directory;

	private final Content content = Content.random(4_000_000, 1);

	@Test
	void targetIsAbsentOrWholeWheneverTheProcessIsKilled() throws Exception {
		Path target = this.directory.resolve("model.gguf");
		Random random = new Random(4711);
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			CountDownLatch requested = new CountDownLatch(1);
			server.answer("/m.gguf", (request) -> {
				requested.countDown();
				return Reply.ok().stallAfter(this.content.size() / 2);
			});
			try (ForkedJvm child = child(server)) {
				assertThat(requested.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
				child.kill();
			}
			assertThat(target).doesNotExist();
			server.always("/m.gguf", Reply.ok().throttled(8_000_000));
			for (int kill = 0; kill < KILLS; kill++) {
				try (ForkedJvm child = child(server)) {
					child.awaitLine(ChildCache.BEGINS, PATIENCE);
					// A moment, not a wait for something.
					LockSupport.parkNanos((long) (random.nextDouble() * SPREAD.toNanos()));
					child.kill();
				}
				if (Files.exists(target)) {
					assertThat(target).satisfies(Content.exactly(this.content.bytes()));
					Files.delete(target);
				}
			}
			getNext(server, this.directory);
		}
		assertThat(target).satisfies(Content.exactly(this.content.bytes()));
		assertThat(files(".part")).isEmpty();
	}

	private ModelOutcome getNext(MisbehavingServer server, Path directory) {
		try (CacheFixture next = new CacheFixture(directory)) {
			next.open(request(server).modelPath(directory.resolve("model.gguf")).build());
			return next.get("m").outcome();
		}
	}

	@Test
	void processThatIsKilledAsItsFileAppearsLeavesNothingButTheFile() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			for (int kill = 0; kill < KILLS / 2; kill++) {
				Path directory = Files.createDirectories(this.directory.resolve("kill-" + kill));
				Path target = directory.resolve("model.gguf");
				try (ForkedJvm child = ChildCache.start(server.uri("/m.gguf"), this.content.sha256(), directory,
						ChildCache.STAYING)) {
					child.awaitLine(ChildCache.BEGINS, PATIENCE);
					while (!Files.exists(target)) {
						assertThat(child.handle().isAlive()).isTrue();
						LockSupport.parkNanos(100_000);
					}
					child.kill();
				}
				assertThat(getNext(server, directory)).isEqualTo(ModelOutcome.CACHED);
				assertThat(files(".part")).isEmpty();
				assertSettled();
			}
		}
	}

	/** Also for another container, which the process of this one cannot know. */
	private void killAfterTheMove(MisbehavingServer server, String host, String... options) {
		List<String> all = new ArrayList<>(List.of(options));
		all.add(ChildCache.HALTING);
		try (ForkedJvm child = ChildCache.startBy(List.of("env", "HOSTNAME=" + host), server.uri("/m.gguf"),
				this.content.sha256(), this.directory, all.toArray(String[]::new))) {
			assertThat(child.awaitExit(PATIENCE)).isEqualTo(9);
		}
		assertThat(files(".next")).hasSize(1);
		assertThat(files(".journal")).hasSize(1);
	}

	private List<Path> files(String ending) {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.filter((file) -> file.toString().endsWith(ending)).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private void assertSettled() {
		assertThat(files(".next")).isEmpty();
		assertThat(files(".journal")).isEmpty();
	}

	private ModelRequest.Builder request(MisbehavingServer server) {
		return ModelRequest.builder("m").url(server.uri("/m.gguf")).expectedDigest(this.content.sha256());
	}

	@ParameterizedTest
	@ValueSource(strings = { "here", "elsewhere" })
	void recordsOfProcessThatWasKilledAfterTheMoveAreSettledAtTheNextLook(String host) {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			killAfterTheMove(server, host);
			try (CacheFixture next = new CacheFixture(this.directory)) {
				next.open(request(server).modelPath(this.directory.resolve("model.gguf")).build());
				assertThat(next.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
				assertThat(next.cache().status("m").state()).isEqualTo(ModelState.READY);
			}
			assertSettled();
			assertThat(files(".properties")).hasSize(1);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "here", "elsewhere" })
	void evictionOfModelWhoseProcessWasKilledAfterTheMoveLeavesNothing(String host) {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			killAfterTheMove(server, host, ChildCache.IN_CACHE);
			try (CacheFixture next = new CacheFixture(this.directory)) {
				next.open(request(server).build()).evict("m").block(PATIENCE);
			}
			assertSettled();
			assertThat(files("m.gguf")).isEmpty();
		}
	}

	@Test
	void cacheThatIsTooLargeEvictsModelWhoseProcessWasKilledAfterTheMove() {
		Content other = Content.random(2_000_000, 2);
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			server.serve("/other.gguf", other);
			killAfterTheMove(server, "elsewhere", ChildCache.IN_CACHE);
			try (CacheFixture next = new CacheFixture(this.directory)) {
				next.store(new StoreSettings(this.directory, DataSize.ofMegabytes(1),
						CacheOptions.Verification.FINGERPRINT)
					.withMaxSize(DataSize.ofMegabytes(3)));
				next.open(ModelRequest.builder("other")
					.url(server.uri("/other.gguf"))
					.expectedDigest(other.sha256())
					.build());
				next.get("other");
				Awaitility.await().atMost(PATIENCE).until(() -> files("m.gguf").isEmpty());
			}
			assertSettled();
			assertThat(files("other.gguf")).hasSize(1);
		}
	}

	@Test
	void recordOfFileThatNeverCameIsDeletedByTheCleanUp() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			killAfterTheMove(server, "elsewhere");
			Path target = this.directory.resolve("model.gguf");
			Files.delete(target);
			for (Path pending : files(".next")) {
				Files.setLastModifiedTime(pending, FileTime.from(Instant.now().minus(Duration.ofDays(8))));
			}
			try (CacheFixture next = new CacheFixture(this.directory)) {
				next.open(request(server).modelPath(this.directory.resolve("elsewhere/model.gguf")).build());
				next.get("m");
			}
			assertThat(files(".next")).isEmpty();
		}
	}

	private ForkedJvm child(MisbehavingServer server) {
		return ChildCache.start(server.uri("/m.gguf"), this.content.sha256(), this.directory);
	}

}
