/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.actuate.ModelCacheHealthIndicator;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.GgufFile;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that have the starter and no model.
 */
class UnconfiguredApplicationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	/** A class that the cache needs and nothing else loads. */
	private static final String ENGINE = "dev.modelcache.internal.store.StoreSettings";

	@TempDir
	private Path directory;

	private List<String> has(String... properties) throws IOException {
		Path log = this.directory.resolve("classes");
		Object[] arguments = Stream.concat(Stream.of(properties),
				Stream.of("server.port=0", "server.address=127.0.0.1", "spring.main.banner-mode=off",
						"spring.jmx.enabled=false", "management.endpoints.web.exposure.include=*",
						"logging.level.root=warn"))
			.map("--"::concat)
			.toArray();
		List<String> options = new ArrayList<>(List.of("-XX:TieredStopAtLevel=1", "-Xlog:class+load:file=" + log));
		if (Runtime.version().feature() >= 22) {
			// Else the JDK warns of Netty's native library.
			options.add("--enable-native-access=ALL-UNNAMED");
		}
		try (ForkedJvm application = ForkedJvm.start(UnconfiguredApplication.class, options, arguments)) {
			application.awaitLine(UnconfiguredApplication.END, PATIENCE);
			List<String> classes = Files.readAllLines(log)
				.stream()
				.filter((line) -> line.contains(" " + ENGINE + " "))
				.map((line) -> ENGINE)
				.toList();
			List<String> printed = application.output()
				.lines()
				.filter((line) -> !line.equals(UnconfiguredApplication.END))
				.toList();
			return Stream.concat(printed.stream(), classes.stream()).toList();
		}
	}

	@Test
	void applicationWithoutKeysHasNothingOfTheCache() throws IOException {
		assertThat(has()).isEmpty();
	}

	@Test
	void applicationWithKeysButWithoutAModelHasNoThread() throws IOException {
		assertThat(has("hooks.llm.cache.directory=" + this.directory.resolve("cache")))
			.noneMatch((line) -> line.startsWith(UnconfiguredApplication.THREAD))
			.contains(UnconfiguredApplication.CREATED, UnconfiguredApplication.HEALTH, ENGINE);
	}

	@Test
	void endpointOfAnApplicationWithoutKeysAnswersThatThereIsNoModel() {
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE,
				List.of("management.endpoints.web.exposure.include=modelcache,health"))) {
			assertThat(application.get("/actuator/modelcache").body().at("/models").isEmpty()).isTrue();
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(200);
			assertThat(application.health().isMissingNode()).isTrue();
		}
	}

	@Test
	void cacheIsCreatedForWhoAsksForIt() throws IOException {
		GgufFile model = GgufFile.tiny();
		Path file = Files.write(this.directory.resolve("source.gguf"), model.bytes());
		try (RunningApplication application = RunningApplication.start(WebApplicationType.NONE, List.of())) {
			ModelRequest request = ModelRequest.builder("any")
				.url(file.toUri())
				.modelPath(this.directory.resolve("m.gguf"))
				.build();
			assertThat(application.cache().get(request).map(CachedModel::path).block(PATIENCE))
				.hasBinaryContent(model.bytes());
		}
	}

	@Test
	void modelOfACustomizerIsAcquiredWithoutAnyKey() throws IOException {
		GgufFile model = GgufFile.tiny();
		Path file = Files.write(this.directory.resolve("source.gguf"), model.bytes());
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(ModelCacheAutoConfiguration.class, ModelCacheHealthAutoConfiguration.class))
			.withBean(ModelCacheBuilderCustomizer.class, () -> (builder) -> builder.model(
					ModelRequest.builder("mine").url(file.toUri()).modelPath(this.directory.resolve("m.gguf")).build()))
			.run((context) -> {
				assertThat(context).hasSingleBean(ModelCacheHealthIndicator.class);
				context.publishEvent(new ApplicationReadyEvent(new SpringApplication(), new String[0],
						context.getSourceApplicationContext(ConfigurableApplicationContext.class), Duration.ZERO));
				Awaitility.await()
					.atMost(PATIENCE)
					.until(() -> context.getBean(ModelCache.class).status("mine").state() == ModelState.READY);
			});
	}

}
