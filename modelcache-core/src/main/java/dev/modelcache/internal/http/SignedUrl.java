/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Signed URLs of object stores: Amazon's and Google's (V4, whose names end alike, and
 * V2), Azure's shared access signatures and CloudFront's. They grant access by their
 * query, for a time.
 */
final class SignedUrl {

	private static final Set<String> SIGNATURES = Set.of("x-amz-signature", "x-goog-signature", "signature", "sig",
			"x-oss-signature", "x-tos-signature", "q-signature");

	private static final DateTimeFormatter BASIC = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

	private SignedUrl() {
	}

	/**
	 * Returns whether a URL grants access by a signature.
	 * @param url the URL
	 * @return {@code true} if its query has one
	 */
	static boolean isSigned(URI url) {
		return parameters(url).keySet().stream().anyMatch(SIGNATURES::contains);
	}

	/**
	 * Says whether a signed URL that was refused has expired, without its signature.
	 * @param url the URL
	 * @param now the time
	 * @return a clause
	 */
	static String state(URI url, Instant now) {
		Instant end = end(parameters(url));
		if (end == null) {
			return "the URL is signed; it may have expired";
		}
		return end.isAfter(now) ? "the URL is signed and should be valid until " + end
				: "the URL was signed for use until " + end + " and has expired";
	}

	private static @Nullable Instant end(Map<String, String> query) {
		try {
			if (query.containsKey("se")) {
				return OffsetDateTime.parse(query.get("se")).toInstant();
			}
			if (query.containsKey("expires")) {
				return Instant.ofEpochSecond(Long.parseLong(query.get("expires")));
			}
			for (String prefix : Set.of("x-amz-", "x-goog-", "x-oss-", "x-tos-")) {
				String date = query.get(prefix + "date");
				String seconds = query.get(prefix + "expires");
				if (date != null && seconds != null) {
					return LocalDateTime.parse(date, BASIC)
						.toInstant(ZoneOffset.UTC)
						.plusSeconds(Long.parseLong(seconds));
				}
			}
		}
		catch (DateTimeException | ArithmeticException | NumberFormatException ex) {
			// Some signers write times in another way.
		}
		return null;
	}

	private static Map<String, String> parameters(URI url) {
		Map<String, String> parameters = new HashMap<>();
		if (url.getQuery() != null) {
			for (String parameter : url.getQuery().split("&")) {
				int equals = parameter.indexOf('=');
				if (equals > 0) {
					parameters.put(parameter.substring(0, equals).toLowerCase(Locale.ROOT),
							parameter.substring(equals + 1));
				}
			}
		}
		return parameters;
	}

}
