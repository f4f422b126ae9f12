/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.util.List;

import dev.modelcache.ModelFileName;
import org.springframework.util.AntPathMatcher;

/**
 * The patterns of {@code hooks.llm.files}: paths and globs of files to download and,
 * after an exclamation mark, of files to leave out.
 *
 * @param included the patterns of files to download
 * @param excluded the patterns of files to leave out, without the exclamation mark
 */
public record FilePatterns(List<String> included, List<String> excluded) {

	private static final String EXCLUSION = "!";

	private static final AntPathMatcher MATCHER = new AntPathMatcher();

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
	 * Returns whether a pattern selects a file, so that leaving it out would help.
	 * @param name the name of the file
	 * @return {@code true} if one does
	 */
	public boolean select(ModelFileName name) {
		return includedOrAll().stream().anyMatch((pattern) -> matches(pattern, name));
	}

	/**
	 * Returns whether a pattern matches a file.
	 * @param pattern a path, or a glob
	 * @param name the name of the file
	 * @return {@code true} if it matches
	 */
	public static boolean matches(String pattern, ModelFileName name) {
		return MATCHER.match(pattern, name.text());
	}

	/**
	 * Returns the pattern that leaves out one file.
	 * @param name the name of the file
	 * @return the pattern, as it is configured
	 */
	public static String excluding(ModelFileName name) {
		return EXCLUSION + name.text();
	}

}
