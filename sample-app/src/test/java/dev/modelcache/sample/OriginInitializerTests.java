/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;

import org.junit.jupiter.api.Test;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.mock.env.MockEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

class OriginInitializerTests {

	private final MockEnvironment environment = new MockEnvironment();

	private final GenericApplicationContext context = new GenericApplicationContext();

	@Test
	void originRunsAsLongAsTheContext() throws IOException {
		this.environment.setProperty(OriginInitializer.ENABLED, "true");
		initialize();
		URI url = URI.create(this.environment.getRequiredProperty(OriginInitializer.URL) + "/models/commands.gguf");
		assertThat(firstByte(url)).isEqualTo('G');
		this.context.close();
		// Others may have the port by now.
		assertThatIOException().isThrownBy(() -> firstByte(url));
	}

	private static int firstByte(URI url) throws IOException {
		URLConnection connection = url.toURL().openConnection();
		connection.setReadTimeout(30_000);
		try (InputStream body = connection.getInputStream()) {
			return body.read();
		}
	}

	@Test
	void noOriginUnlessItIsEnabled() {
		initialize();
		assertThat(this.environment.containsProperty(OriginInitializer.URL)).isFalse();
		this.context.close();
	}

	@Test
	void noOriginWhereTheConfigurationNamesOne() {
		this.environment.setProperty(OriginInitializer.ENABLED, "true");
		this.environment.setProperty(OriginInitializer.URL, "http://localhost:9");
		initialize();
		assertThat(this.environment.getProperty(OriginInitializer.URL)).isEqualTo("http://localhost:9");
		assertThat(this.context.getBeanFactory().containsSingleton("modelOrigin")).isFalse();
		this.context.close();
	}

	@Test
	void noOriginWhileTheApplicationIsProcessedAheadOfTime() {
		this.environment.setProperty(OriginInitializer.ENABLED, "true");
		System.setProperty(AbstractAotProcessor.AOT_PROCESSING, "true");
		try {
			initialize();
		}
		finally {
			System.clearProperty(AbstractAotProcessor.AOT_PROCESSING);
		}
		assertThat(this.environment.containsProperty(OriginInitializer.URL)).isFalse();
		assertThat(this.context.getBeanFactory().containsSingleton("modelOrigin")).isFalse();
		this.context.close();
	}

	private void initialize() {
		this.context.setEnvironment(this.environment);
		new OriginInitializer().initialize(this.context);
		this.context.refresh();
	}

}
