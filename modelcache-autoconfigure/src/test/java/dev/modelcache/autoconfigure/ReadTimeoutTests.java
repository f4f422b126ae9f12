/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.reactive.ClientHttpConnector;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application's time-out for its own requests, which does not apply to downloads.
 */
class ReadTimeoutTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final List<HttpClientSettings> settings = new CopyOnWriteArrayList<>();

	@TempDir
	private Path directory;

	@Test
	void readTimeoutOfTheApplicationsHttpClientsDoesNotApply() {
		settings.clear();
		Content content = Content.random(10_000, 1);
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", content)) {
			List<String> properties = new ArrayList<>(
					RunningApplication.model(server.uri("/m.gguf"), content, this.directory));
			properties.addAll(List.of("hooks.llm.startup.mode=none", "spring.http.clients.read-timeout=2s",
					"spring.http.clients.connect-timeout=3s"));
			try (RunningApplication application = RunningApplication.start(WebApplicationType.NONE, properties,
					OwnConnector.class)) {
				application.cache().get("default").block(PATIENCE);
			}
		}
		assertThat(settings).isNotEmpty().allSatisfy((used) -> {
			assertThat(used.readTimeout()).isNull();
			assertThat(used.connectTimeout()).hasSeconds(10);
		});
	}

	@Configuration(proxyBeanMethods = false)
	static class OwnConnector {

		@Bean
		ClientHttpConnectorBuilder<ClientHttpConnector> connectorBuilder() {
			return (used) -> {
				settings.add(used);
				return ClientHttpConnectorBuilder.reactor().build(used);
			};
		}

	}

}
