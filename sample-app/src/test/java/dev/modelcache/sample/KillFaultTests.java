/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.modelcache.sample.ModelOrigin.Server;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The fault that ends the process, which an application of a test would not survive.
 */
class KillFaultTests {

	private static final String LARGE = "large";

	private static final DataSize FAST = DataSize.ofMegabytes(50);

	@TempDir
	private Path directory;

	/** Both processes fetch the file from the servers of this one. */
	@Test
	void downloadContinuesAfterTheProcessWasKilled() throws Exception {
		try (ModelOrigin origin = ModelOrigin.start(FAST, FAST)) {
			List<String> arguments = new ArrayList<>(List.of("--hooks.llm.classifier.enabled=false"));
			Map.of("url", Server.FIRST, "mirrors", Server.MIRROR, "fallback-url", Server.FALLBACK)
				.forEach((key, server) -> arguments
					.add("--hooks.llm.models.large." + key + "=" + origin.uri(server).resolve("/models/large.gguf")));
			List<String> all = new ArrayList<>(RunningSample.arguments(this.directory, "50MB"));
			all.addAll(arguments);
			try (ForkedSample killed = ForkedSample.start(this.directory, List.of(), Map.of(), all)) {
				RunningSample.awaitState(killed.uri(), LARGE, "READY");
				// The process is killed after a status that shows half of the file: two
				// servers need 20 seconds for the other half.
				origin.changePace(DataSize.ofKilobytes(150));
				RunningSample.post(killed.uri(), "/faults/kill", "{}");
				assertThat(killed.awaitExit()).isEqualTo(137);
			}
			assertThat(this.directory.resolve("large.gguf")).doesNotExist();
			origin.changePace(FAST);
			try (RunningSample next = RunningSample.start(this.directory, arguments.toArray(String[]::new))) {
				next.awaitState(LARGE, "READY");
				List<Number> bytes = RunningSample.read(next.uri(), LARGE, "$.attempts[*].bytes");
				assertThat(bytes.stream().mapToLong(Number::longValue).sum()).isPositive()
					.isLessThan(Files.size(this.directory.resolve("large.gguf")));
			}
		}
	}

}
