/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The words of pages, of texts in the code of the modules (messages, logs, descriptions)
 * and of the javadoc of public packages, from which the descriptions of keys are made.
 */
class WordsTests {

	/** Indefinite people, personified mechanisms, and negations of nouns. */
	private static final Pattern AVOIDED = Pattern.compile("(?i)\\b(nobody|somebody|anybody|whoever|shall|believes?"
			+ "|wants? to be|left alone|gives? way|mend(s|ed|ing)?|under way|comes forward|all the same"
			+ "|(?<!there )(is|are) (none|no (?!longer|more|larger)))\\b");

	private static final Pattern TEXT = Pattern.compile("\"((?:[^\"\\\\\\n]|\\\\.)*)\"");

	private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/");

	@Test
	void pagesHaveNoneThatTheStyleAvoids() throws IOException {
		List<Path> pages = files(".md").filter((page) -> !page.endsWith("design-decisions.md")).toList();
		assertThat(pages).hasSizeGreaterThan(20);
		assertThat(avoided(pages, (page) -> page)).isEmpty();
	}

	@Test
	void textsOfTheCodeHaveNoneThatTheStyleAvoids() throws IOException {
		assertThat(avoided(sources(), WordsTests::texts)).isEmpty();
		List<Path> metadata = files(".json").filter((file) -> file.toString().contains("additional-spring")).toList();
		assertThat(metadata).isNotEmpty();
		assertThat(avoided(metadata, (file) -> file)).isEmpty();
	}

	@Test
	void javadocOfPublicPackagesHasNoneThatTheStyleAvoids() throws IOException {
		List<Path> open = sources().stream().filter((file) -> !file.toString().contains("/internal/")).toList();
		assertThat(avoided(open, WordsTests::comments)).isEmpty();
	}

	@Test
	void wordsAreFoundInTextsAndComments() {
		assertThat(AVOIDED.matcher(texts("log(\"it is no file\"); // nobody")).results()).hasSize(1);
		assertThat(AVOIDED.matcher(comments("/** Nobody\n * shall\n * ask. */ \"nobody\"")).results()).hasSize(2);
		assertThat(AVOIDED.matcher("There is no file, and it is no longer there.").find()).isFalse();
	}

	private static String texts(String source) {
		return String.join("\n",
				TEXT.matcher(COMMENT.matcher(source).replaceAll("")).results().map((text) -> text.group(1)).toList());
	}

	private static String comments(String source) {
		return COMMENT.matcher(source)
			.results()
			.map(MatchResult::group)
			.map((comment) -> comment.replaceAll("\\s+\\*?\\s*", " "))
			.reduce("", (all, comment) -> all + "\n" + comment);
	}

	private static List<Path> sources() throws IOException {
		List<Path> sources = files(".java").toList();
		assertThat(sources).hasSizeGreaterThan(300);
		return sources;
	}

	private static Stream<Path> files(String suffix) throws IOException {
		Path root = DocumentationPage.root();
		List<Path> found = new ArrayList<>();
		for (String directory : List.of("docs", "modelcache-core/src/main", "modelcache-autoconfigure/src/main",
				"modelcache-llama/src/main", "modelcache-starter-test/src/main", "sample-app/src/main")) {
			try (Stream<Path> below = Files.find(root.resolve(directory), 20, (file, attributes) -> true)) {
				below.forEach(found::add);
			}
		}
		try (Stream<Path> top = Files.list(root)) {
			top.forEach(found::add);
		}
		return found.stream().filter((file) -> file.toString().endsWith(suffix));
	}

	private static List<String> avoided(List<Path> files, UnaryOperator<String> part) throws IOException {
		List<String> avoided = new ArrayList<>();
		for (Path file : files) {
			String text = part.apply(Files.readString(file));
			AVOIDED.matcher(text)
				.results()
				.forEach((word) -> avoided.add(file.getFileName() + ": "
						+ text.substring(Math.max(0, word.start() - 40), Math.min(text.length(), word.end() + 20))));
		}
		return avoided;
	}

}
