/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.TinyLlama;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications with a model of llama.cpp end as others do, although the library leaves
 * threads that a JVM waits for.
 */
class LlamaApplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private ForkedJvm start(String end) {
		Path model = TinyLlama.write(this.directory.resolve("m.gguf"), TinyLlama.answering("CREATE"));
		return ForkedJvm.start(LlamaApplication.class, List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
				model.toUri(), this.directory.resolve("cache"), end);
	}

	private int exitCode(String end) {
		try (ForkedJvm application = start(end)) {
			application.awaitLine(LlamaApplication.LABEL + "CREATE", PATIENCE);
			return application.awaitExit(PATIENCE);
		}
	}

	@Test
	void itEndsWhenMainReturns() {
		assertThat(exitCode("return")).isZero();
	}

	@Test
	void itEndsWhenItsContextIsClosed() {
		assertThat(exitCode("close")).isZero();
	}

	@Test
	void itEndsWithAnExitCodeWhenItFails() {
		assertThat(exitCode("fail")).isEqualTo(1);
	}

	@Test
	void itEndsWithASignal() {
		try (ForkedJvm application = start("stay")) {
			application.awaitLine(LlamaApplication.LABEL + "CREATE", PATIENCE);
			application.handle().destroy();
			// 128 and the number of SIGTERM.
			assertThat(application.awaitExit(PATIENCE)).isEqualTo(143);
		}
	}

}
