/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application with a heap of 256 MB, models of which are described by servers that try
 * to fill it. A JVM that has no memory left for whatever thread ends at once.
 */
class SmallHeapTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int SIXTEEN_MEBIBYTES = 16 << 20;

	private static final String COMMIT = "0123456789012345678901234567890123456789";

	@TempDir
	private Path directory;

	private final MisbehavingServer server = MisbehavingServer.start();

	private final List<FakeRegistry> registries = new ArrayList<>();

	/** The properties of the application. */
	private final List<String> properties = new ArrayList<>();

	/** What the failure of each model says. */
	private final Map<String, List<String>> failures = new LinkedHashMap<>();

	@AfterEach
	void stopServers() {
		this.server.close();
		this.registries.forEach(FakeRegistry::close);
	}

	@Test
	void answersThatWouldFillTheHeapEndAsFailuresAndOtherModelsAreServed() {
		hub("many-names", names(690_000), "more than 4194304 bytes");
		hub("many-values", "{\"sha\":\"" + COMMIT + "\",\"siblings\":[" + repeated("{}", ",", 4_000_000) + "]}",
				"too many values");
		hub("deep", repeated("[", "", 4_000_000), "does not behave like a Hugging Face Hub");
		hub("deep-objects", repeated("{\"a\":", "", 4_000_000), "too deep");
		hub("many-keys",
				IntStream.range(0, 390_000)
					.mapToObj((number) -> "\"" + Integer.toString(number, 36) + "\":0")
					.collect(Collectors.joining(",", "{", "}")),
				"too many values");
		for (int i = 0; i < 8; i++) {
			hub("just-few-enough-" + i, manyObjects(97_000), "m.gguf");
		}
		hub("long-text", "{\"sha\":\"" + "a".repeat(4_000_000) + "\",\"siblings\":[]}", "API");
		manifest("manifest", Reply.status(200).body(empties()), "more than 4194304 bytes");
		manifest("manifest-values", Reply.status(200).body("[" + repeated("{}", ",", 4_000_000) + "]"), "manifest");
		manifest("manifest-deep", Reply.status(200).body(repeated("[", "", 4_000_000)), "manifest");
		manifest("error", Reply.status(404).body(empties()), "404");
		realm("realm", Reply.status(200).body(empties()), "more than 4194304 bytes");
		realm("realm-error", Reply.status(403).body(empties()), "403");
		plain("rate-limit", Reply.status(503).header("RateLimit", "a".repeat(3_000)), "503");
		plain("rate-limit-text", Reply.status(503).header("RateLimit", '"' + "a".repeat(3_000)), "503");
		plain("error-body", Reply.status(404).body(empties()), "404");
		Content content = Content.random(3_000_000, 1);
		this.server.serve("/good.gguf", content);
		model(SmallHeapApplication.GOOD, this.server.uri("/good.gguf"), "expected-checksum=" + content.sha256());
		this.properties.addAll(List.of("hooks.llm.cache.directory=" + this.directory.resolve("cache"),
				"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"),
				"hooks.llm.huggingface.endpoint=http://127.0.0.1:" + this.server.port(),
				"hooks.llm.cache.min-free-space=1MB", "hooks.llm.download.allow-insecure-http=true",
				"hooks.llm.verify-format=off"));
		List<String> options = List.of("-Xmx256m", "-XX:+ExitOnOutOfMemoryError", "-Xshare:auto",
				"-XX:TieredStopAtLevel=1", "-Djava.io.tmpdir=" + this.directory);
		try (ForkedJvm application = ForkedJvm.start(SmallHeapApplication.class, options,
				this.properties.stream().map("--"::concat).toArray())) {
			assertThat(application.awaitLine(SmallHeapApplication.READY + SmallHeapApplication.GOOD, PATIENCE))
				.endsWith("DOWNLOADED");
			this.failures.forEach(
					(id, words) -> assertThat(application.awaitLine(SmallHeapApplication.FAILED + id + " ", PATIENCE))
						.contains(words));
			assertThat(application.awaitExit(PATIENCE)).isZero();
			assertThat(application.output()).doesNotContain("OutOfMemoryError", "StackOverflowError");
		}
	}

	private void model(String id, URI url, String... more) {
		this.properties.add("hooks.llm.models." + id + ".url=" + url);
		this.properties.add("hooks.llm.models." + id + ".max-attempts=1");
		for (String property : more) {
			this.properties.add("hooks.llm.models." + id + "." + property);
		}
	}

	private void fails(String id, URI url, String... words) {
		model(id, url);
		this.failures.put(id, List.of(words));
	}

	private void hub(String id, String answer, String... words) {
		this.server.always("/api/models/org/" + id + "/revision/main", Reply.status(200).body(answer));
		fails(id, URI.create("hf://org/" + id + "/m.gguf"), words);
	}

	private void manifest(String id, Reply answer, String... words) {
		FakeRegistry registry = registry();
		registry.answer("/v2/org/model/manifests/1", () -> answer);
		fails(id, registry.url("oci", "org/model:1"), words);
	}

	private void realm(String id, Reply answer, String... words) {
		FakeRegistry registry = registry().wantingTokens();
		registry.realm().always("/token", answer);
		registry.answer("/v2/org/model/manifests/1", () -> Reply.status(200));
		fails(id, registry.url("oci", "org/model:1"), words);
	}

	private FakeRegistry registry() {
		FakeRegistry registry = new FakeRegistry();
		this.registries.add(registry);
		this.properties.add("hooks.llm.oci.registries[" + registry.host() + "].insecure=true");
		return registry;
	}

	private void plain(String id, Reply answer, String... words) {
		this.server.serve("/" + id, Content.of("unused"));
		this.server.always("/" + id, answer);
		fails(id, this.server.uri("/" + id), words);
	}

	private static String names(int count) {
		return IntStream.range(0, count)
			.mapToObj((number) -> "{\"rfilename\":\"" + number + "\"}")
			.collect(Collectors.joining(",", "{\"sha\":\"" + COMMIT + "\",\"siblings\":[", "]}"));
	}

	/** As a tree, this takes the most memory for what it is. */
	private static String manyObjects(int count) {
		return IntStream.range(0, count)
			.mapToObj((number) -> "{\"" + Integer.toString(number, 36) + "\":0}")
			.collect(Collectors.joining(",", "{\"sha\":\"" + COMMIT + "\",\"siblings\":[", "]}"));
	}

	private static String empties() {
		return repeated("{}", "", SIXTEEN_MEBIBYTES);
	}

	/** Returns a text again and again, up to a length. */
	private static String repeated(String text, String separator, int length) {
		String unit = text + separator;
		String all = unit.repeat(length / unit.length());
		return all.substring(0, all.length() - separator.length());
	}

}
