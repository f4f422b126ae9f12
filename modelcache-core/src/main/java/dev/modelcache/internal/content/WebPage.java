/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Recognizes what a captive portal, a login page, a security gateway or a server in
 * trouble sends where a model was expected: an HTML page or a text. No model format
 * begins with a tag.
 */
public final class WebPage {

	private static final int ENOUGH = 256;

	/** The first bytes of these formats are not text, which so many of them show. */
	private static final int DECISIVE = 16;

	private static final Set<String> BINARY = Set.of("gguf", "safetensors", "onnx");

	private static final Pattern TEXT = Pattern.compile("[^\\p{Cntrl}\\ufffd]|[\\t\\r\\n\\f]");

	private static final int LONGEST_LINE = 80;

	private WebPage() {
	}

	/**
	 * Returns whether the beginning of a body is that of an HTML page.
	 * @param head the first bytes; its position does not change
	 * @return {@code true} for a document type or an {@code html} tag, after blanks, a
	 * byte order mark and an XML declaration
	 */
	public static boolean isHtml(ByteBuffer head) {
		String text = new String(beginning(head), StandardCharsets.ISO_8859_1).replaceFirst("^\u00ef\u00bb\u00bf", "")
			.stripLeading()
			.toLowerCase(Locale.ROOT);
		return text.startsWith("<!doctype html") || text.startsWith("<html")
				|| (text.startsWith("<?xml") && text.contains("<html"));
	}

	/**
	 * Describes what was sent instead of a file.
	 * @param head the first bytes; its position does not change
	 * @param fileName the name of the file
	 * @return what it is, with the first line of a text, or {@code null} if it may be the
	 * file
	 */
	public static @Nullable String describe(ByteBuffer head, String fileName) {
		if (isHtml(head)) {
			return "an HTML page";
		}
		if (!isBinary(fileName) || head.remaining() < DECISIVE) {
			return null;
		}
		// What is cut in the middle of a character is not a character.
		String text = new String(beginning(head), StandardCharsets.UTF_8).replaceFirst("\\ufffd$", "");
		if (!text.codePoints().allMatch((c) -> TEXT.matcher(Character.toString(c)).matches())) {
			return null;
		}
		String line = text.strip().lines().findFirst().orElse("").strip();
		String shown = (line.length() > LONGEST_LINE) ? line.substring(0, LONGEST_LINE) + "…" : line;
		return shown.isEmpty() ? "a blank text" : "a text that begins with \"" + shown + "\"";
	}

	/**
	 * Returns whether the name of a file tells a format whose first bytes are known.
	 * @param fileName the name
	 * @return {@code true} for GGUF, safetensors and ONNX
	 */
	public static boolean isBinary(String fileName) {
		return BINARY.contains(fileName.substring(fileName.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
	}

	private static byte[] beginning(ByteBuffer head) {
		byte[] bytes = new byte[Math.min(ENOUGH, head.remaining())];
		head.duplicate().get(bytes);
		return bytes;
	}

}
