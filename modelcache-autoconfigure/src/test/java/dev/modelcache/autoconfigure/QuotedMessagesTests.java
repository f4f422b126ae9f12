/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compares the messages that the pages quote with the strings of the compiled libraries,
 * from which messages are put together. What varies in a message is left out: an
 * ellipsis, and words that look like a URL, a path, a name in quotes or a number.
 */
class QuotedMessagesTests {

	private static final Pattern SPAN = Pattern.compile("`([^`]+)`");

	private static final Pattern VARIABLE = Pattern.compile("[^\\s…]*…[^\\s…]*|(?<!\\S)\\(?(?:'[^']*'|[A-Z][A-Z_]+"
			+ "|[^\\s]*[/0-9][^\\s]*?|[\\w-]+\\.[\\w.\\[\\]-]+)[;:,)]*(?!\\S)");

	private static final Pattern PLACEHOLDER = Pattern.compile("[\\x01\\x02]|\\{}|%[sd]|\\.(?!\\S)");

	/** Pieces of which an operating system is the author. */
	private static final List<String> OF_THE_SYSTEM = List.of("No space left on device", "Disk quota exceeded",
			"File too large", "Device or resource busy", "Text file busy");

	private static final int MOST_PIECES = 3;

	private static final int LEAST_LETTERS = 3;

	private static final Set<String> PIECES = pieces();

	private static final String ALL = "\n" + String.join("\n", PIECES) + "\n";

	/** The first cells of its tables, and what else has a gap. */
	static List<String> messagesOfTroubleshooting() {
		return page("docs/troubleshooting.md").flatMap((line) -> {
			int cell = line.startsWith("| ") ? line.indexOf(" | ", 1) : 0;
			return SPAN.matcher(line)
				.results()
				.filter((span) -> span.group(1).contains(" "))
				.filter((span) -> span.start() < cell || span.group(1).contains("…"))
				.map((span) -> span.group(1));
		}).toList();
	}

	/** Tables that begin with an error code. */
	static List<String> messagesOfSources() {
		return page("docs/sources.md").filter((line) -> line.matches("\\| `[A-Z_]+` \\| .*"))
			.map((line) -> line.split(" \\| ")[1])
			.toList();
	}

	private static Stream<String> page(String name) {
		return DocumentationPage.read(DocumentationPage.root().resolve(name)).prose().lines();
	}

	@ParameterizedTest
	@MethodSource({ "messagesOfTroubleshooting", "messagesOfSources" })
	void messageThatIsQuotedIsOneOfTheCode(String message) {
		assertThat(fixedParts(message)).isNotEmpty().allMatch(QuotedMessagesTests::isMadeOfPieces);
	}

	@ParameterizedTest
	@ValueSource(strings = { "… has an unknown name of a host", "a model cannot be stored atomically in …",
			"… did not reply within … ms", "waiting for a process … on …" })
	void messageThatTheCodeDoesNotHaveIsNoticed(String message) {
		assertThat(fixedParts(message)).anyMatch((part) -> !isMadeOfPieces(part));
	}

	private static List<String> fixedParts(String message) {
		return VARIABLE.splitAsStream(message)
			.flatMap((part) -> Arrays.stream(part.split("\\.(?!\\S)")))
			.map(String::strip)
			.filter((part) -> letters(part) >= LEAST_LETTERS)
			.toList();
	}

	/**
	 * Returns whether a text is a part of a piece, or the end of one, whole ones and the
	 * beginning of one.
	 */
	private static boolean isMadeOfPieces(String text) {
		if (ALL.contains(text)) {
			return true;
		}
		int[] count = new int[text.length() + 1];
		Arrays.fill(count, MOST_PIECES + 1);
		count[0] = 0;
		for (int start = 0; start < text.length(); start++) {
			for (int end = start + 1; end <= text.length() && count[start] < MOST_PIECES; end++) {
				String part = text.substring(start, end);
				boolean known = (start == 0) ? isEndOfWords(text, end, part) : (end == text.length())
						? ALL.contains("\n" + part) : PIECES.contains(part) && letters(part) != 1 && letters(part) != 2;
				if (known) {
					count[end] = Math.min(count[end], count[start] + 1);
				}
			}
		}
		return count[text.length()] <= MOST_PIECES;
	}

	private static boolean isEndOfWords(String text, int end, String part) {
		return end < text.length() && (ALL.contains(" " + part + "\n") || ALL.contains("\n" + part + "\n"));
	}

	private static long letters(String text) {
		return text.chars().filter(Character::isLetter).count();
	}

	private static Set<String> pieces() {
		Set<String> pieces = new HashSet<>(OF_THE_SYSTEM);
		try {
			for (Resource type : new PathMatchingResourcePatternResolver()
				.getResources("classpath*:dev/modelcache/**/*.class")) {
				if (!type.getURL().toString().matches(".*(/test-classes/|-tests\\.jar!).*")) {
					for (String constant : constants(type)) {
						PLACEHOLDER.splitAsStream(constant).filter((piece) -> !piece.isBlank()).forEach(pieces::add);
					}
				}
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		return pieces;
	}

	/**
	 * Reads the texts in the constant pool of a class, to which the recipes of
	 * concatenations belong (Java Virtual Machine Specification, section 4.4).
	 */
	private static List<String> constants(Resource type) throws IOException {
		try (InputStream in = type.getInputStream(); DataInputStream data = new DataInputStream(in)) {
			data.skipNBytes(8);
			String[] texts = new String[data.readUnsignedShort()];
			Set<Integer> strings = new HashSet<>();
			for (int i = 1; i < texts.length; i++) {
				switch (data.readUnsignedByte()) {
					case 1 -> texts[i] = data.readUTF();
					case 8 -> strings.add(data.readUnsignedShort());
					case 7, 16, 19, 20 -> data.skipNBytes(2);
					case 15 -> data.skipNBytes(3);
					case 5, 6 -> {
						data.skipNBytes(8);
						i++;
					}
					default -> data.skipNBytes(4);
				}
			}
			return strings.stream().map((index) -> texts[index]).toList();
		}
	}

}
