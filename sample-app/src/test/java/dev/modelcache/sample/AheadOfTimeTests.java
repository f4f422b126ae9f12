/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import dev.modelcache.sample.ModelOrigin.Server;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The sample as the build has processed it ahead of time, in a JVM of its own.
 */
class AheadOfTimeTests {

	private static final DataSize PER_SECOND = DataSize.ofMegabytes(50);

	/** Has the model at an address that the build did not know. */
	private final ModelOrigin origin = ModelOrigin.start(PER_SECOND, PER_SECOND);

	@TempDir
	private Path directory;

	@AfterEach
	void stop() {
		this.origin.close();
	}

	@Test
	void modelsOfTheBuildAndOfTheRunArriveAndThePageAnswers() throws Exception {
		Path model = this.directory.resolve("of-the-run.gguf");
		URI url = this.origin.uri(Server.FIRST).resolve("/models/commands.gguf");
		try (ForkedSample application = start(url, model)) {
			URI sample = application.uri();
			assertThat(application.output()).contains("Starting AOT-processed SampleApplication");
			RunningSample.awaitState(sample, "default", "READY");
			RunningSample.awaitState(sample, "large", "READY");
			assertThat(RunningSample.<String>read(sample, "default", "$.outcome")).isEqualTo("DOWNLOADED");
			assertThat(RunningSample.<String>read(sample, "default", "$.source")).isEqualTo(url.toString());
			assertThat(model).exists();
			assertThat(RunningSample.<String>read(sample, "large", "$.outcome")).isEqualTo("DOWNLOADED");
			assertThat(RunningSample.<String>health(sample, "$.status")).isEqualTo("UP");
			assertThat(RunningSample.get(sample, "/").body()).contains("<html");
			assertThat(RunningSample.get(sample, "/model").statusCode()).isEqualTo(200);
			assertThat(RunningSample.get(sample, "/faults").body()).contains("\"id\":\"mirror\"");
			Awaitility.await()
				.atMost(RunningSample.PATIENCE)
				.until(() -> RunningSample.classify(sample, "rm -rf build/tmp")
					.body()
					.contains("\"label\":\"DELETE\""));
		}
	}

	private ForkedSample start(URI url, Path model) throws IOException {
		List<String> arguments = new ArrayList<>(RunningSample.arguments(this.directory, "50MB"));
		arguments.removeIf((argument) -> argument.startsWith("--hooks.llm.model-path="));
		return ForkedSample.start(this.directory,
				List.of("-Dspring.aot.enabled=true", "-Dhooks.llm.url=" + url, "-Dhooks.llm.startup.mode=blocking"),
				Map.of("HOOKS_LLM_MODELPATH", model.toString()), arguments);
	}

}
