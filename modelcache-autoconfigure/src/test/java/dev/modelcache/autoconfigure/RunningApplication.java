/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.testsupport.Content;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A whole application with the starter in it, on a free port.
 */
final class RunningApplication implements AutoCloseable {

	private static final HttpClient http = HttpClient.newBuilder().version(Version.HTTP_1_1).build();

	private final ConfigurableApplicationContext context;

	private RunningApplication(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * Returns the keys of a model on a server that speaks plain HTTP. Its content need
	 * not be one.
	 */
	static List<String> model(URI url, Content content, Path cache) {
		return List.of("hooks.llm.url=" + url, "hooks.llm.expected-checksum=" + content.sha256(),
				"hooks.llm.cache.directory=" + cache, "hooks.llm.cache.min-free-space=1MB",
				"hooks.llm.download.allow-insecure-http=true", "hooks.llm.verify-format=off",
				"hooks.llm.download.response-timeout=5m", "hooks.llm.download.stall-timeout=5m");
	}

	static RunningApplication start(WebApplicationType type, List<String> properties, Class<?>... configurations) {
		List<String> all = new ArrayList<>(properties);
		all.addAll(List.of("server.port=0", "spring.main.banner-mode=off", "spring.jmx.enabled=false",
				"management.endpoint.health.show-details=always", "spring.application.admin.enabled=false"));
		return new RunningApplication(new SpringApplicationBuilder(Application.class).sources(configurations)
			.web(type)
			.properties(all.toArray(String[]::new))
			.run());
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	ModelCache cache() {
		return this.context.getBean(ModelCache.class);
	}

	<T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	CachedModel model() {
		CachedModel model = cache().status("default").model();
		if (model == null) {
			throw new IllegalStateException("not ready: " + cache().status("default"));
		}
		return model;
	}

	List<ModelCacheEvent> events() {
		return this.context.getBean(Application.class).events;
	}

	Answer get(String path) {
		return send("GET", path, null);
	}

	/** Sends a request, perhaps with a JSON body. */
	Answer send(String method, String path, @Nullable String json) {
		try {
			String port = this.context.getBean(Environment.class).getProperty("local.server.port");
			HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
				.timeout(Duration.ofMinutes(3))
				.method(method, (json != null) ? BodyPublishers.ofString(json) : BodyPublishers.noBody());
			if (json != null) {
				request.header("Content-Type", "application/json");
			}
			HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
			return new Answer(response.statusCode(), JsonMapper.shared().readTree(response.body()));
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** Asks for the health of everything, and picks the component {@code modelCache}. */
	JsonNode health() {
		return get("/actuator/health").body().at("/components/modelCache");
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * An answer to a request.
	 *
	 * @param status the status code
	 * @param body the body
	 */
	record Answer(int status, JsonNode body) {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		private final List<ModelCacheEvent> events = new CopyOnWriteArrayList<>();

		@EventListener
		void hear(ModelCacheEvent event) {
			this.events.add(event);
		}

	}

}
