/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelState;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import org.springframework.util.FileSystemUtils;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of applications that do not ask for downloads. Whatever is requested from another
 * host would have to pass a proxy that counts connections.
 */
class NoDownloadsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	private static final ServerSocketChannel PROXY = open();

	private static ServerSocketChannel open() {
		try {
			return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 100);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Counts the connections since the last time. */
	private static int connections() throws IOException {
		PROXY.configureBlocking(false);
		try {
			int count = 0;
			for (SocketChannel next = PROXY.accept(); next != null; next = PROXY.accept()) {
				next.close();
				count++;
			}
			return count;
		}
		finally {
			PROXY.configureBlocking(true);
		}
	}

	@Nested
	@TestPropertySource(properties = "hooks.llm.startup.mode=blocking")
	class BlockingStartTests extends RefusedDownloads {

	}

	@Nested
	@TestPropertySource(properties = { "hooks.llm.startup.mode=background", "hooks.llm.refresh-interval=1s" })
	class BackgroundStartTests extends RefusedDownloads {

	}

	@Nested
	@TestPropertySource(properties = { "hooks.llm.startup.mode=prefetch", "hooks.llm.startup.jitter=1d" })
	class PrefetchTests extends RefusedDownloads {

	}

	@Nested
	@TestPropertySource(properties = "hooks.llm.startup.check=true")
	class CheckTests extends RefusedDownloads {

	}

	/** The files of the machine, in the place of which a test has its own. */
	@Nested
	@SpringBootTest(classes = Application.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
					"hooks.llm.model-type=a model that no catalog knows",
					"hooks.llm.models.fallback.url=https://models.example.com/m.gguf",
					"hooks.llm.models.fallback.fallbacks[0].url=https://models.example.com/small.gguf",
					"hooks.llm.cache.read-only-roots=/opt/modelcache-of-tests" })
	@ExtendWith(OutputCaptureExtension.class)
	class FilesOfTheMachineTests {

		private static final Path MACHINE = machine();

		@Autowired
		private ModelCache cache;

		private static Path machine() {
			try {
				return Files.createTempDirectory("modelcache-machine");
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@DynamicPropertySource
		static void paths(DynamicPropertyRegistry registry) throws IOException {
			byte[] model = TinyModels.gguf();
			Files.write(MACHINE.resolve("m.gguf"), model);
			Files.write(MACHINE.resolve("small.gguf"), model);
			registry.add("hooks.llm.model-path", () -> MACHINE.resolve("m.gguf").toString());
			registry.add("hooks.llm.models.fallback.fallbacks[0].model-path",
					() -> MACHINE.resolve("small.gguf").toString());
		}

		@AfterAll
		static void delete() throws IOException {
			FileSystemUtils.deleteRecursively(MACHINE);
		}

		@ParameterizedTest
		@ValueSource(strings = { "default", "fallback" })
		void modelIsNotServedFromThem(String id) {
			assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> this.cache.get(id).block(PATIENCE));
			assertThat(MACHINE.resolve("m.gguf")).exists();
		}

		/** A directory that is configured and does not exist is warned about. */
		@Test
		void rootsAreNotUsed(CapturedOutput output) {
			assertThat(this.cache.status("default").state()).isEqualTo(ModelState.ABSENT);
			assertThat(output).isNotEmpty().doesNotContain("/opt/modelcache-of-tests does not exist");
		}

	}

	@Nested
	@TestPropertySource(properties = { "modelcache.test.allow-downloads=true", "hooks.llm.startup.mode=none" })
	class AllowedDownloadsTests extends ThreeModels {

		@Test
		void modelIsRequested() throws IOException {
			connections();
			Disposable download = this.cache.get("default").subscribe((model) -> {
			}, (failure) -> {
			});
			try (SocketChannel proxied = PROXY.accept()) {
				assertThat(proxied.isConnected()).isTrue();
			}
			finally {
				download.dispose();
			}
		}

	}

	@SpringBootTest(classes = Application.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
					"hooks.llm.url=https://models.example.com/m.gguf",
					"hooks.llm.models.hub.url=https://huggingface.co/org/repo/resolve/main/m.gguf",
					"hooks.llm.models.third.url=https://192.0.2.1/m.gguf",
					"hooks.llm.models.optional.url=catalog://tinyllama", "hooks.llm.models.optional.required=false" })
	abstract static class ThreeModels {

		@Autowired
		ModelCache cache;

		@DynamicPropertySource
		static void proxy(DynamicPropertyRegistry registry) throws IOException {
			int port = ((InetSocketAddress) PROXY.getLocalAddress()).getPort();
			registry.add("hooks.llm.download.proxy.host", () -> "127.0.0.1");
			registry.add("hooks.llm.download.proxy.port", () -> port);
		}

	}

	abstract static class RefusedDownloads extends ThreeModels {

		@Autowired
		private HealthEndpoint health;

		@Test
		void nothingIsRequestedAndGetSaysHowToAskForIt() throws IOException {
			assertThat(this.health.healthForPath("modelCache").getStatus()).isEqualTo(Status.UP);
			for (String id : new String[] { "default", "hub", "third", "optional" }) {
				assertThat(this.cache.status(id).state()).isEqualTo(ModelState.ABSENT);
				assertThatExceptionOfType(ModelOfflineException.class)
					.isThrownBy(() -> this.cache.get(id).block(PATIENCE))
					.withMessageContaining("is not downloaded in tests")
					.withMessageContaining("@AutoConfigureModelCache")
					.withMessageContaining("modelcache.test.allow-downloads=true");
			}
			assertThat(connections()).isZero();
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
