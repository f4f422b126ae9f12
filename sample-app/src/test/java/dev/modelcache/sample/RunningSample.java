/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.util.unit.DataSize;

/**
 * The sample as a newcomer starts it, with a cache of its own, on a free port.
 */
final class RunningSample implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final ConfigurableApplicationContext context;

	private RunningSample(ConfigurableApplicationContext context) {
		this.context = context;
	}

	static RunningSample start(Path directory, String... arguments) {
		String[] all = Stream.concat(Stream.of(arguments), arguments(directory, "50MB").stream())
			.toArray(String[]::new);
		return new RunningSample(new SpringApplicationBuilder(SampleApplication.class).web(WebApplicationType.REACTIVE)
			.initializers(new OriginInitializer())
			.run(all));
	}

	static List<String> arguments(Path directory, String largePerSecond) {
		return List.of("--server.port=0", "--sample.origin.bytes-per-second=50MB",
				"--sample.origin.large-bytes-per-second=" + largePerSecond,
				"--hooks.llm.cache.directory=" + directory.resolve("cache"),
				"--hooks.llm.model-path=" + directory.resolve("commands.gguf"),
				"--hooks.llm.models.large.model-path=" + directory.resolve("large.gguf"));
	}

	URI uri() {
		return URI.create("http://127.0.0.1:" + this.context.getEnvironment().getProperty("local.server.port"));
	}

	void changePace(DataSize perSecond) {
		this.context.getBean(ModelOrigin.class).changePace(perSecond);
	}

	String play(String fault) {
		return post(uri(), "/faults/" + fault, "{}");
	}

	void awaitState(String id, String state) {
		awaitState(uri(), id, state);
	}

	<T> @Nullable T read(String id, String path) {
		return read(uri(), id, path);
	}

	static void awaitState(URI application, String id, String state) {
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptions()
			.until(() -> state.equals(read(application, id, "$.state")));
	}

	static <T> @Nullable T read(URI application, String id, String path) {
		return JsonPath.read(get(application, "/actuator/modelcache/" + id).body(), path);
	}

	static <T> @Nullable T health(URI application, String path) {
		return JsonPath.read(get(application, "/actuator/health").body(), path);
	}

	static HttpResponse<String> get(URI application, String path) {
		return send(HttpRequest.newBuilder(application.resolve(path)));
	}

	static String post(URI application, String path, String json) {
		return send(HttpRequest.newBuilder(application.resolve(path))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(json))).body();
	}

	HttpResponse<String> classify(String text) {
		return classify(uri(), text);
	}

	static HttpResponse<String> classify(URI application, String text) {
		return send(HttpRequest.newBuilder(application.resolve("/classify"))
			.header("Content-Type", "text/plain")
			.POST(BodyPublishers.ofString(text)));
	}

	private static HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return http.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		this.context.close();
	}

}
