/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * The digests of a whole file that servers state in the heads of their responses:
 * {@code Repr-Digest} (RFC 9530, section 3), and the {@code X-Linked-ETag} of model hubs,
 * which is a SHA-256 where it has 64 hexadecimal digits. {@code Content-Digest} is about
 * the body of one response, which may be a part, and is not read.
 */
final class StatedDigests {

	private static final Pattern MEMBER = Pattern.compile("(?:^|,)\\s*+(sha-256|sha-512)=:([A-Za-z0-9+/=]++):");

	private static final Pattern LINKED = Pattern.compile("(?:W/)?\"?([0-9a-fA-F]{64})\"?");

	private StatedDigests() {
	}

	/**
	 * Returns the digests that a response with a body states, or the way to it.
	 * @param headers the response's headers
	 * @param at where the request ended up
	 * @return the digests
	 */
	static Set<Digest> of(HttpHeaders headers, Hop at) {
		Set<Digest> digests = linked(headers, at);
		headers.getOrEmpty("Repr-Digest").forEach((line) -> {
			Matcher member = MEMBER.matcher(line);
			while (member.find()) {
				add(digests, member.group(1), member.group(2));
			}
		});
		return digests;
	}

	/**
	 * Returns the digests that a redirect states of the file it leads to, or the way to
	 * it. A {@code Repr-Digest} is about the redirect's own body.
	 * @param headers the redirect's headers
	 * @param at where the request is
	 * @return the digests
	 */
	static Set<Digest> linked(HttpHeaders headers, Hop at) {
		Set<Digest> digests = new HashSet<>(at.stated());
		String tag = headers.getFirst("X-Linked-ETag");
		Matcher linked = LINKED.matcher((tag != null) ? tag.strip() : "");
		if (linked.matches()) {
			digests.add(Digest.parse(linked.group(1)));
		}
		return digests;
	}

	private static void add(Set<Digest> digests, String name, String base64) {
		Algorithm algorithm = name.equals("sha-256") ? Algorithm.SHA256 : Algorithm.SHA512;
		byte[] value = decode(base64);
		if (value != null && value.length * 2 == algorithm.hexLength()) {
			digests.add(Digest.of(algorithm, value));
		}
	}

	private static byte @Nullable [] decode(String base64) {
		try {
			return Base64.getDecoder().decode(base64);
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

}
