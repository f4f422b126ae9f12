/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.neighbours;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

import dev.modelcache.ModelCache;
import dev.modelcache.autoconfigure.ModelCacheAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.boot.webmvc.test.autoconfigure.WebMvcTest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestContextManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Slices of an application with the starter and a model, without
 * {@code modelcache-starter-test}.
 */
class WebSlicesTests {

	@TempDir
	private static Path directory;

	private static int port;

	@Test
	void slicesOpenNoConnectionAndStartNoThread() throws Exception {
		try (ServerSocketChannel origin = ServerSocketChannel.open()
			.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0))) {
			port = ((InetSocketAddress) origin.getLocalAddress()).getPort();
			for (Class<?> slice : new Class<?>[] { Mvc.class, Flux.class }) {
				try (ConfigurableApplicationContext context = context(slice)) {
					assertThat(context.getEnvironment().getProperty("hooks.llm.url")).endsWith("/m.gguf");
					assertThat(context.getBeanNamesForType(ModelCache.class)).isEmpty();
					assertThat(threads()).isEmpty();
				}
			}
			origin.configureBlocking(false);
			assertThat(origin.accept()).isNull();
			origin.configureBlocking(true);
			// What the slice would do if the cache were a part of it.
			try (ConfigurableApplicationContext context = context(MvcWithTheCache.class);
					SocketChannel connection = origin.accept()) {
				assertThat(connection.isConnected()).isTrue();
				assertThat(threads()).isNotEmpty();
			}
		}
	}

	private static ConfigurableApplicationContext context(Class<?> slice) {
		return (ConfigurableApplicationContext) new TestContextManager(slice).getTestContext().getApplicationContext();
	}

	private static String[] threads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.map(Thread::getName)
			.filter((name) -> name.startsWith("modelcache"))
			.toArray(String[]::new);
	}

	@WebMvcTest
	static class Mvc extends Models {

	}

	@WebFluxTest
	static class Flux extends Models {

	}

	@WebMvcTest
	@ImportAutoConfiguration(ModelCacheAutoConfiguration.class)
	static class MvcWithTheCache extends Models {

	}

	abstract static class Models {

		@DynamicPropertySource
		static void model(DynamicPropertyRegistry registry) {
			registry.add("hooks.llm.url", () -> "http://127.0.0.1:" + port + "/m.gguf");
			registry.add("hooks.llm.download.allow-insecure-http", () -> true);
			registry.add("hooks.llm.cache.directory", directory::toString);
			registry.add("hooks.llm.cache.min-free-space", () -> "1MB");
		}

		@SpringBootConfiguration
		@EnableAutoConfiguration
		static class Application {

		}

	}

}
