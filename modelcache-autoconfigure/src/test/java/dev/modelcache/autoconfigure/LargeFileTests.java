/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.autoconfigure.RunningApplication.Answer;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import reactor.core.Disposable;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A web application that reads a file to know whether it is the model. Reading it to its
 * end takes many times as long as these tests wait for anything.
 */
class LargeFileTests {

	private static final Duration PATIENCE = Duration.ofMinutes(2);

	private static final long SIZE = 400L << 30;

	private static final String MODEL = "/actuator/modelcache/default";

	@TempDir
	private Path directory;

	private final Content content = Content.random(1000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private RunningApplication application;

	@BeforeEach
	void start() throws IOException {
		Path model = this.directory.resolve("large.gguf");
		try (RandomAccessFile file = new RandomAccessFile(model.toFile(), "rw")) {
			file.setLength(SIZE);
		}
		List<String> properties = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory.resolve("cache")));
		properties.add("hooks.llm.model-path=" + model);
		properties.add("management.endpoints.web.exposure.include=health,modelcache");
		properties.add("management.endpoint.modelcache.access=unrestricted");
		this.application = RunningApplication.start(WebApplicationType.REACTIVE, properties);
	}

	@AfterEach
	void stop() {
		this.application.close();
		this.server.close();
	}

	private JsonNode health() {
		return this.application.health().at("/details/models/default");
	}

	private void awaitState(String state) {
		Awaitility.await().atMost(PATIENCE).until(() -> health().at("/state").asString().equals(state));
	}

	private void awaitReading() {
		awaitState("VERIFYING");
		Awaitility.await().atMost(PATIENCE).until(() -> health().at("/progress/bytes").asLong() > 0);
	}

	private Answer ask(String action) {
		return this.application.send("POST", MODEL, "{\"action\":\"" + action + "\"}");
	}

	@Test
	void healthShowsWhatIsCheckedAndHowFar() {
		awaitReading();
		assertThat(health().at("/progress/totalBytes").asLong()).isEqualTo(SIZE);
		assertThat(this.application.health().at("/status").asString()).isEqualTo("OUT_OF_SERVICE");
	}

	@Test
	void cancelEnsureAndDeleteAreAnsweredWhileTheFileIsRead() {
		awaitState("VERIFYING");
		assertThat(ask("cancel").status()).isEqualTo(202);
		assertThat(health().at("/state").asString()).isEqualTo("CANCELLED");
		assertThat(ask("ensure").status()).isEqualTo(202);
		awaitReading();
		// It is the user's file, which stays.
		assertThat(this.application.send("DELETE", MODEL, null).body().toString()).contains("large.gguf");
		assertThat(health().at("/state").asString()).isNotEqualTo("VERIFYING");
	}

	@Test
	void callersThatLeaveMakeOneHashAndEndIt() {
		awaitState("VERIFYING");
		assertThat(ask("cancel").status()).isEqualTo(202);
		awaitState("CANCELLED");
		Awaitility.await().atMost(PATIENCE).until(() -> readers().isEmpty());
		List<Disposable> callers = Stream.generate(() -> this.application.cache().get("default"))
			.limit(12)
			.map((model) -> model.map(CachedModel::path).onErrorComplete().subscribe())
			.toList();
		awaitReading();
		assertThat(readers()).hasSize(1);
		callers.stream().skip(1).forEach(Disposable::dispose);
		assertThat(health().at("/state").asString()).isEqualTo("VERIFYING");
		callers.get(0).dispose();
		Awaitility.await().atMost(PATIENCE).until(() -> readers().isEmpty());
	}

	/** Returns the threads that read a file for its digest. */
	private static List<Thread> readers() {
		return Thread.getAllStackTraces()
			.entrySet()
			.stream()
			.filter((thread) -> Stream.of(thread.getValue())
				.anyMatch((frame) -> frame.getClassName().endsWith(".FileDigest")))
			.map(Map.Entry::getKey)
			.toList();
	}

}
