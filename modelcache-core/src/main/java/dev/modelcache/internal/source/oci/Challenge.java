/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * One challenge of a {@code WWW-Authenticate} header (RFC 9110, section 11.6.1).
 *
 * @param scheme the authentication scheme, lower case, such as {@code bearer}
 * @param parameters its parameters, by their names in any case
 */
record Challenge(String scheme, Map<String, String> parameters) {

	private static final int LONGEST_HEADER = 8192;

	private static final String TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";

	/**
	 * A parameter: {@code name=token} or {@code name="quoted string"}; some leave the
	 * quotes of a URL out.
	 */
	private static final Pattern PARAMETER = Pattern.compile("[ \\t,]*(" + TOKEN
			+ ")[ \\t]*=[ \\t]*(?:\"([^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+)\"|([^ \\t,\"]+))(?=[ \\t,]|$)");

	private static final Pattern SCHEME = Pattern.compile("[ \\t,]*(" + TOKEN + ")(?:[ \\t]+|(?=,|$))");

	/** What some schemes have in place of parameters. */
	private static final Pattern TOKEN68 = Pattern.compile("[A-Za-z0-9._~+/-]+=*[ \\t]*(?=,|$)");

	/**
	 * Reads all challenges.
	 * @param headers the values of all {@code WWW-Authenticate} headers
	 * @return the challenges that could be read; what comes after nonsense is left out
	 */
	static List<Challenge> parse(List<String> headers) {
		List<Challenge> challenges = new ArrayList<>();
		headers.stream().filter((header) -> header.length() <= LONGEST_HEADER).forEach((header) -> {
			int position = 0;
			while (position >= 0 && position < header.length()) {
				position = read(header, position, challenges);
			}
		});
		return challenges;
	}

	private static int read(String header, int start, List<Challenge> challenges) {
		Matcher scheme = at(SCHEME, header, start);
		if (!scheme.lookingAt()) {
			return -1;
		}
		Map<String, String> parameters = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		int position = scheme.end();
		Matcher parameter = at(PARAMETER, header, position);
		while (parameter.lookingAt()) {
			String quoted = parameter.group(2);
			String value = (quoted != null) ? quoted.replaceAll("\\\\(.)", "$1") : parameter.group(3);
			parameters.putIfAbsent(parameter.group(1), value);
			position = parameter.end();
			parameter.region(position, header.length());
		}
		if (parameters.isEmpty()) {
			Matcher token68 = at(TOKEN68, header, position);
			position = token68.lookingAt() ? token68.end() : position;
		}
		challenges.add(new Challenge(scheme.group(1).toLowerCase(Locale.ROOT), parameters));
		return position;
	}

	/** To be asked {@code lookingAt}: to find would mean to search the rest each time. */
	private static Matcher at(Pattern pattern, String header, int position) {
		return pattern.matcher(header).region(position, header.length());
	}

	/**
	 * Returns a parameter.
	 * @param name its name
	 * @return its value, or {@code null} where it is missing or empty
	 */
	@Nullable String parameter(String name) {
		String value = this.parameters.get(name);
		return (value == null || value.isEmpty()) ? null : value;
	}

}
