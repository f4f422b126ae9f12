/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

	private static final Pattern STARTED = Pattern.compile("Open http://localhost:(\\d+) ");

	private static final DataSize PER_SECOND = DataSize.ofMegabytes(50);

	/** Has the model at an address that the build did not know. */
	private final ModelOrigin origin = ModelOrigin.start(PER_SECOND, PER_SECOND);

	private final List<Process> started = new ArrayList<>();

	@TempDir
	private Path directory;

	@AfterEach
	void stop() throws InterruptedException {
		for (Process process : this.started) {
			process.destroyForcibly().waitFor();
		}
		this.origin.close();
	}

	@Test
	void modelsOfTheBuildAndOfTheRunArriveAndThePageAnswers() throws IOException {
		Path model = this.directory.resolve("of-the-run.gguf");
		URI url = this.origin.uri(Server.FIRST).resolve("/models/commands.gguf");
		URI sample = start(url, model);
		assertThat(output()).contains("Starting AOT-processed SampleApplication");
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
			.until(() -> RunningSample.classify(sample, "rm -rf build/tmp").body().contains("\"label\":\"DELETE\""));
	}

	private URI start(URI url, Path model) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m", "-Dspring.aot.enabled=true",
				"-Dhooks.llm.url=" + url, "-Dhooks.llm.startup.mode=blocking"));
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), SampleApplication.class.getName()));
		command.addAll(RunningSample.arguments(this.directory, 0, "50MB"));
		command.removeIf((argument) -> argument.startsWith("--hooks.llm.model-path="));
		// The class path of the tests also has a servlet API.
		command.add("--spring.main.web-application-type=reactive");
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log().toFile());
		builder.environment().put("HOOKS_LLM_MODELPATH", model.toString());
		Process process = builder.start();
		this.started.add(process);
		Awaitility.await()
			.atMost(RunningSample.PATIENCE)
			.until(() -> STARTED.matcher(output()).find() || !process.isAlive());
		Matcher port = STARTED.matcher(output());
		assertThat(port.find()).as(output()).isTrue();
		return URI.create("http://127.0.0.1:" + port.group(1));
	}

	private Path log() {
		return this.directory.resolve("log");
	}

	private String output() throws IOException {
		return Files.readString(log());
	}

}
