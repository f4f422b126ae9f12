/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Hop}: the rules by which redirects are followed.
 */
class HopTests {

	private static final HttpConnections PUBLIC = new HttpConnections(() -> {
		throw new IllegalStateException("no client");
	}, () -> {
		throw new IllegalStateException("no client");
	}, (configured) -> true);

	private static Hop start(String url) {
		return Hop.first(WebRequest.get(URI.create(url))
			.headers(Map.of("Authorization", "secret", "X-Key", "k", "Range", "bytes=0-9", "Accept", "text/plain"))
			.followingAnywhere());
	}

	private static Hop follow(Hop hop, String location, boolean insecureHttpAllowed) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.LOCATION, location);
		return hop.follow(headers,
				new HttpSettings(Duration.ofSeconds(1), HttpSettings.LARGEST_ANSWER, 2, insecureHttpAllowed), PUBLIC);
	}

	@Test
	void headersOfTheOriginStayThere() {
		Hop within = follow(start("https://a.example/1"), "/2", false);
		assertThat(within.headers()).containsEntry("Authorization", "secret").containsEntry("X-Key", "k");
		assertThat(within.publicOnly()).isFalse();
		Hop away = follow(start("https://a.example/1"), "https://b.example/2", false);
		assertThat(away.headers()).containsOnlyKeys("Accept", "Accept-Encoding", "Range", "User-Agent")
			.containsEntry("Accept", "text/plain");
		assertThat(away.publicOnly()).isTrue();
		assertThat(follow(away, "https://a.example/3", false).headers()).doesNotContainKeys("Authorization", "X-Key");
	}

	@Test
	void everyOriginIsToldWhoAsks() {
		Hop own = start("https://a.example/1");
		assertThat(own.headers().get("User-Agent")).matches("modelcache(/\\S+)?");
		assertThat(follow(own, "https://b.example/2", false).headers().get("User-Agent")).startsWith("modelcache");
		Hop configured = Hop.first(
				WebRequest.get(URI.create("https://a.example/1")).header("user-agent", "other/1").followingAnywhere());
		assertThat(configured.headers()).containsEntry("User-Agent", "other/1");
		assertThat(follow(configured, "https://b.example/2", false).headers().get("User-Agent"))
			.startsWith("modelcache");
	}

	@ParameterizedTest
	@CsvSource({ "https://a.example/1, http://a.example/2", "https://a.example/1, http://b.example/2",
			"https://a.example/1, HTTP://b.example/2" })
	void httpsNeverBecomesHttp(String url, String location) {
		for (boolean insecureHttpAllowed : new boolean[] { true, false }) {
			assertThatExceptionOfType(RequestFailedException.class)
				.isThrownBy(() -> follow(start(url), location, insecureHttpAllowed))
				.withMessageContaining("redirects from https to http");
		}
	}

	/** A registry that is configured as insecure may redirect within itself. */
	@Test
	void httpStaysWhereItWasConfiguredUnlessItIsAllowed() {
		Hop start = start("http://a.example/1");
		assertThat(follow(start, "/2", false).uri()).hasToString("http://a.example/2");
		assertThatExceptionOfType(RequestFailedException.class)
			.isThrownBy(() -> follow(start, "http://b.example/2", false))
			.satisfies((failure) -> assertThat(failure.action()).contains("allow-insecure-http"))
			.withMessageContaining("redirects to http");
		assertThat(follow(start, "http://b.example/2", true).uri()).hasToString("http://b.example/2");
		Hop secure = follow(start, "https://b.example/2", false);
		assertThatExceptionOfType(RequestFailedException.class)
			.isThrownBy(() -> follow(secure, "http://a.example/3", false))
			.withMessageContaining("redirects from https to http");
	}

	@Test
	void schemesMatchInAnyCase() {
		assertThat(follow(start("https://a.example/1"), "HTTPS://b.example/2", false).uri().getHost())
			.isEqualTo("b.example");
	}

	@Test
	void placeOfAnEarlierRequestTakesTheHeadersOfTheNextOne() {
		WebRequest next = WebRequest.get(URI.create("https://a.example/1")).bearer("other");
		Hop within = follow(start("https://a.example/1"), "/2", false).of(next);
		assertThat(within.uri()).hasToString("https://a.example/2");
		assertThat(within.headers()).containsEntry("Authorization", "Bearer other").doesNotContainKey("X-Key");
	}

}
