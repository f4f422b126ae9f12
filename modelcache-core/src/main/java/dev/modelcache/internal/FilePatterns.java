/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;

import dev.modelcache.ModelFileName;

/**
 * The patterns of {@code hooks.llm.files}: paths and globs of files to download and,
 * after an exclamation mark, of files to leave out.
 */
public final class FilePatterns {

	private static final String EXCLUSION = "!";

	private static final String DIRECTORIES = "**";

	private final List<String> included;

	private final List<String> excluded;

	/** Paths are looked up: an ONNX file may name thousands. */
	private final Set<String> paths;

	private final List<String> globs;

	private FilePatterns(List<String> included, List<String> excluded) {
		this.included = included;
		this.excluded = excluded;
		this.paths = includedOrAll().stream().filter((pattern) -> !isGlob(pattern)).collect(Collectors.toSet());
		this.globs = includedOrAll().stream().filter(FilePatterns::isGlob).toList();
	}

	/**
	 * Reads patterns.
	 * @param patterns the patterns of a request
	 * @return the patterns by their kind
	 */
	public static FilePatterns of(List<String> patterns) {
		return new FilePatterns(patterns.stream().filter((pattern) -> !pattern.startsWith(EXCLUSION)).toList(),
				patterns.stream()
					.filter((pattern) -> pattern.startsWith(EXCLUSION))
					.map((pattern) -> pattern.substring(EXCLUSION.length()))
					.toList());
	}

	/**
	 * Returns whether a pattern may match several files.
	 * @param pattern a path, or a glob
	 * @return {@code false} if only the file of that name matches
	 */
	public static boolean isGlob(String pattern) {
		return pattern.indexOf('*') >= 0 || pattern.indexOf('?') >= 0;
	}

	/**
	 * Returns whether a name means one file where a pattern is expected.
	 * @param name the name of the file
	 * @return whether it is neither a glob nor an exclusion
	 */
	public static boolean isPath(ModelFileName name) {
		return !isGlob(name.text()) && !name.text().startsWith(EXCLUSION);
	}

	/**
	 * Returns the patterns of files to download.
	 * @return the patterns, in their order
	 */
	public List<String> included() {
		return this.included;
	}

	/**
	 * Returns the patterns of files to download, where nothing else selects files.
	 * @return the patterns; all files if there are only patterns of files to leave out
	 */
	public List<String> includedOrAll() {
		return (this.included.isEmpty() && !this.excluded.isEmpty()) ? List.of("**") : this.included;
	}

	/**
	 * Returns whether a file is left out.
	 * @param name the name of the file
	 * @return {@code true} if a pattern excludes it
	 */
	public boolean exclude(ModelFileName name) {
		return this.excluded.stream().anyMatch((pattern) -> matches(pattern, name));
	}

	/**
	 * Returns whether a pattern selects a file. The time does not depend on the number of
	 * paths.
	 * @param name the name of the file
	 * @return {@code true} if one does
	 */
	public boolean select(ModelFileName name) {
		return this.paths.contains(name.text()) || this.globs.stream().anyMatch((glob) -> matches(glob, name));
	}

	/**
	 * Returns whether a pattern matches a file: {@code ?} is one character and {@code *}
	 * any number of characters of a segment, and a segment {@code **} is any number of
	 * segments. Names are untrusted; for a given pattern, the time is linear in the
	 * length of each segment.
	 * @param pattern a path, or a glob
	 * @param name the name of the file
	 * @return {@code true} if it matches
	 */
	public static boolean matches(String pattern, ModelFileName name) {
		String[] wanted = pattern.split("/", -1);
		String[] segments = name.text().split("/", -1);
		return matches(wanted.length, segments.length, (i) -> DIRECTORIES.equals(wanted[i]),
				(i, j) -> matchesSegment(wanted[i], segments[j]));
	}

	private static boolean matchesSegment(String pattern, String segment) {
		return matches(pattern.length(), segment.length(), (i) -> pattern.charAt(i) == '*',
				(i, j) -> pattern.charAt(i) == '?' || pattern.charAt(i) == segment.charAt(j));
	}

	/**
	 * Matches a sequence. Only the last wildcard is widened where the rest does not
	 * match: widening an earlier one cannot help, because the last one takes whatever
	 * that would.
	 */
	private static boolean matches(int patternLength, int length, IntPredicate wildcard, BiIntPredicate matching) {
		int i = 0;
		int j = 0;
		int last = -1;
		int widened = 0;
		while (j < length) {
			if (i < patternLength && wildcard.test(i)) {
				last = i++;
				widened = j;
			}
			else if (i < patternLength && matching.test(i, j)) {
				i++;
				j++;
			}
			else if (last >= 0) {
				i = last + 1;
				j = ++widened;
			}
			else {
				return false;
			}
		}
		while (i < patternLength && wildcard.test(i)) {
			i++;
		}
		return i == patternLength;
	}

	/**
	 * Returns the pattern that leaves out one file.
	 * @param name the name of the file
	 * @return the pattern, as it is configured
	 */
	public static String excluding(ModelFileName name) {
		return EXCLUSION + name.text();
	}

	/** Compares an element of a pattern with one of a name. */
	@FunctionalInterface
	private interface BiIntPredicate {

		boolean test(int pattern, int name);

	}

}
