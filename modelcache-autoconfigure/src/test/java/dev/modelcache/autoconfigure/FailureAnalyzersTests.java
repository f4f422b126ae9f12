/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.acquire.ConfiguredModels;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.util.unit.DataSize;

import static org.mockito.Mockito.mock;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

@ExtendWith(OutputCaptureExtension.class)
class FailureAnalyzersTests {

	static final List<ModelCacheException> FAILURES = List.of(new ModelNotFoundException("default", "gone", "Look"),
			new ModelAccessDeniedException("default", "gated", "Accept the licence"),
			new ModelTransferException("default", "cut off", "Check the network", null),
			new ModelIntegrityException("default", new Digest(Digest.Algorithm.SHA256, "a".repeat(64)),
					DigestOrigin.CONFIGURATION, new Digest(Digest.Algorithm.SHA256, "b".repeat(64)),
					"https://host/m.gguf"),
			new ModelFormatException("default", "a web page", "Correct the URL"),
			new ModelStorageException("default", Path.of("/models"), DataSize.ofGigabytes(2), DataSize.ofGigabytes(1)),
			new ModelLockTimeoutException("default", Path.of("/models/.lock"), null, Duration.ofMinutes(30)),
			new ModelOfflineException("default", "not cached", "Go online"),
			new ModelCancelledException("default", "cancelled", "Start again"));

	@Test
	void aWrongValueStopsTheStartWithItsKeyAndTheWayOut(CapturedOutput output) {
		SpringApplication application = new SpringApplicationBuilder(Models.class).web(WebApplicationType.NONE)
			.properties("hooks.llm.url=http://me:hunter2@host/m.gguf")
			.build();
		assertThatException().isThrownBy(application::run);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("The configuration of the model 'default' is wrong:")
			.contains("    hooks.llm.url: uses plain HTTP")
			.contains("Action:")
			.contains("hooks.llm.download.allow-insecure-http=true")
			.doesNotContain("hunter2")
			.doesNotContain("\tat ");
	}

	@Test
	void aCatalogThatIsNotUnderstoodStopsTheStartWithItsLocationAndItsEntry(@TempDir Path directory,
			CapturedOutput output) throws IOException {
		Path catalog = Files.writeString(directory.resolve("catalog.json"), """
				{"format": 1, "models": [{"name": "mine", "licence": "MIT", "variants": []}]}
				""");
		SpringApplication application = new SpringApplicationBuilder(Models.class).web(WebApplicationType.NONE)
			.properties("hooks.llm.catalog.locations=" + catalog.toUri())
			.build();
		assertThatException().isThrownBy(application::run);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("    hooks.llm.catalog.locations[0]: " + catalog.toUri()
					+ " is invalid: the entry 'mine' has an unknown field 'licence'")
			.contains("Action:")
			.contains("Correct the catalog")
			.doesNotContain("\tat ");
	}

	@ParameterizedTest
	@FieldSource("FAILURES")
	void aModelThatCannotBeHadStopsTheStartWithItsProblemAndTheWayOut(ModelCacheException failure,
			CapturedOutput output) {
		assertThatException().isThrownBy(() -> runWith(failure));
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("The model 'default' could not be made ready (" + failure.code() + "): " + failure.problem())
			.contains("Action:")
			.contains(failure.action())
			.doesNotContain("\tat ");
	}

	@Test
	void failedAttemptsAreListedWithoutMessagesOfOthers(CapturedOutput output) {
		ModelTransferException failure = new ModelTransferException("default", "all failed", "Wait", null);
		failure.addSuppressed(new ModelTransferException("default", "host answered 503", "Wait", null));
		Mirror mirror = new Mirror(URI.create("https://me:hunter2@host/m.gguf?sig=hunter2"), Map.of());
		failure.addSuppressed(new RequestFailedException(Reason.SERVER_ERROR, mirror, 500, null));
		failure.addSuppressed(new RequestFailedException(Reason.SERVER_ERROR, mirror, 500, null));
		failure.addSuppressed(new IllegalStateException("GET https://me:hunter2@host/m.gguf"));
		assertThatException().isThrownBy(() -> runWith(failure));
		assertThat(output).contains("- host answered 503")
			.contains("- host: answered 500 (2 times)")
			.doesNotContain("java.lang", "RequestFailedException")
			.doesNotContain("hunter2");
	}

	@Test
	void wholeTextOfATransferThatFailed() {
		ModelTransferException failure = new ModelTransferException("default",
				"https://one.example/m.gguf answered 503 (2 failed requests)",
				"Wait for the server to recover, or configure a mirror or fallback-url", null);
		Mirror one = new Mirror(URI.create("https://one.example/m.gguf"), Map.of());
		failure.addSuppressed(new RequestFailedException(Reason.SERVER_ERROR, one, 503, null));
		failure.addSuppressed(new RequestFailedException(Reason.SERVER_ERROR, one, 503, null));
		Mirror two = new Mirror(URI.create("https://two.example:8443/m.gguf"), Map.of());
		failure.addSuppressed(new RequestFailedException(Reason.RESET, two, "closed the connection", null));
		FailureAnalysis analysis = new ModelCacheFailureAnalyzer().analyze(failure);
		assertThat(analysis).isNotNull();
		assertThat(analysis.getDescription().lines()).containsExactly(
				"The model 'default' could not be made ready (TRANSFER): https://one.example/m.gguf answered 503 (2 failed requests)",
				"Attempts:", "    - one.example: answered 503 (2 times)",
				"    - two.example:8443: closed the connection");
		assertThat(analysis.getAction())
			.isEqualTo("Wait for the server to recover, or configure a mirror or fallback-url");
	}

	@ParameterizedTest
	@ValueSource(strings = { "hooks.llm.models.a=https://me:hunter2@host/m.gguf",
			"hooks.llm.fallbacks[0]=https://me:hunter2@host/m.gguf", "hooks.llm.models=https://me:hunter2@host/m.gguf",
			"hooks.llm.download.headers=Authorization: hunter2" })
	void aPlainValueWhereKeysBelongIsNotShown(String property, CapturedOutput output) {
		SpringApplication application = new SpringApplicationBuilder(Models.class).web(WebApplicationType.NONE)
			.properties(property)
			.build();
		assertThatException().isThrownBy(application::run);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("    " + property.substring(0, property.indexOf('=')) + ": is a plain value")
			.doesNotContain("hunter2");
	}

	@Test
	void otherValuesThatDoNotBindAreLeftToSpringBoot(CapturedOutput output) {
		SpringApplication application = new SpringApplicationBuilder(Models.class).web(WebApplicationType.NONE)
			.properties("hooks.llm.startup.mode=eager")
			.build();
		assertThatException().isThrownBy(application::run);
		assertThat(output).contains("Property: hooks.llm.startup.mode", "BACKGROUND", "BLOCKING");
	}

	private static void runWith(RuntimeException failure) {
		new SpringApplicationBuilder(Nothing.class).web(WebApplicationType.NONE)
			.initializers((context) -> ((GenericApplicationContext) context).registerBean(ApplicationRunner.class,
					() -> (arguments) -> {
						throw new IllegalStateException(failure);
					}))
			.run();
	}

	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(ModelCacheProperties.class)
	static class Models {

		@Bean
		ConfiguredModels configuredModels(ModelCacheProperties properties, ConfigurableEnvironment environment) {
			ModelCacheBuilder builder = new BuilderMapping(properties, environment).map();
			try (ModelCacheOperations operations = builder.operations(mock(ModelCache.class))) {
				return new ConfiguredModels(operations.models());
			}
		}

	}

}
