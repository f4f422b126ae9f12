/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Recognizes an HTML page: what a captive portal, a login page or an error page sends
 * where a model was expected. No model format begins with a tag.
 */
public final class HtmlPage {

	private static final int ENOUGH = 256;

	private HtmlPage() {
	}

	/**
	 * Returns whether the beginning of a body is that of an HTML page.
	 * @param head the first bytes; its position does not change
	 * @return {@code true} for a document type or an {@code html} tag, after blanks, a
	 * byte order mark and an XML declaration
	 */
	public static boolean isLikely(ByteBuffer head) {
		byte[] bytes = new byte[Math.min(ENOUGH, head.remaining())];
		head.duplicate().get(bytes);
		String text = new String(bytes, StandardCharsets.ISO_8859_1).replaceFirst("^\u00ef\u00bb\u00bf", "")
			.stripLeading()
			.toLowerCase(Locale.ROOT);
		return text.startsWith("<!doctype html") || text.startsWith("<html")
				|| (text.startsWith("<?xml") && text.contains("<html"));
	}

}
