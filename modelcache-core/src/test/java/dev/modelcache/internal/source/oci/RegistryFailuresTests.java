/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCacheException;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for {@link RegistryFailures}: what a registry's errors mean.
 */
class RegistryFailuresTests {

	private static final String PATH = "/v2/library/model/manifests/latest";

	private final FakeRegistry registry = new FakeRegistry();

	@AfterEach
	void stop() {
		this.registry.close();
	}

	private ModelCacheException failure(String scheme, String username) {
		OciResolver resolver = OciFixture.resolver(this.registry, username, username, null);
		return catchThrowableOfType(ModelCacheException.class,
				() -> OciFixture.resolve(resolver, this.registry.url(scheme, "library/model")));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					404 | MANIFEST_UNKNOWN | NOT_FOUND     | has no 127.0.0.1:PORT/library/model:latest (404 MANIFEST_UNKNOWN)
					404 | NAME_UNKNOWN     | NOT_FOUND     | has no repository library/model (404 NAME_UNKNOWN)
					404 | SOMETHING        | NOT_FOUND     | has no 127.0.0.1:PORT/library/model:latest (404)
					403 | DENIED           | ACCESS_DENIED | requires credentials for 127.0.0.1:PORT/library/model:latest
					400 | UNAUTHORIZED     | ACCESS_DENIED | requires credentials for 127.0.0.1:PORT/library/model:latest (400 UNAUTHORIZED)
					429 | TOOMANYREQUESTS  | TRANSFER      | received too many requests (429 TOOMANYREQUESTS)
					500 | UNKNOWN          | TRANSFER      | answered 500
					400 | NAME_INVALID     | TRANSFER      | answered 400 NAME_INVALID
					304 | X                | TRANSFER      | answered 304
					""")
	void eachErrorSaysWhatItMeans(int status, String code, ErrorCode expected, String message) {
		this.registry.failing(PATH, status, code);
		ModelCacheException failure = failure("oci", null);
		assertThat(failure.code()).isEqualTo(expected);
		assertThat(failure.modelId()).isEqualTo("m");
		assertThat(failure.problem().replaceAll("127.0.0.1:\\d+", "127.0.0.1:PORT")).contains(message);
		assertThat(failure.action()).isNotBlank();
	}

	@Test
	void missingCredentialsAreToldHowToBeGiven() {
		this.registry.wantingBasic("alice", "secret").answer(PATH, Reply::ok);
		assertThat(failure("oci", null).action()).contains(
				"hooks.llm.oci.registries[" + this.registry.host() + "].username",
				"docker login " + this.registry.host());
	}

	@Test
	void wrongCredentialsAreToldWhereTheyCameFrom() {
		this.registry.wantingBasic("alice", "secret").answer(PATH, Reply::ok);
		assertThat(failure("oci", "bob").problem()).contains("rejects the credentials of hooks.llm.oci.registries")
			.doesNotContain("bob");
		this.registry.wantingTokens();
		assertThat(failure("oci", "bob").problem()).contains("rejects the credentials of hooks.llm.oci.registries");
	}

	@Test
	void rightsThatDoNotSufficeAreTold() {
		this.registry.wantingTokens().knowing("bob", "bob").failing(PATH, 403, "DENIED");
		assertThat(failure("oci", "bob").problem())
			.contains("does not allow the credentials of hooks.llm.oci.registries to pull library/model (403 DENIED)");
	}

	@Test
	void tokenThatIsRefusedAtOnceIsAnErrorAndNoLoop() {
		this.registry.wantingTokens().tokensFor(0).answer(PATH, Reply::ok);
		assertThat(failure("oci", null).code()).isEqualTo(ErrorCode.ACCESS_DENIED);
		assertThat(this.registry.realm().requests()).hasSize(1);
	}

	@Test
	void privateModelOfOllamaNeedsOllama() {
		this.registry.failing(PATH, 401, "UNAUTHORIZED");
		this.registry.wantingBasic("alice", "secret").answer(PATH, Reply::ok);
		assertThat(failure("ollama", null).action()).contains("ollama pull");
	}

	@Test
	void patienceThatTheRegistryWantsIsTold() {
		this.registry.answer(PATH, () -> Reply.status(429).header("Retry-After", "3600"));
		assertThat(failure("oci", null).action()).contains("Try again in 3600 seconds, or configure credentials");
		assertThat(this.registry.server().requests(PATH)).hasSize(1);
	}

	@Test
	void failuresOfTheServerAreRetried() {
		this.registry.server().script(PATH, Reply.status(503));
		this.registry.server().serve(PATH, "{}".getBytes());
		assertThat(failure("oci", null).code()).isEqualTo(ErrorCode.FORMAT);
		assertThat(this.registry.server().requests(PATH)).hasSize(2);
	}

	@Test
	void textOfTheRegistryIsNotRepeated() {
		this.registry.answer(PATH,
				() -> Reply.status(404).body("{\"errors\":[{\"code\":\"\\u001b[31mEVIL\",\"message\":\"evil\"}]}"));
		assertThat(failure("oci", null).getMessage()).doesNotContainIgnoringCase("evil");
	}

}
