/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Challenge}.
 */
class ChallengeTests {

	private static List<Challenge> parse(String... headers) {
		return Challenge.parse(List.of(headers));
	}

	@Test
	void bearerChallengeOfDockerHub() {
		Challenge challenge = parse("Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
				+ "scope=\"repository:ai/smollm2:pull\"")
			.get(0);
		assertThat(challenge.scheme()).isEqualTo("bearer");
		assertThat(challenge.parameter("realm")).isEqualTo("https://auth.docker.io/token");
		assertThat(challenge.parameter("Service")).isEqualTo("registry.docker.io");
		assertThat(challenge.parameter("scope")).isEqualTo("repository:ai/smollm2:pull");
		assertThat(challenge.parameter("error")).isNull();
	}

	@Test
	void commaWithinQuotesSeparatesNothing() {
		Challenge challenge = parse("Bearer scope=\"repository:a:pull,push\" , realm = x").get(0);
		assertThat(challenge.parameter("scope")).isEqualTo("repository:a:pull,push");
		assertThat(challenge.parameter("realm")).isEqualTo("x");
	}

	@Test
	void severalChallengesInOneHeaderOrSeveral() {
		assertThat(parse("Negotiate, Basic realm=\"a\", Bearer realm=\"b\", service=c", "Digest nonce=\"d\""))
			.extracting(Challenge::scheme)
			.containsExactly("negotiate", "basic", "bearer", "digest");
		assertThat(parse("Negotiate abc==, Bearer realm=\"b\"")).extracting(Challenge::scheme)
			.containsExactly("negotiate", "bearer");
	}

	@Test
	void quotesOfAUrlMayBeMissing() {
		assertThat(parse("Bearer realm=https://a.example/token,service=a:5000").get(0).parameters())
			.containsEntry("realm", "https://a.example/token")
			.containsEntry("service", "a:5000");
	}

	@Test
	void escapedCharactersAreThemselves() {
		assertThat(parse("Basic realm=\"a \\\"quoted\\\" one\"").get(0).parameter("realm"))
			.isEqualTo("a \"quoted\" one");
	}

	@Test
	void nonsenseGivesNoChallenge() {
		assertThat(parse("", "\u0001", "\"", "=", ",,,")).isEmpty();
		assertThat(parse("Bearer realm=\"unterminated")).allMatch((challenge) -> challenge.parameters().isEmpty());
	}

	@Test
	void longHeadersNeitherHangNorExhaustTheStack() {
		assertThat(parse("Bearer realm=\"" + "\\a".repeat(4000) + "\"").get(0).parameter("realm")).hasSize(4000);
		assertThat(parse("Bearer realm=\"" + "a".repeat(8000) + "\"").get(0).parameter("realm")).hasSize(8000);
		assertThat(parse("Bearer " + "a=b,".repeat(2000))).hasSize(1);
		assertThat(parse("a ".repeat(4000))).hasSizeLessThan(5000);
		assertThat(parse("Bearer realm=\"" + "a".repeat(10_000) + "\"")).isEmpty();
	}

}
