/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The {@code Content-Range} header (RFC 9110, section 14.4), also as servers write it
 * that do not keep to the syntax: without the unit or with another case, with {@code =}
 * or {@code :} behind the unit, with blanks, or with a semicolon at the end.
 *
 * @param start the first byte, or {@code null} in an answer that satisfies no range
 * @param last the last byte, inclusive, or {@code null} as above
 * @param total the size of the file, or {@code null} where it is not known
 */
record ContentRange(@Nullable Long start, @Nullable Long last, @Nullable Long total) {

	private static final Pattern SYNTAX = Pattern.compile(
			"(?:bytes\\s*[=:]?)?\\s*(?:(\\d{1,18})\\s*-\\s*(\\d{1,18})|\\*)\\s*/\\s*(\\d{1,18}|\\*)\\s*;?",
			Pattern.CASE_INSENSITIVE);

	/** Longer ones are not read: the pattern may look at each blank more than once. */
	private static final int LONGEST = 200;

	/**
	 * Reads the header.
	 * @param value its value
	 * @return the range, or {@code null} for no header or nonsense
	 */
	static @Nullable ContentRange parse(@Nullable String value) {
		Matcher matcher = SYNTAX.matcher((value != null && value.length() <= LONGEST) ? value.strip() : "");
		if (!matcher.matches()) {
			return null;
		}
		ContentRange range = new ContentRange(number(matcher.group(1)), number(matcher.group(2)),
				number(matcher.group(3)));
		return range.isConsistent() ? range : null;
	}

	private boolean isConsistent() {
		if (this.start == null || this.last == null) {
			return this.total != null;
		}
		return this.start <= this.last && (this.total == null || this.last < this.total);
	}

	private static @Nullable Long number(@Nullable String digits) {
		return (digits == null || digits.equals("*")) ? null : Long.valueOf(digits);
	}

}
