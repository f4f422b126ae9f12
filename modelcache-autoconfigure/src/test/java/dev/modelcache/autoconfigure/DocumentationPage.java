/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Markdown page of the project.
 *
 * @param path its path in the project
 * @param text its text
 */
record DocumentationPage(Path path, String text) {

	private static final Pattern BLOCK = Pattern.compile("(?ms)^```([a-z]*)\\n(.*?)^```$");

	private static final Pattern LINK = Pattern.compile("(?:\\]\\(|src=\"|srcset=\")([^)\\s\"]+)");

	private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

	/** The directory of the project. */
	static Path root() {
		Path here = Path.of("").toAbsolutePath();
		return Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
	}

	/** Reads all pages: those at the top, those of docs and those of the modules. */
	static List<DocumentationPage> all() {
		try (Stream<Path> files = Files.find(root(), 4,
				(file, attributes) -> file.getFileName().toString().endsWith(".md")
						&& !file.toString().matches(".*/(target|\\.github)/.*"))) {
			return files.sorted().map(DocumentationPage::read).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static DocumentationPage read(Path file) {
		try {
			return new DocumentationPage(root().relativize(file), Files.readString(file));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** The code blocks of a language; those without one have an empty language. */
	List<String> blocks(String language) {
		return BLOCK.matcher(this.text)
			.results()
			.filter((block) -> block.group(1).equals(language))
			.map((block) -> block.group(2))
			.toList();
	}

	/** Whether its programs are parts of sources that the page names in comments. */
	boolean hasExcerpts() {
		return this.text.contains(".java#");
	}

	/** The text without its code blocks. */
	String prose() {
		return BLOCK.matcher(this.text).replaceAll("");
	}

	/** The links within the project. */
	List<String> links() {
		return LINK.matcher(prose())
			.results()
			.map((link) -> link.group(1))
			.filter((link) -> !link.contains(":"))
			.toList();
	}

	/** The anchors that headings get. */
	Set<String> anchors() {
		Map<String, Integer> counts = new HashMap<>();
		Set<String> anchors = new HashSet<>();
		for (MatchResult heading : HEADING.matcher(prose()).results().toList()) {
			String anchor = heading.group(1)
				.replaceAll("\\[([^]]*)\\]\\([^)]*\\)", "$1")
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-');
			int count = counts.merge(anchor, 1, Integer::sum);
			anchors.add((count == 1) ? anchor : anchor + "-" + (count - 1));
		}
		return anchors;
	}

	/** The Maven commands, in blocks and within sentences. */
	List<String> commands() {
		List<String> commands = new ArrayList<>();
		for (String line : this.text.lines().toList()) {
			for (String part : line.split("`")) {
				if (part.startsWith("mvn ")) {
					commands.add(part);
				}
			}
		}
		return commands;
	}

	@Override
	public String toString() {
		return this.path.toString();
	}

}
