/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ManualClock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Pauses}, {@link StatedDigests} and {@link ContentRange}.
 */
class HttpHeadersTests {

	private static final Hop AT = Hop.first(WebRequest.get(URI.create("https://host.example/m.gguf")));

	/** Stands at 2026-01-02T03:04:05Z, a Friday. */
	private final ManualClock clock = new ManualClock();

	@ParameterizedTest
	@CsvSource({ "0, PT0S", "17, PT17S", "' 120 ', PT2M", "-5, PT0S", "'Fri, 02 Jan 2026 03:05:05 GMT', PT1M",
			"'Fri, 02 Jan 2026 03:00:00 GMT', PT0S", "'Friday, 02-Jan-26 03:05:05 GMT', PT1M" })
	void retryAfterIsSecondsOrADate(String value, Duration delay) {
		assertThat(pause("Retry-After", value)).isEqualTo(delay);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "soon", "1.5", "99999999999999999999", "2026-01-02" })
	void nonsenseIsNoDelay(String value) {
		assertThat(pause("Retry-After", value)).isNull();
	}

	@Test
	void noHeaderIsNoDelay() {
		assertThat(Pauses.wanted(new HttpHeaders(), this.clock)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "bytes 0-9/100, 0, 9, 100", "bytes 5-5/6, 5, 5, 6", "bytes 0-9/*, 0, 9,", "bytes */100, , , 100" })
	void contentRangeIsRead(String value, Long start, Long last, Long total) {
		assertThat(ContentRange.parse(value)).isEqualTo(new ContentRange(start, last, total));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "bytes", "bytes 9-0/100", "bytes 0-100/100", "bytes */*", "items 0-9/100", "bytes 0-9",
			"bytes -9/100", "bytes 0-99999999999999999999/100", "bytes 0-9/100, bytes 0-9/100" })
	void inconsistentContentRangeIsNone(String value) {
		assertThat(ContentRange.parse(value)).isNull();
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`',
			value = { "\"default\";r=0;t=55, PT56S", "\"default\"; r=0; t=55, PT56S", "\"default\";t=55;r=0, PT56S",
					"`\"burst\";r=0;t=5, \"daily\";r=0;t=900`, PT901S",
					"`\"burst\";r=0;t=5, \"daily\";r=9;t=900`, PT6S", "`\"r=1;t=7\";r=0;t=5`, PT6S",
					"`limit=100, remaining=0, reset=50`, PT51S", "\"default\";r=3;t=55, ",
					"`limit=100, remaining=7, reset=50`, ", "\"default\";r=0, ", "\"default\";r=0;t=soon, ",
					"\"default\";r=0;t=1767323045, " })
	void rateLimitTellsWhenAnExhaustedLimitBeginsAnew(String value, Duration pause) {
		assertThat(pause("RateLimit", value)).isEqualTo(pause);
	}

	@Test
	void rateLimitMayBeOfAnEarlierDraft() {
		assertThat(pause("RateLimit-Reset", "30")).isEqualTo(Duration.ofSeconds(31));
	}

	@Test
	void retryAfterComesBeforeTheLimits() {
		HttpHeaders headers = new HttpHeaders();
		headers.add("Retry-After", "7");
		headers.add("RateLimit", "\"default\";r=0;t=55");
		assertThat(Pauses.wanted(headers, this.clock)).isEqualTo(Duration.ofSeconds(7));
	}

	private @Nullable Duration pause(String name, String value) {
		HttpHeaders headers = new HttpHeaders();
		headers.add(name, value);
		return Pauses.wanted(headers, this.clock);
	}

	@Test
	void statedDigestsAreThoseOfTheWholeFile() {
		HttpHeaders headers = new HttpHeaders();
		Digest sha256 = Content.of("a").sha256();
		Digest linked = Content.of("b").sha256();
		headers.add("Repr-Digest", "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:, sha-256=:" + base64(sha256) + ":");
		headers.add("Content-Digest", "sha-256=:" + base64(Content.of("c").sha256()) + ":");
		headers.add("X-Linked-ETag", "W/\"" + linked.hex() + "\"");
		assertThat(StatedDigests.of(headers, AT)).containsExactlyInAnyOrder(sha256, linked);
		assertThat(StatedDigests.linked(headers, AT)).containsExactly(linked);
		assertThat(StatedDigests.of(new HttpHeaders(), new Hop(AT.request(), AT.uri(), 1, true, false, Set.of(linked))))
			.containsExactly(linked);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "sha-256", "sha-256=AAAA", "sha-256=:AAAA:", "sha-256=:====:", "sha-1=:AAAA:" })
	void nonsenseStatesNothing(String value) {
		HttpHeaders headers = new HttpHeaders();
		headers.add("Repr-Digest", value);
		headers.add("X-Linked-ETag", "\"5d41402abc4b2a76b9719d911017c592\"");
		assertThat(StatedDigests.of(headers, AT)).isEmpty();
	}

	private static String base64(Digest digest) {
		return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(digest.hex()));
	}

}
