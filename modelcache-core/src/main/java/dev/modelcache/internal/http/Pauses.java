/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * How long a server asks clients to wait: {@code Retry-After}, in seconds or as a date
 * (RFC 9110, section 10.2.3), or its exhausted limits where it gives none. Those are in
 * the header {@code RateLimit} as {@code "name";r=0;t=55}
 * (draft-ietf-httpapi-ratelimit-headers, 8 and later) or
 * {@code limit=9, remaining=0, reset=55} (7), or in {@code RateLimit-Reset} (before), as
 * seconds and not as a point in time.
 */
final class Pauses {

	/**
	 * The longest pause that a server is given: a window of five minutes, whose end is
	 * rounded down to a second. The next mirror or fallback takes the place of one that
	 * wants more.
	 */
	static final Duration LONGEST = Duration.ofSeconds(301);

	private static final String LATER = "t";

	private static final String EARLIER = "reset";

	private Pauses() {
	}

	/**
	 * Reads the pause that a response asks for.
	 * @param headers the headers of the response
	 * @param clock tells how far away a date is
	 * @return the pause, never negative, or {@code null} where the server does not say
	 */
	static @Nullable Duration wanted(HttpHeaders headers, Clock clock) {
		Duration retryAfter = retryAfter(headers, clock);
		return (retryAfter != null) ? retryAfter : untilLimitsBeginAnew(headers);
	}

	private static @Nullable Duration retryAfter(HttpHeaders headers, Clock clock) {
		String value = headers.getFirst(HttpHeaders.RETRY_AFTER);
		if (value == null) {
			return null;
		}
		try {
			return Duration.ofSeconds(Math.max(0, Long.parseLong(value.strip())));
		}
		catch (NumberFormatException ex) {
			return untilDate(headers, clock);
		}
	}

	private static @Nullable Duration untilDate(HttpHeaders headers, Clock clock) {
		try {
			ZonedDateTime date = headers.getFirstZonedDateTime(HttpHeaders.RETRY_AFTER);
			Duration delay = (date != null) ? Duration.between(clock.instant(), date) : null;
			return (delay != null && delay.isNegative()) ? Duration.ZERO : delay;
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	/** Until the last of the exhausted limits begins anew, and a second for rounding. */
	private static @Nullable Duration untilLimitsBeginAnew(HttpHeaders headers) {
		List<String> policies = headers.getOrEmpty("RateLimit");
		OptionalLong seconds = policies.isEmpty() ? number(EARLIER, EARLIER + "=" + headers.getFirst("RateLimit-Reset"))
				: policies.stream()
					.map(Pauses::withoutNames)
					.flatMap(Pauses::members)
					.filter(Pauses::isExhausted)
					.flatMapToLong((member) -> Stream.of(LATER, EARLIER)
						.map((name) -> number(name, member))
						.flatMapToLong(OptionalLong::stream))
					.max();
		return seconds.isPresent() ? Duration.ofSeconds(seconds.getAsLong() + 1) : null;
	}

	/**
	 * Leaves out the quoted names of policies (RFC 9651, section 3.3.3): any text may
	 * stand in them.
	 */
	private static String withoutNames(String line) {
		StringBuilder rest = new StringBuilder();
		boolean quoted = false;
		for (int i = 0; i < line.length(); i++) {
			char character = line.charAt(i);
			if (character == '"') {
				quoted = !quoted;
			}
			else if (quoted && character == '\\') {
				i++;
			}
			else if (!quoted) {
				rest.append(character);
			}
		}
		return rest.toString();
	}

	/** Draft 7 has one policy, whose parameters are separated by commas. */
	private static Stream<String> members(String line) {
		return number(EARLIER, line).isPresent() ? Stream.of(line) : Stream.of(line.split(","));
	}

	private static boolean isExhausted(String member) {
		return Stream.of("r", "remaining").allMatch((name) -> number(name, member).orElse(0) == 0);
	}

	/** More than nine digits are a point in time, which the drafts do not have. */
	private static OptionalLong number(String name, String member) {
		Matcher matcher = Pattern.compile("(?:^|[;,\\s])" + name + "=(\\d{1,9})(?=[;,\\s]|$)").matcher(member);
		return matcher.find() ? OptionalLong.of(Long.parseLong(matcher.group(1))) : OptionalLong.empty();
	}

}
