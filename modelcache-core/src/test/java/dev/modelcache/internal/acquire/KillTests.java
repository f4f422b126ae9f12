/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import dev.modelcache.ModelOutcome;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that are killed at random moments; more of them with {@code -Dkills=24}.
 */
class KillTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int KILLS = Integer.getInteger("kills", 8);

	/** About what a download takes, from its begin to its end. */
	private static final Duration SPREAD = Duration.ofMillis(900);

	@TempDir
	private Path directory;

	private final Content content = Content.random(4_000_000, 1);

	@Test
	void targetIsAbsentOrWholeWheneverTheProcessIsKilled() throws Exception {
		Path target = this.directory.resolve("model.gguf");
		Random random = new Random(4711);
		int whole = 0;
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			server.always("/m.gguf", Reply.ok().throttled(8_000_000));
			for (int kill = 0; kill < KILLS; kill++) {
				try (ForkedJvm child = child(server)) {
					child.awaitLine(ChildCache.BEGINS, PATIENCE);
					// A moment, not a wait for something.
					LockSupport.parkNanos((long) (random.nextDouble() * SPREAD.toNanos()));
					child.kill();
				}
				if (Files.exists(target)) {
					whole++;
					assertThat(target).hasBinaryContent(this.content.bytes());
					Files.delete(target);
				}
			}
			try (ForkedJvm child = child(server)) {
				child.awaitLine(ChildCache.ENDED, PATIENCE);
			}
		}
		assertThat(whole).as("kills after the file was published").isLessThan(KILLS);
		assertThat(target).hasBinaryContent(this.content.bytes());
		assertThat(stagedFiles()).isEmpty();
	}

	@Test
	void processThatIsKilledAsItsFileAppearsLeavesNothingButTheFile() throws Exception {
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content)) {
			for (int kill = 0; kill < 3; kill++) {
				Path directory = Files.createDirectories(this.directory.resolve("kill-" + kill));
				Path target = directory.resolve("model.gguf");
				try (ForkedJvm child = ChildCache.start(server.uri("/m.gguf"), this.content.sha256(), directory)) {
					child.awaitLine(ChildCache.BEGINS, PATIENCE);
					while (!Files.exists(target)) {
						assertThat(child.handle().isAlive()).isTrue();
					}
					child.kill();
				}
				try (ForkedJvm next = ChildCache.start(server.uri("/m.gguf"), this.content.sha256(), directory)) {
					next.awaitLine(ChildCache.ENDED + ModelOutcome.CACHED, PATIENCE);
				}
				try (Stream<Path> files = Files.walk(directory)) {
					assertThat(files).noneMatch((file) -> file.toString().matches(".*\\.(part|journal|next)"));
				}
			}
		}
	}

	private ForkedJvm child(MisbehavingServer server) {
		return ChildCache.start(server.uri("/m.gguf"), this.content.sha256(), this.directory);
	}

	private List<Path> stagedFiles() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.filter((file) -> file.toString().endsWith(".part")).toList();
		}
	}

}
