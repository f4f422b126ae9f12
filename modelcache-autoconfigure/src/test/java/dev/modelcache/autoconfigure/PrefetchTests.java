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
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.Signals;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Applications that only fetch their models or check them, each as a process.
 */
class PrefetchTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private Content content = Content.random(200_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Ended run(String type, String... more) {
		try (ForkedJvm application = start(type, more)) {
			int code = application.awaitExit(PATIENCE);
			return new Ended(code, application.output());
		}
	}

	private ForkedJvm start(String type, String... more) {
		List<String> arguments = new ArrayList<>(List.of(type));
		Stream
			.concat(RunningApplication.model(this.server.uri("/m.gguf"), this.content, this.directory.resolve("cache"))
				.stream(),
					Stream.of("server.port=0", "spring.main.banner-mode=off", "spring.jmx.enabled=false",
							"hooks.llm.max-attempts=0", "hooks.llm.models.extra.required=false",
							"hooks.llm.models.extra.max-attempts=0",
							"hooks.llm.models.extra.url=" + this.server.uri("/extra.gguf")))
			.map("--"::concat)
			.forEach(arguments::add);
		arguments.addAll(List.of(more));
		return ForkedJvm.start(PrefetchedApplication.class, List.of("-XX:TieredStopAtLevel=1"), arguments.toArray());
	}

	/** The second process, which only checks them, is an application of another type. */
	@ParameterizedTest
	@CsvSource({ "REACTIVE, SERVLET", "NONE, REACTIVE" })
	void modelsAreFetchedAndTheProcessEndsBeforeBeansAreCreated(String type, String checkedType) throws Exception {
		this.server.serve("/extra.gguf", this.content);
		Ended ended = run(type, "--hooks.llm.startup.mode=prefetch");
		assertThat(ended.code()).as(ended.output()).isZero();
		assertThat(ended.output()).doesNotContain(PrefetchedApplication.CREATED)
			.doesNotContain("FAILED")
			.containsPattern("MODEL +BYTES +DIGEST +OUTCOME +SECONDS +PATH")
			.containsPattern("default +200000 +" + this.content.sha256().toString().substring(0, 19)
					+ " +DOWNLOADED +[0-9.]+ +/.*/m.gguf")
			.containsPattern("extra +200000 +sha256:[0-9a-f]{12} +DOWNLOADED \\(unverified\\) ");
		try (Stream<Path> files = Files.walk(this.directory)) {
			assertThat(files).anyMatch((file) -> file.getFileName().toString().equals(".m.gguf.sealed"));
		}
		int requests = this.server.requests().size();
		Ended check = run(checkedType, "--hooks.llm.startup.mode=prefetch", "--check");
		assertThat(check.code()).as(check.output()).isZero();
		assertThat(check.output()).containsPattern("default +200000 .* CACHED ");
		assertThat(this.server.requests()).hasSize(requests);
	}

	@Test
	void requiredModelThatCannotBeHadIsExplained() {
		this.server.always("/m.gguf", Reply.status(404));
		Ended ended = run("REACTIVE", "--hooks.llm.startup.mode=prefetch");
		assertThat(ended.code()).isOne();
		assertThat(ended.output()).contains("APPLICATION FAILED TO START")
			.contains("The model 'default' could not be made ready (NOT_FOUND)")
			.containsPattern("default +- +- +FAILED \\(NOT_FOUND\\)")
			.doesNotContain(PrefetchedApplication.CREATED)
			.doesNotContain("Exception in thread");
	}

	@Test
	void modelThatIsNotRequiredDoesNotCount() {
		this.server.always("/extra.gguf", Reply.status(404));
		Ended ended = run("SERVLET", "--hooks.llm.startup.mode=prefetch");
		assertThat(ended.code()).as(ended.output()).isZero();
		assertThat(ended.output()).doesNotContain(PrefetchedApplication.CREATED)
			.containsPattern("default +200000 .* DOWNLOADED ")
			.containsPattern("extra +- +- +FAILED \\(NOT_FOUND\\)");
	}

	@ParameterizedTest
	@ValueSource(strings = { "--hooks.llm.startup.mode=prefetch", "--hooks.llm.startup.check" })
	void processEndsWhereTheCacheIsDisabled(String argument) {
		Ended ended = run("REACTIVE", argument, "--hooks.llm.enabled=false");
		assertThat(ended.code()).as(ended.output()).isZero();
		assertThat(ended.output()).contains("because hooks.llm.enabled is false")
			.doesNotContain(PrefetchedApplication.CREATED);
		assertThat(this.server.requests()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "--hooks.llm.startup.check=true", "--hooks.llm.startup.check" })
	void checkFailsWithoutTheNetworkWhereAModelIsMissing(String argument) {
		Ended ended = run("REACTIVE", argument);
		assertThat(ended.code()).isOne();
		assertThat(ended.output()).contains("The model 'default' is not on this machine.")
			.containsPattern("default +- +- +MISSING")
			.contains("hooks.llm.startup.mode=prefetch");
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	@DisabledOnOs(value = OS.WINDOWS, disabledReason = "it has no SIGTERM")
	void terminatedProcessSaysSoAndTheNextOneContinues() {
		this.content = Content.random(5 << 20, 2);
		CountDownLatch rest = new CountDownLatch(1);
		this.server.serve("/m.gguf", this.content).always("/m.gguf", Reply.ok().stallAfter(3 << 20, rest));
		try (ForkedJvm application = start("REACTIVE", "--hooks.llm.startup.mode=prefetch")) {
			Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(this::hasBlocks);
			Signals.terminate(application.handle());
			assertThat(application.awaitExit(PATIENCE)).isEqualTo(143);
			assertThat(application.output()).contains("The process was ended before its models were fetched")
				.doesNotContain("FAILED")
				.doesNotContain("Application run failed")
				.doesNotContain("Exception in thread")
				.doesNotContain("\tat ")
				.doesNotContain(" ERROR ");
		}
		rest.countDown();
		this.server.always("/m.gguf", Reply.ok());
		int before = this.server.requests("/m.gguf").size();
		Ended ended = run("REACTIVE", "--hooks.llm.startup.mode=prefetch");
		assertThat(ended.code()).as(ended.output()).isZero();
		assertThat(this.server.requests("/m.gguf").stream().skip(before)).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.range()).doesNotStartWith("bytes=0-"));
	}

	/** Returns whether the journal of a download says that blocks are on the disk. */
	private boolean hasBlocks() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			Path journal = files.filter((file) -> file.toString().endsWith(".journal")).findFirst().orElseThrow();
			return Files.readString(journal).contains("block 0 ");
		}
	}

	private record Ended(int code, String output) {

	}

}
