/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * What a request carried that must not be printed, to find it in what a server says: the
 * values of its headers and its query, plain, percent-encoded and in Base64. A part of
 * eight characters is enough to count as a repetition; of a link that a server gave, one
 * of sixteen, because such links also hold regions, dates and file names.
 */
public final class SentSecrets {

	private static final int PART = 8;

	private static final int PART_OF_A_LINK = 16;

	/** Parameters that choose a response's headers, and hold the name of the file. */
	private static final Pattern HARMLESS_PARAMETER = Pattern.compile("(response-|rsc).*");

	private static final int SHORTEST = 4;

	private static final Set<String> HARMLESS = Set.of("accept", "accept-encoding", "user-agent", "range", "if-range");

	private final Set<String> pieces = new HashSet<>();

	private final Set<String> piecesOfLinks = new HashSet<>();

	/**
	 * Creates it.
	 * @param uri the URL of the request
	 * @param headers the headers of the request
	 */
	public SentSecrets(URI uri, Map<String, String> headers) {
		headers.forEach((name, value) -> {
			if (!HARMLESS.contains(name.toLowerCase(Locale.ROOT))) {
				addWords(value);
			}
		});
		if (uri.getRawQuery() != null) {
			Arrays.stream(uri.getRawQuery().split("&"))
				.map((parameter) -> parameter.substring(parameter.indexOf('=') + 1))
				.forEach(this::addWords);
		}
	}

	/**
	 * Adds a link that a server gave, and that was followed.
	 * @param link the link
	 * @return this
	 */
	public SentSecrets andLink(URI link) {
		if (link.getRawQuery() != null) {
			Arrays.stream(link.getRawQuery().split("&"))
				.filter((parameter) -> !HARMLESS_PARAMETER.matcher(parameter).lookingAt())
				.map((parameter) -> parameter.substring(parameter.indexOf('=') + 1).toLowerCase(Locale.ROOT))
				.flatMap((value) -> Stream.of(value, decoded(value)))
				.filter((value) -> value.length() >= PART_OF_A_LINK)
				.forEach(this.piecesOfLinks::add);
		}
		return this;
	}

	private void addWords(String value) {
		Arrays.stream(decoded(value).split("[\\s,;\"]+")).forEach(this::add);
		String[] words = value.split("\\s+");
		if (words.length == 2 && words[0].equalsIgnoreCase("basic")) {
			addPair(words[1]);
		}
	}

	private void addPair(String encoded) {
		try {
			String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
			add(pair);
			Arrays.stream(pair.split(":", 2)).forEach(this::add);
		}
		catch (IllegalArgumentException ex) {
			// Not Base64: the value itself is known already.
		}
	}

	private void add(String piece) {
		if (piece.length() < SHORTEST || piece.equalsIgnoreCase("bearer") || piece.equalsIgnoreCase("basic")) {
			return;
		}
		this.pieces.add(piece.toLowerCase(Locale.ROOT));
		// Base64 of a text that stands anywhere in another one: three alignments.
		for (int before = 0; before < 3; before++) {
			byte[] bytes = ("x".repeat(before) + piece).getBytes(StandardCharsets.UTF_8);
			String encoded = Base64.getEncoder().withoutPadding().encodeToString(bytes);
			int end = encoded.length() - ((bytes.length % 3 == 0) ? 0 : 1);
			int start = (before == 0) ? 0 : before + 1;
			if (end - start >= PART) {
				this.pieces.add(encoded.substring(start, end).toLowerCase(Locale.ROOT));
			}
		}
	}

	/**
	 * Returns whether a text repeats any of it.
	 * @param text the text, which a server may have chosen
	 * @return {@code true} if it must not be shown
	 */
	public boolean areIn(@Nullable String text) {
		if (text == null) {
			return false;
		}
		String plain = text.toLowerCase(Locale.ROOT);
		String decoded = decoded(text).toLowerCase(Locale.ROOT);
		return this.pieces.stream().anyMatch((piece) -> isIn(piece, plain, PART) || isIn(piece, decoded, PART))
				|| this.piecesOfLinks.stream()
					.anyMatch((piece) -> isIn(piece, plain, PART_OF_A_LINK) || isIn(piece, decoded, PART_OF_A_LINK));
	}

	/**
	 * Returns whether the message of a failure, or of any of its causes, repeats any of
	 * it.
	 * @param failure the failure
	 * @return {@code true} if it must not be shown
	 */
	public boolean areIn(Throwable failure) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			if (areIn(t.getMessage()) || Arrays.stream(t.getSuppressed()).anyMatch(this::areIn)) {
				return true;
			}
		}
		return false;
	}

	private static boolean isIn(String piece, String text, int part) {
		int length = Math.min(part, piece.length());
		for (int i = 0; i + length <= piece.length(); i++) {
			if (text.contains(piece.substring(i, i + length))) {
				return true;
			}
		}
		return false;
	}

	private static String decoded(String text) {
		try {
			return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return text;
		}
	}

	/** Shows nothing of it. */
	@Override
	public String toString() {
		return "SentSecrets";
	}

}
