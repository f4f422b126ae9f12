/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import com.jayway.jsonpath.JsonPath;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The sample as a newcomer starts it, at a higher speed.
 */
@ExtendWith(OutputCaptureExtension.class)
class SampleApplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();

	@TempDir
	private Path directory;

	private ConfigurableApplicationContext start(String perSecond) {
		return new SpringApplicationBuilder(SampleApplication.class).initializers(new OriginInitializer())
			.run("--server.port=0", "--sample.origin.bytes-per-second=" + perSecond,
					"--sample.origin.large-bytes-per-second=20MB",
					"--hooks.llm.models.large.model-path=" + this.directory.resolve("large.gguf"),
					"--hooks.llm.cache.directory=" + this.directory.resolve("cache"),
					"--hooks.llm.model-path=" + model());
	}

	private Path model() {
		return this.directory.resolve("commands.gguf");
	}

	private HttpResponse<String> get(ConfigurableApplicationContext context, String path) {
		URI uri = URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port") + path);
		try {
			return this.http.send(HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.ofString());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void awaitReady(ConfigurableApplicationContext context) {
		Awaitility.await().atMost(PATIENCE).until(() -> get(context, "/actuator/health").statusCode() == 200);
	}

	private double accuracyOnCommandsNeverSeen(ConfigurableApplicationContext context) throws IOException {
		List<String[]> commands = Files.readAllLines(Path.of("src/test/resources/commands-heldout.tsv"))
			.stream()
			.filter((line) -> !line.startsWith("#") && line.contains("\t"))
			.map((line) -> line.split("\t"))
			.toList();
		assertThat(commands).hasSizeGreaterThanOrEqualTo(200);
		long right = commands.stream()
			.filter((command) -> classify(context, command[0]).body().contains("\"label\":\"" + command[1] + "\""))
			.count();
		return (double) right / commands.size();
	}

	private Map<String, Number> scores(ConfigurableApplicationContext context, String command) {
		return JsonPath.read(post(context, "/classify/scores", command).body(), "$");
	}

	private HttpResponse<String> classify(ConfigurableApplicationContext context, String command) {
		return post(context, "/classify", command);
	}

	private HttpResponse<String> post(ConfigurableApplicationContext context, String path, String command) {
		URI uri = URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port") + path);
		try {
			return this.http.send(HttpRequest.newBuilder(uri)
				.timeout(PATIENCE)
				.header("Content-Type", "text/plain")
				.POST(BodyPublishers.ofString(command))
				.build(), BodyHandlers.ofString());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void modelArrivesInSpiteOfABrokenConnectionAndIsCachedAtTheNextStart(CapturedOutput output) throws Exception {
		try (ConfigurableApplicationContext context = start("5KB")) {
			HttpResponse<String> first = get(context, "/actuator/health");
			assertThat(first.statusCode()).isEqualTo(503);
			assertThat(first.body()).contains("\"modelCache\"").contains("\"status\":\"OUT_OF_SERVICE\"");
			assertThat(get(context, "/model").statusCode()).isEqualTo(503);
			context.getBean(ModelOrigin.class).changePaceOfCommands(DataSize.ofMegabytes(50));
			awaitReady(context);
			assertThat(get(context, "/model").body()).contains("\"outcome\":\"DOWNLOADED\"")
				.contains("\"verified\":true");
			assertThat(get(context, "/").body()).contains("<html");
			assertThat(get(context, "/actuator/health").body()).contains("\"architecture\":\"llama\"")
				.contains("\"vocabularySize\":264");
			assertThat(output).contains("broke the connection").contains("Model 'default' is ready");
			Awaitility.await().atMost(PATIENCE).until(() -> classify(context, "ls").statusCode() == 200);
			assertThat(scores(context, "rm -rf build/tmp")).containsOnlyKeys("READ", "CREATE", "UPDATE", "DELETE")
				.satisfies((scores) -> {
					assertThat(scores.values().stream().mapToDouble(Number::doubleValue).sum()).isCloseTo(1,
							within(1e-9));
					assertThat(scores.get("DELETE").doubleValue()).isGreaterThan(0.5);
				});
			assertThat(accuracyOnCommandsNeverSeen(context)).isGreaterThanOrEqualTo(0.95);
		}
		FileTime published = Files.getLastModifiedTime(model());
		try (ConfigurableApplicationContext context = start("200KB")) {
			awaitReady(context);
			assertThat(get(context, "/model").body()).contains("\"outcome\":\"CACHED\"");
			assertThat(Files.getLastModifiedTime(model())).isEqualTo(published);
		}
	}

	@Test
	void theProfileOfTheRealModelHasItAloneAndItsFallback() {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(SampleApplication.class)
			.initializers(new OriginInitializer())
			.run("--server.port=0", "--spring.profiles.active=tinyllama", "--hooks.llm.startup.mode=none",
					"--hooks.llm.cache.directory=" + this.directory.resolve("cache"))) {
			assertThat(get(context, "/actuator/health").statusCode()).isEqualTo(200);
			assertThat(JsonPath.<Map<String, Object>>read(get(context, "/actuator/modelcache").body(), "$.models"))
				.containsOnlyKeys("default");
			String model = get(context, "/actuator/modelcache/default").body();
			assertThat(JsonPath.<String>read(model, "$.state")).isEqualTo("ABSENT");
			assertThat(JsonPath.<Integer>read(model, "$.configuration.fallbacks")).isEqualTo(1);
		}
	}

}
