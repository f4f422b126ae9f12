/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFallbackUsed;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelState;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.retry.RetryRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Whole applications, from their start to a ready health check.
 */
@ExtendWith(OutputCaptureExtension.class)
class ApplicationLifecycleTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private RunningApplication start(WebApplicationType type, String... properties) {
		List<String> all = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		all.addAll(List.of(properties));
		return RunningApplication.start(type, all);
	}

	private static void awaitState(RunningApplication application, ModelState state) {
		Awaitility.await().atMost(PATIENCE).until(() -> application.cache().status("default").state() == state);
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void readinessWaitsForTheModelAndLivenessDoesNot(WebApplicationType type) {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		try (RunningApplication application = start(type)) {
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(503);
			assertThat(application.get("/actuator/health/liveness").status()).isEqualTo(200);
			assertThat(application.get("/actuator/health").status()).isEqualTo(503);
			assertThat(application.health().at("/status").asString()).isEqualTo("OUT_OF_SERVICE");
			latch.countDown();
			awaitState(application, ModelState.READY);
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(200);
			JsonNode model = application.health().at("/details/models/default");
			assertThat(model.at("/state").asString()).isEqualTo("READY");
			assertThat(model.at("/digest").asString()).isEqualTo(this.content.sha256().toString());
			assertThat(Path.of(model.at("/path").asString())).satisfies(Content.exactly(this.content.bytes()));
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(
						() -> assertThat(application.events()).hasAtLeastOneElementOfType(ModelDownloadStarted.class)
							.hasAtLeastOneElementOfType(ModelReady.class));
		}
	}

	@Test
	void healthShowsProgressMeanwhile() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		try (RunningApplication application = start(WebApplicationType.REACTIVE)) {
			JsonNode progress = Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> application.health().at("/details/models/default/progress"),
						(node) -> node.at("/bytes").asLong() == 1_000_000);
			assertThat(progress.at("/totalBytes").asLong()).isEqualTo(2_000_000);
			assertThat(progress.at("/percent").asDouble()).isEqualTo(50.0);
			assertThat(application.health().at("/details/models/default/source").asString())
				.isEqualTo(this.server.uri("/m.gguf").toString());
		}
	}

	@Test
	void secondStartDownloadsNothing() {
		try (RunningApplication application = start(WebApplicationType.NONE)) {
			awaitState(application, ModelState.READY);
			assertThat(application.model().outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
		try (RunningApplication application = start(WebApplicationType.NONE)) {
			awaitState(application, ModelState.READY);
			assertThat(application.model().outcome()).isEqualTo(ModelOutcome.CACHED);
		}
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	@Test
	void twoContextsInOneJvmShareOneDownload() {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		try (RunningApplication one = start(WebApplicationType.NONE);
				RunningApplication other = start(WebApplicationType.NONE)) {
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> one.cache().status("default").state() == ModelState.WAITING
						|| other.cache().status("default").state() == ModelState.WAITING);
			latch.countDown();
			awaitState(one, ModelState.READY);
			awaitState(other, ModelState.READY);
			assertThat(List.of(one.model().outcome(), other.model().outcome()))
				.containsExactlyInAnyOrder(ModelOutcome.DOWNLOADED, ModelOutcome.CACHED);
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
		}
	}

	@Test
	void closingOneOfTwoContextsLeavesTheOtherItsLock() {
		try (RunningApplication one = start(WebApplicationType.NONE)) {
			awaitState(one, ModelState.READY);
			start(WebApplicationType.NONE).close();
			assertThat(one.cache().verify("default").block(PATIENCE)).isNotNull();
		}
	}

	@Test
	void failedModelIsDownWithCodeMessageAndAction() {
		this.server.always("/m.gguf", Reply.status(404));
		try (RunningApplication application = start(WebApplicationType.REACTIVE)) {
			awaitState(application, ModelState.FAILED);
			assertThat(application.get("/actuator/health").status()).isEqualTo(503);
			assertThat(application.health().at("/status").asString()).isEqualTo("DOWN");
			JsonNode error = application.health().at("/details/models/default/error");
			assertThat(error.at("/code").asString()).isEqualTo("NOT_FOUND");
			assertThat(error.at("/message").asString()).contains("404").contains("/m.gguf");
			assertThat(error.at("/action").asString()).isNotBlank();
		}
	}

	@Test
	void healthCheckStartsANewAttemptAfterAFailureOfTheNetwork() {
		this.server.script("/m.gguf", Reply.status(500));
		try (RunningApplication application = start(WebApplicationType.REACTIVE, "hooks.llm.max-attempts=0",
				"hooks.llm.startup.retry-interval=1ms")) {
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> application.get("/actuator/health/readiness").status() == 200);
			assertThat(this.server.requests("/m.gguf")).hasSize(2);
		}
	}

	@Test
	void failedAttemptIsFollowedByAnotherWithoutAHealthCheck() {
		this.server.script("/m.gguf", Reply.status(500), Reply.status(503));
		try (RunningApplication application = start(WebApplicationType.NONE, "hooks.llm.max-attempts=0",
				"hooks.llm.startup.retry-interval=1ms")) {
			awaitState(application, ModelState.READY);
			assertThat(this.server.requests("/m.gguf")).hasSize(3);
		}
	}

	@Test
	void failureOfAModelThatIsNotRequiredIsFollowedByAnotherAttempt() {
		this.server.script("/m.gguf", Reply.status(500));
		try (RunningApplication application = start(WebApplicationType.NONE, "hooks.llm.max-attempts=0",
				"hooks.llm.startup.retry-interval=1ms", "hooks.llm.required=false",
				"hooks.llm.startup.mode=blocking")) {
			awaitState(application, ModelState.READY);
		}
	}

	@Test
	void runnerThatGoesOnForEverDoesNotHoldUpTheModel() {
		List<String> all = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		try (RunningApplication application = RunningApplication.start(WebApplicationType.NONE, all,
				RunnerUntilReady.class)) {
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.READY);
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
		}
	}

	@Test
	void startNamesTheModels(CapturedOutput output) {
		try (RunningApplication application = start(WebApplicationType.NONE, "hooks.llm.startup.mode=none",
				"hooks.llm.models.other.url=https://user:pa55word@host.example/o.gguf?token=s3cret")) {
			assertThat(output)
				.contains("2 models configured: default from " + this.server.uri("/m.gguf")
						+ ", other from https://host.example/o.gguf (none)")
				.doesNotContain("pa55word", "s3cret");
		}
	}

	@Test
	void requestsAreLoggedAtDebugWithoutSecrets(CapturedOutput output) {
		this.server.serve("/signed/pathS3cret", this.content)
			.always("/m.gguf", Reply.redirect(302, this.server.uri("/signed/pathS3cret") + "?sig=s3cret"));
		String host = "127.0.0.1:" + this.server.port();
		LoggingSystem logging = LoggingSystem.get(getClass().getClassLoader());
		try (RunningApplication application = start(WebApplicationType.NONE, "logging.level.dev.modelcache=debug",
				"hooks.llm.download.headers.X-Key=h3ader")) {
			awaitState(application, ModelState.READY);
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(output.getOut().lines()).anyMatch(
						(line) -> line.contains("GET http://" + host + "/m.gguf (bytes=0-") && line.endsWith(": 302"))
					.anyMatch((line) -> line.contains("GET http://" + host + "/m.gguf at " + host + " (bytes=0-")
							&& line.endsWith(": 206 (bytes 0-1999999/2000000)")));
			assertThat(output).doesNotContain("s3cret", "h3ader", "pathS3cret");
		}
		finally {
			logging.setLogLevel("dev.modelcache", null);
		}
	}

	@Test
	void fileThatDisappearsIsNoticedAndFetchedAgain() throws Exception {
		try (RunningApplication application = start(WebApplicationType.REACTIVE)) {
			awaitState(application, ModelState.READY);
			Files.delete(application.model().path());
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(503);
			awaitState(application, ModelState.READY);
			assertThat(application.model().path()).exists();
		}
	}

	@Test
	void fallbackModelIsAnnouncedByEventWarningAndHealth(CapturedOutput output) {
		Content small = Content.random(1000, 2);
		this.server.always("/m.gguf", Reply.status(404)).serve("/small.gguf", small);
		try (RunningApplication application = start(WebApplicationType.REACTIVE,
				"hooks.llm.fallbacks[0].url=" + this.server.uri("/small.gguf"),
				"hooks.llm.fallbacks[0].expected-checksum=" + small.sha256())) {
			awaitState(application, ModelState.READY);
			JsonNode model = application.health().at("/details/models/default");
			assertThat(model.at("/fallback").asBoolean()).isTrue();
			assertThat(model.at("/source").asString()).endsWith("/small.gguf");
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(
						() -> assertThat(application.events()).hasAtLeastOneElementOfType(ModelFallbackUsed.class));
			assertThat(output.getOut().lines()).anyMatch(
					(line) -> line.contains("WARN") && line.contains("falling back to") && line.contains("small.gguf"));
		}
	}

	@Test
	void noneFetchesOnFirstUseAndIsUpUntilThen() {
		try (RunningApplication application = start(WebApplicationType.REACTIVE, "hooks.llm.startup.mode=none")) {
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(200);
			assertThat(application.health().at("/details/models/default/state").asString()).isEqualTo("ABSENT");
			assertThat(this.server.requests("/m.gguf")).isEmpty();
			assertThat(application.cache().get("default").block(PATIENCE)).isNotNull();
			assertThat(application.health().at("/details/models/default/state").asString()).isEqualTo("READY");
		}
	}

	@Test
	void blockingStartsWithTheModel() {
		try (RunningApplication application = start(WebApplicationType.NONE, "hooks.llm.startup.mode=blocking")) {
			assertThat(application.model().path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void blockingFailureStopsTheStartWithAnAnalysis(CapturedOutput output) {
		this.server.always("/m.gguf", Reply.status(500));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(
				() -> start(WebApplicationType.NONE, "hooks.llm.startup.mode=blocking", "hooks.llm.max-attempts=0"));
		assertThat(output).contains("APPLICATION FAILED TO START").contains("answered 500").contains("Action:");
		assertThat(output.getAll().substring(output.getAll().indexOf("Description:")))
			.doesNotContain("java.lang.Exception");
	}

	@Test
	void blockingFailureOfAModelThatIsNotRequiredIsAWarning(CapturedOutput output) {
		this.server.always("/m.gguf", Reply.status(404));
		try (RunningApplication application = start(WebApplicationType.NONE, "hooks.llm.startup.mode=blocking",
				"hooks.llm.required=false")) {
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.FAILED);
			assertThat(output).contains("The application starts without an optional model");
		}
	}

	@Test
	void applicationWithoutWebServerStaysAliveUntilTheModelIsThere() {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		awaitNoKeepAliveThread();
		try (RunningApplication application = start(WebApplicationType.NONE)) {
			assertThat(keepAliveThreads()).isEqualTo(1);
			latch.countDown();
			awaitState(application, ModelState.READY);
			awaitNoKeepAliveThread();
		}
	}

	/** The thread of an application that was closed may need a moment. */
	private static void awaitNoKeepAliveThread() {
		Awaitility.await().atMost(PATIENCE).until(() -> keepAliveThreads() == 0);
	}

	private static long keepAliveThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("modelcache-keep-alive"))
			.count();
	}

	/** By default, event loops go on for two seconds; here they end at once. */
	@RepeatedTest(3)
	void closingTheApplicationCancelsTheDownloadBeforeItsEventLoopsEnd(CapturedOutput output) {
		closeDuringADownload("spring.reactor.netty.shutdown-quiet-period=0s");
		assertThat(output).contains("the application is closing")
			.doesNotContain("trying again")
			.doesNotContain("event executor terminated");
	}

	@Test
	void closingTheApplicationCancelsTheDownload() {
		closeDuringADownload();
	}

	private void closeDuringADownload(String... properties) {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		RunningApplication application = start(WebApplicationType.NONE, properties);
		awaitState(application, ModelState.DOWNLOADING);
		application.close();
		assertThat(this.directory).satisfies((cache) -> {
			try (Stream<Path> files = Files.walk(cache.resolve("models"))) {
				assertThat(files.filter(Files::isRegularFile)).isEmpty();
			}
		});
		awaitNoKeepAliveThread();
	}

	@Test
	void propertiesOfResilience4jWin() {
		this.server.always("/m.gguf", Reply.status(500));
		try (RunningApplication application = start(WebApplicationType.NONE,
				"resilience4j.retry.instances.modelcache-default.max-attempts=5",
				"resilience4j.retry.configs.modelcache.wait-duration=1ms")) {
			awaitState(application, ModelState.FAILED);
			assertThat(this.server.requests("/m.gguf")).hasSize(5);
			assertThat(application.context().getBean(RetryRegistry.class).find("modelcache-default")).isPresent();
		}
	}

	@Test
	void propertiesOfResilience4jKeepThePredicate() {
		this.server.always("/m.gguf", Reply.status(404));
		try (RunningApplication application = start(WebApplicationType.NONE,
				"resilience4j.retry.instances.modelcache-default.max-attempts=5",
				"resilience4j.retry.instances.modelcache-default.wait-duration=1ms")) {
			awaitState(application, ModelState.FAILED);
			// For a range, and for the whole file.
			assertThat(this.server.requests("/m.gguf")).hasSize(2);
		}
	}

	@Test
	void classicBlockStartsAsItStandsWithTheFileAtItsPath() throws Exception {
		Path path = this.directory.resolve("tinyllama.gguf");
		Files.write(path, GgufFile.tiny().bytes());
		try (RunningApplication application = RunningApplication.start(WebApplicationType.NONE,
				List.of("hooks.llm.model_type=tinyllama", "hooks.llm.model_name=TinyLlama-1.1B-Chat-v1.0",
						"hooks.llm.model_path=" + path, "hooks.llm.model_size_mb=600", "hooks.llm.quantization=Q4_K_M",
						"hooks.llm.inference_timeout_ms=2000", "hooks.llm.temperature=0.1",
						"hooks.llm.cache.directory=" + this.directory, "hooks.llm.offline=true"))) {
			awaitState(application, ModelState.READY);
			assertThat(application.model().path()).isEqualTo(path.toRealPath());
			assertThat(application.model().verified()).isFalse();
			assertThat(application.model().format()).isNotNull().returns("llama", ModelFormat::architecture);
		}
	}

	@Test
	void unconfiguredApplicationIsUp() {
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE,
				List.of("hooks.llm.cache.directory=" + this.directory))) {
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(200);
			assertThat(application.health().at("/details/models").isEmpty()).isTrue();
		}
	}

	/** An application whose runner does not return before another part has the model. */
	@Configuration(proxyBeanMethods = false)
	static class RunnerUntilReady {

		@Bean
		CommandLineRunner untilReady(ModelCache cache) {
			return (arguments) -> cache.statuses("default")
				.filter((status) -> status.state() == ModelState.READY)
				.blockFirst(PATIENCE);
		}

	}

}
