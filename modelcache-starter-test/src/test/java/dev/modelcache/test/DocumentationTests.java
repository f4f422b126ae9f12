/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the examples of pages with the sources of this module's tests, which compile
 * and run them. A comment before an example names its source:
 * {@code <!-- assistant/ServedModelsTests.java#served -->} is what stands between
 * {@code // tag::served[]} and {@code // end::served[]}.
 */
class DocumentationTests {

	private static final Path PAGES = Path.of("../docs");

	private static final Path SOURCES = Path.of("src/test/java/dev/modelcache/test");

	private static final Pattern EXAMPLE = Pattern.compile("(<!-- (\\S+)#(\\S+) -->\n\n)?```java\n(.*?)\n```",
			Pattern.DOTALL);

	@ParameterizedTest
	@ValueSource(strings = { "testing.md", "extending.md" })
	void examplesAreTheSourcesOfTests(String page) throws IOException {
		List<MatchResult> examples = EXAMPLE.matcher(Files.readString(PAGES.resolve(page))).results().toList();
		assertThat(examples).hasSizeGreaterThanOrEqualTo(5);
		for (MatchResult example : examples) {
			assertThat(example.group(1)).as("the source of the example\n%s", example.group(4)).isNotNull();
			assertThat(example.group(4)).isEqualTo(source(example.group(2), example.group(3)));
		}
	}

	private static String source(String file, String tag) throws IOException {
		String text = Files.readString(SOURCES.resolve(file));
		String begin = "// tag::" + tag + "[]\n";
		assertThat(text).as("%s#%s", file, tag).contains(begin);
		int start = text.indexOf(begin) + begin.length();
		int end = text.indexOf("// end::" + tag + "[]", start);
		return indented(text.substring(start, text.lastIndexOf('\n', end)));
	}

	/** Takes away the indentation that all lines have. */
	private static String indented(String text) {
		int tabs = Stream.of(text.split("\n"))
			.filter((line) -> !line.isBlank())
			.mapToInt((line) -> line.length() - line.stripLeading().length())
			.min()
			.orElse(0);
		return String.join("\n",
				Stream.of(text.split("\n")).map((line) -> line.isBlank() ? "" : line.substring(tabs)).toList());
	}

}
