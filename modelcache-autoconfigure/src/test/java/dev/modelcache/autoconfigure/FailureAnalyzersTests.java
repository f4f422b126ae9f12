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
import java.time.Instant;
import java.util.List;
import java.util.Map;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.LockOwner;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.acquire.ConfiguredModels;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.source.Mirror;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
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
import static org.junit.jupiter.params.provider.Arguments.arguments;

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
	@ValueSource(strings = { "classpath:missing.json", "file:///missing/catalog.json" })
	void aCatalogThatIsMissingStopsTheStartWithoutNamesOfClasses(String location, CapturedOutput output) {
		SpringApplication application = new SpringApplicationBuilder(Models.class).web(WebApplicationType.NONE)
			.properties("hooks.llm.catalog.locations=" + location)
			.build();
		assertThatException().isThrownBy(application::run);
		assertThat(output.getOut().substring(output.getOut().indexOf("APPLICATION FAILED TO START")))
			.contains("    hooks.llm.catalog.locations[0]: " + location + " cannot be read (")
			.doesNotContain("Exception", "java.");
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

	/** The failure, what the analysis says, and what it proposes. */
	static List<Arguments> wholeTexts() {
		LockOwner owner = LockOwner.of(42, "node-1", Instant.parse("2026-01-02T03:04:05Z"));
		return List.of(
				arguments(new ModelNotFoundException("default", "https://host/m.gguf answered 404", "Correct the URL"),
						"(NOT_FOUND): https://host/m.gguf answered 404", "Correct the URL"),
				arguments(new ModelAccessDeniedException("default", "https://hub rejects the token", "Renew the token"),
						"(ACCESS_DENIED): https://hub rejects the token", "Renew the token"),
				arguments(
						new ModelIntegrityException("default", new Digest(Digest.Algorithm.SHA256, "a".repeat(64)),
								DigestOrigin.CONFIGURATION, new Digest(Digest.Algorithm.SHA256, "b".repeat(64)),
								"https://host/m.gguf"),
						"(INTEGRITY): the file from https://host/m.gguf has the digest sha256:" + "b".repeat(64)
								+ ", but expected-checksum specifies sha256:" + "a".repeat(64)
								+ "; the file was not published",
						"Check which digest is correct, then correct the expected digest or use another source"),
				arguments(
						new ModelFormatException("default",
								"the file from https://host/m.gguf is an HTML page, not" + " a model",
								"Open the URL in a browser"),
						"(FORMAT): the file from https://host/m.gguf is an HTML page, not a model",
						"Open the URL in a browser"),
				arguments(
						new ModelStorageException("default", Path.of("/models"), DataSize.ofGigabytes(2),
								DataSize.ofGigabytes(1)),
						"(STORAGE): not enough disk space in /models: 2147483648 bytes are required, 1073741824 bytes"
								+ " are available",
						"Free up disk space, or set hooks.llm.cache.directory or model-path to a directory on another"
								+ " disk"),
				arguments(
						new ModelLockTimeoutException("default", Path.of("/models/.lock"), owner,
								Duration.ofMinutes(30)),
						"(LOCK_TIMEOUT): process 42 on node-1 (since 2026-01-02T03:04:05Z) holds the lock"
								+ " /models/.lock and has made no progress for 1800 s",
						"Terminate that process if it hangs, or increase hooks.llm.lock.timeout; the lock file does not"
								+ " have to be deleted"),
				arguments(
						new ModelLockTimeoutException("default", Path.of("/models/.lock"), null,
								Duration.ofMinutes(30)),
						"(LOCK_TIMEOUT): an unknown process holds the lock /models/.lock and has made no progress for"
								+ " 1800 s",
						"Terminate that process if it hangs, or increase hooks.llm.lock.timeout; the lock file does not"
								+ " have to be deleted"),
				arguments(new ModelOfflineException("default",
						"it is not cached, and hooks.llm.offline forbids the" + " network", "Start once without it"),
						"(OFFLINE): it is not cached, and hooks.llm.offline forbids the network",
						"Start once without it"),
				arguments(new ModelCancelledException("default", "the application is closing", "Start it again"),
						"(CANCELLED): the application is closing", "Start it again"));
	}

	@ParameterizedTest
	@MethodSource("wholeTexts")
	void wholeTextOfEachKindOfFailure(ModelCacheException failure, String problem, String action) {
		FailureAnalysis analysis = new ModelCacheFailureAnalyzer().analyze(failure);
		assertThat(analysis).isNotNull();
		assertThat(analysis.getDescription()).isEqualTo("The model 'default' could not be made ready " + problem);
		assertThat(analysis.getAction()).isEqualTo(action);
	}

	/** The text and the remedy of each reason are compared with the page of errors. */
	@ParameterizedTest
	@EnumSource
	void wholeTextOfEachReason(Reason reason) {
		URI url = URI.create("https://me:hunter2@one.example/m.gguf?sig=hunter2");
		RequestFailedException request = new RequestFailedException(reason, url, "does what it should not", null);
		FailureAnalysis analysis = new ModelCacheFailureAnalyzer()
			.analyze(Failures.summarize("default", List.of(request, request)));
		assertThat(analysis).isNotNull();
		String count = (reason.code() == ErrorCode.TRANSFER) ? " (2 failed requests)" : "";
		assertThat(analysis.getDescription().lines()).containsExactly(
				"The model 'default' could not be made ready (" + reason.code()
						+ "): https://one.example/m.gguf does what it should not" + count,
				"Attempts:", "    - one.example: does what it should not (2 times)");
		assertThat(analysis.getAction()).isEqualTo(reason.action());
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
