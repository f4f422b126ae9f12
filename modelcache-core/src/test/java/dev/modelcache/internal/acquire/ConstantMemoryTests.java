/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A body that is much larger than the memory of the process that fetches it; one of 2 GiB
 * with {@code -Dmemory.megabytes=2048}.
 */
class ConstantMemoryTests {

	private static final long SIZE = DataSize.ofMegabytes(Integer.getInteger("memory.megabytes", 512)).toBytes();

	@TempDir
	private Path directory;

	@Test
	void fileIsFetchedAndVerifiedWithin64MegabytesOfMemory() throws Exception {
		Content content = Content.random(SIZE, 1);
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", content);
				ForkedJvm child = ChildCache.start(server.uri("/m.gguf"), content.sha256(), this.directory, "-Xmx64m",
						"-XX:TieredStopAtLevel=4", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError")) {
			assertThat(child.awaitLine(ChildCache.ENDED, Duration.ofMinutes(5))).isEqualTo("ended DOWNLOADED");
			assertThat(child.awaitExit(Duration.ofMinutes(3))).isZero();
		}
		assertThat(Files.size(this.directory.resolve("model.gguf"))).isEqualTo(SIZE);
	}

}
