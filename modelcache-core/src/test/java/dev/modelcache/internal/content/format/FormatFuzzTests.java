/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import com.code_intelligence.jazzer.Jazzer;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two seconds of fuzzing, or those of {@code -Dfuzz.seconds}, in a JVM of its own. What
 * the fuzzer finds is printed in the failure, in Base64.
 */
class FormatFuzzTests {

	private static final String FUZZED = "dev.modelcache.internal.content.format.**";

	@TempDir
	private Path directory;

	@Test
	void noFileTakesMuchMemoryHangsOrThrowsAnythingElse() throws Exception {
		Path seeds = seeds();
		// The heap is what bounds the memory: a JVM with an agent may have more resident
		// than libFuzzer's own limit, whatever it fuzzes.
		try (ForkedJvm fuzzer = ForkedJvm.start(Jazzer.class,
				List.of("-Xmx512m", "-XX:TieredStopAtLevel=4", "-XX:+EnableDynamicAgentLoading",
						"-Djava.io.tmpdir=" + this.directory),
				"--target_class=" + FormatFuzz.class.getName(), "--instrumentation_includes=" + FUZZED,
				"--custom_hook_includes=" + FUZZED, "--reproducer_path=" + this.directory,
				"-artifact_prefix=" + this.directory + "/", "-seed=1", "-max_len=2048", "-timeout=20",
				"-max_total_time=" + Integer.getInteger("fuzz.seconds", 2), "-rss_limit_mb=0", seeds)) {
			int exit = fuzzer.awaitExit(Duration.ofMinutes(5));
			assertThat(fuzzer.output()).contains("Instrumented " + GgufHeader.class.getName())
				.containsPattern("Done \\d+ runs");
			assertThat(exit).as(fuzzer.output()).isZero();
		}
	}

	private Path seeds() throws IOException {
		Path seeds = Files.createDirectory(this.directory.resolve("seeds"));
		Files.write(seeds.resolve("gguf"), GgufFile.tiny().bytes());
		Files.write(seeds.resolve("safetensors"), ModelFiles.safetensors());
		Files.write(seeds.resolve("onnx"), ModelFiles.onnx());
		Files.write(seeds.resolve("zip"), ModelFiles.zip("a", "b"));
		Files.write(seeds.resolve("pickle"), ModelFiles.PICKLE);
		Files.writeString(seeds.resolve("old pickle"), "(lp0\nI1\na0cos\nsystem\n(S'id'\ntR.");
		Files.write(seeds.resolve("zip behind bytes"), ModelFiles.joined(new byte[9], ModelFiles.zip("a", "b")));
		Files.writeString(seeds.resolve("pointer"), ModelFiles.LFS_POINTER, StandardCharsets.UTF_8);
		return seeds;
	}

}
