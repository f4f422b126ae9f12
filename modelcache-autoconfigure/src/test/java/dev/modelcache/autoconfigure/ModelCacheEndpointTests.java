/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelState;
import dev.modelcache.autoconfigure.RunningApplication.Answer;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.boot.SpringBootVersion;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The endpoint {@code modelcache} of whole applications, over HTTP.
 */
@ExtendWith(OutputCaptureExtension.class)
class ModelCacheEndpointTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final String ALL = "/actuator/modelcache";

	private static final String MODEL = ALL + "/default";

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final MisbehavingServer mirror = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServers() {
		this.server.close();
		this.mirror.close();
	}

	private RunningApplication start(WebApplicationType type, String... properties) {
		List<String> all = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		all.add("management.endpoints.web.exposure.include=health,modelcache");
		all.addAll(List.of(properties));
		return RunningApplication.start(type, all);
	}

	private RunningApplication startOnFirstUse(WebApplicationType type, String... properties) {
		List<String> all = new ArrayList<>(List.of(properties));
		all.add("hooks.llm.startup.mode=none");
		return start(type, all.toArray(String[]::new));
	}

	private static Answer ask(RunningApplication application, String action) {
		return application.send("POST", MODEL, "{\"action\":\"" + action + "\"}");
	}

	private static void awaitState(RunningApplication application, ModelState state) {
		Awaitility.await().atMost(PATIENCE).until(() -> application.cache().status("default").state() == state);
	}

	private String fileSystem() {
		try {
			return Files.getFileStore(this.directory).type();
		}
		catch (IOException ex) {
			return About.UNKNOWN;
		}
	}

	private static String hostOf(MisbehavingServer server) {
		return "127.0.0.1:" + server.port();
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void downloadIsShownWithProgressAndMirrorsThenTheModelAndItsAttempts(WebApplicationType type) {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000, rest));
		try (RunningApplication application = start(type)) {
			JsonNode downloading = Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> application.get(MODEL).body(), (model) -> model.at("/progress/bytes").asLong() > 0
						&& model.at("/mirrors/0/bytesPerSecond").asLong() > 0);
			assertThat(downloading.at("/state").asString()).isEqualTo("DOWNLOADING");
			assertThat(downloading.at("/source").asString()).isEqualTo(this.server.uri("/m.gguf").toString());
			assertThat(downloading.at("/mirrors/0/host").asString()).isEqualTo(hostOf(this.server));
			assertThat(downloading.at("/mirrors/0/state").asString()).isEqualTo("ACTIVE");
			assertThat(downloading.at("/attempts").isEmpty()).isTrue();
			rest.countDown();
			awaitState(application, ModelState.READY);
			Answer all = application.get(ALL);
			assertThat(all.status()).isEqualTo(200);
			assertThat(all.body().at("/cache/directory").asString()).isEqualTo(this.directory.toString());
			assertThat(all.body().at("/cache/usedBytes").asLong()).isGreaterThanOrEqualTo(this.content.size());
			assertThat(all.body().at("/cache/freeBytes").asLong()).isPositive();
			JsonNode ready = all.body().at("/models/default");
			JsonNode one = application.get(MODEL).body();
			assertThat(one.at("/configuration").toString()).isEqualTo(
					"{\"startup\":\"background\",\"required\":true,\"checksum\":true,\"mirrors\":0,\"fallbacks\":0}");
			assertThat(one.at("/about/springBoot").asString()).isEqualTo(SpringBootVersion.getVersion());
			assertThat(one.at("/about/java").asString()).endsWith(" " + Runtime.version());
			assertThat(one.at("/about/os").asString()).startsWith(System.getProperty("os.name"));
			assertThat(one.at("/about/fileSystem").asString()).isEqualTo(fileSystem());
			assertThat(((ObjectNode) one).remove(List.of("configuration", "about"))).isEqualTo(ready);
			assertThat(ready.at("/state").asString()).isEqualTo("READY");
			assertThat(ready.at("/digest").asString()).isEqualTo(this.content.sha256().toString());
			assertThat(ready.at("/mirrors/0/state").asString()).isEqualTo("IDLE");
			assertThat(ready.at("/mirrors/0/failures").asInt()).isZero();
			assertThat(ready.at("/attempts")).hasSize(1);
			assertThat(ready.at("/attempts/0/bytes").asLong()).isEqualTo(this.content.size());
			assertThat(ready.at("/attempts/0/error").isMissingNode()).isTrue();
			assertThat(Instant.parse(ready.at("/attempts/0/at").asString())).isBefore(Instant.now());
		}
	}

	@Test
	void mirrorThatFailsIsShownWithItsFailuresAndNoSecrets() {
		this.server.always("/m.gguf", Reply.status(404));
		try (RunningApplication application = start(WebApplicationType.REACTIVE,
				"hooks.llm.url=http://user:pa55word@" + hostOf(this.server) + "/m.gguf?token=s3cret#fragm3nt",
				"hooks.llm.mirrors=http://user:pa55word@" + hostOf(this.mirror) + "/m.gguf?token=s3cret",
				"hooks.llm.model-path=" + this.directory.resolve("m.gguf"))) {
			this.mirror.serve("/m.gguf?token=s3cret", this.content);
			awaitState(application, ModelState.READY);
			JsonNode model = application.get(MODEL).body();
			assertThat(model.at("/mirrors").valueStream().map((mirror) -> mirror.at("/host").asString()))
				.contains(hostOf(this.server), hostOf(this.mirror));
			JsonNode failing = model.at("/mirrors")
				.valueStream()
				.filter((mirror) -> mirror.at("/host").asString().equals(hostOf(this.server)))
				.findFirst()
				.orElseThrow();
			assertThat(failing.at("/state").asString()).isEqualTo("FAILING");
			assertThat(failing.at("/failures").asInt()).isPositive();
			assertThat(model.at("/attempts").valueStream().map((attempt) -> attempt.at("/error").asString("")))
				.contains("http://" + hostOf(this.server) + "/m.gguf answered 404");
			assertThat(application.get(ALL).body().toString()).doesNotContain("pa55word", "s3cret", "fragm3nt");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void ensureStartsAnAttemptAtOnceAfterAFailure(WebApplicationType type) {
		this.server.script("/m.gguf", Reply.status(500));
		try (RunningApplication application = start(type, "hooks.llm.max-attempts=0",
				"hooks.llm.startup.retry-interval=1h")) {
			awaitState(application, ModelState.FAILED);
			JsonNode failed = application.get(MODEL).body();
			assertThat(failed.at("/error/code").asString()).isEqualTo("TRANSFER");
			assertThat(failed.at("/attempts/0/error").asString()).endsWith("answered 500");
			application.get("/actuator/health");
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.FAILED);
			assertThat(ask(application, "ensure").status()).isEqualTo(202);
			awaitState(application, ModelState.READY);
			assertThat(application.get(MODEL).body().at("/attempts")).hasSize(2);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void cancelEndsTheDownloadUntilEnsure(WebApplicationType type) {
		this.server.script("/m.gguf", Reply.ok().stallAfter(1_000_000));
		try (RunningApplication application = start(type, "hooks.llm.startup.retry-interval=1ms")) {
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> application.get(MODEL).body().at("/progress/bytes").asLong() == 1_000_000);
			assertThat(ask(application, "cancel").status()).isEqualTo(202);
			assertThat(application.get(MODEL).body().at("/state").asString()).isEqualTo("CANCELLED");
			assertThat(application.get("/actuator/health/readiness").status()).isEqualTo(503);
			assertThat(application.health().at("/details/models/default/state").asString()).isEqualTo("CANCELLED");
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
			JsonNode attempt = application.get(MODEL).body().at("/attempts/0");
			assertThat(attempt.at("/error").asString()).isEqualTo("it was cancelled");
			assertThat(attempt.at("/bytes").asLong()).isEqualTo(1_000_000);
			assertThat(ask(application, "ensure").status()).isEqualTo(202);
			awaitState(application, ModelState.READY);
			assertThat(ask(application, "cancel").status()).isEqualTo(202);
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.READY);
		}
	}

	@Test
	void verifyFindsAFileThatWasChanged(CapturedOutput output) throws Exception {
		try (RunningApplication application = start(WebApplicationType.REACTIVE)) {
			awaitState(application, ModelState.READY);
			assertThat(ask(application, "verify").status()).isEqualTo(202);
			Awaitility.await().atMost(PATIENCE).until(() -> output.getOut().contains("verify succeeded"));
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.READY);
			Files.write(application.model().path(), Content.random(2_000_000, 9).bytes());
			assertThat(ask(application, "verify").status()).isEqualTo(202);
			awaitState(application, ModelState.FAILED);
			assertThat(application.get(MODEL).body().at("/error/code").asString()).isEqualTo("INTEGRITY");
			Awaitility.await().atMost(PATIENCE).until(() -> warns(output, "verify failed"));
			assertThat(ask(application, "ensure").status()).isEqualTo(202);
			awaitState(application, ModelState.READY);
			assertThat(application.model().path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void checkShowsWhetherTheSourceHasAnotherVersionUntilTheModelIsRefreshed(CapturedOutput output) {
		Content next = Content.random(1_000_000, 2);
		List<String> properties = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		properties.removeIf((property) -> property.startsWith("hooks.llm.expected-checksum"));
		properties.add("management.endpoints.web.exposure.include=modelcache");
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE, properties)) {
			awaitState(application, ModelState.READY);
			assertThat(application.get(MODEL).body().at("/update").isMissingNode()).isTrue();
			this.server.serve("/m.gguf", next);
			assertThat(ask(application, "check").status()).isEqualTo(202);
			JsonNode update = Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> application.get(MODEL).body().at("/update"), (node) -> !node.isMissingNode());
			assertThat(update.at("/availability").asString()).isEqualTo("AVAILABLE");
			assertThat(update.at("/currentVersion").asString()).isEqualTo(this.content.etag());
			assertThat(update.at("/availableVersion").asString()).isEqualTo(next.etag());
			assertThat(update.at("/bytes").asLong()).isEqualTo(next.size());
			assertThat(Instant.parse(update.at("/checkedAt").asString())).isBefore(Instant.now());
			assertThat(application.model().digest()).isEqualTo(this.content.sha256());
			assertThat(output).contains("Model 'default': the action 'check' was requested")
				.contains("its source has another version (" + next.etag() + "), 1000000 bytes to download");
			assertThat(application.cache().refresh("default").block(PATIENCE)).isNotNull();
			assertThat(application.get(MODEL).body().at("/update").isMissingNode()).isTrue();
		}
	}

	private static boolean warns(CapturedOutput output, String text) {
		return output.getOut().lines().anyMatch((line) -> line.contains("WARN") && line.contains(text));
	}

	@Test
	void refreshReplacesTheModelAndAFailedOneLeavesIt(CapturedOutput output) {
		Content next = Content.random(1_000_000, 2);
		List<String> properties = new ArrayList<>(
				RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory));
		properties.removeIf((property) -> property.startsWith("hooks.llm.expected-checksum"));
		properties.add("management.endpoints.web.exposure.include=modelcache");
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE, properties)) {
			awaitState(application, ModelState.READY);
			this.server.serve("/m.gguf", next);
			assertThat(ask(application, "refresh").status()).isEqualTo(202);
			Awaitility.await()
				.atMost(PATIENCE)
				.until(() -> application.events().stream().anyMatch(ModelReplaced.class::isInstance));
			this.server.always("/m.gguf", Reply.status(404));
			// The first one may not have ended yet, and two at once are one.
			Awaitility.await().atMost(PATIENCE).until(() -> {
				assertThat(ask(application, "refresh").status()).isEqualTo(202);
				return warns(output, "refresh failed");
			});
			JsonNode model = application.get(MODEL).body();
			assertThat(model.at("/state").asString()).isEqualTo("READY");
			assertThat(model.at("/digest").asString()).isEqualTo(next.sha256().toString());
			assertThat(model.at("/attempts").valueStream().toList()).last()
				.satisfies((attempt) -> assertThat(attempt.at("/error").asString()).endsWith("answered 404"));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void deleteEvictsTheFile(WebApplicationType type) {
		try (RunningApplication application = start(type)) {
			awaitState(application, ModelState.READY);
			Path path = application.model().path();
			Answer answer = application.send("DELETE", MODEL, null);
			assertThat(answer.status()).isEqualTo(204);
			assertThat(path).doesNotExist();
			assertThat(application.get(MODEL).body().at("/state").asString()).isEqualTo("ABSENT");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void deleteLeavesAFileThatTheUserPutAtItsModelPath(WebApplicationType type) throws Exception {
		Path mine = Files.write(this.directory.resolve("mine.gguf"), this.content.bytes());
		try (RunningApplication application = start(type, "hooks.llm.model-path=" + mine)) {
			awaitState(application, ModelState.READY);
			Answer answer = application.send("DELETE", MODEL, null);
			assertThat(answer.status()).isEqualTo(409);
			assertThat(answer.body().at("/error").asString()).contains(mine + " was not put there by this cache");
			assertThat(mine).satisfies(Content.exactly(this.content.bytes()));
			assertThat(application.get(MODEL).body().at("/state").asString()).isEqualTo("READY");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void unknownModelIsNotFound(WebApplicationType type) {
		try (RunningApplication application = startOnFirstUse(type)) {
			for (Answer answer : List.of(application.get(ALL + "/x"),
					application.send("POST", ALL + "/x", "{\"action\":\"ensure\"}"),
					application.send("DELETE", ALL + "/x", null))) {
				assertThat(answer.status()).isEqualTo(404);
				assertThat(answer.body().at("/error").asString()).contains("'x'").contains("[default]");
			}
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void unknownOrMissingActionIsABadRequest(WebApplicationType type) {
		try (RunningApplication application = startOnFirstUse(type)) {
			for (String body : List.of("{\"action\":\"explode\"}", "{\"action\":\"ENSURE\"}", "{}")) {
				Answer answer = application.send("POST", MODEL, body);
				assertThat(answer.status()).isEqualTo(400);
				assertThat(answer.body().at("/error").asString()).contains("ensure, verify, refresh, check, cancel");
			}
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.ABSENT);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void readOnlyAccessAllowsNoAction(WebApplicationType type) {
		try (RunningApplication application = startOnFirstUse(type,
				"management.endpoint.modelcache.access=read-only")) {
			assertThat(application.get(MODEL).status()).isEqualTo(200);
			assertThat(ask(application, "ensure").status()).isEqualTo(405);
			assertThat(application.send("DELETE", MODEL, null).status()).isEqualTo(405);
			assertThat(application.cache().status("default").state()).isEqualTo(ModelState.ABSENT);
		}
	}

	@Test
	void endpointThatIsNotExposedIsNotThere() {
		try (RunningApplication application = startOnFirstUse(WebApplicationType.REACTIVE,
				"management.endpoints.web.exposure.include=health")) {
			assertThat(application.get(ALL).status()).isEqualTo(404);
		}
	}

	@Test
	void withoutModelsShowsTheCacheAlone() {
		try (RunningApplication application = RunningApplication.start(WebApplicationType.REACTIVE,
				List.of("hooks.llm.cache.directory=" + this.directory.resolve("none"),
						"management.endpoints.web.exposure.include=modelcache"))) {
			Answer answer = application.get(ALL);
			assertThat(answer.status()).isEqualTo(200);
			assertThat(answer.body().at("/models").isEmpty()).isTrue();
			assertThat(answer.body().at("/cache/usedBytes").asLong()).isZero();
		}
	}

}
