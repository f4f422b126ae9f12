/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

import dev.modelcache.internal.content.WebPage;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a file, and what they tell.
 *
 * @param bytes the bytes; fewer than {@value #LENGTH} only of a smaller file
 * @param text the same bytes as characters of ISO 8859-1
 */
record Beginning(byte[] bytes, String text) {

	private static final int LENGTH = 512;

	static Beginning of(FileChannel channel) throws IOException {
		ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(LENGTH, channel.size()));
		while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {
			// Reads on.
		}
		byte[] bytes = new byte[buffer.flip().limit()];
		buffer.get(bytes);
		return new Beginning(bytes, new String(bytes, StandardCharsets.ISO_8859_1));
	}

	boolean isGguf() {
		return this.text.startsWith("GGUF");
	}

	/** Safetensors have no mark: the header's length is followed by a JSON object. */
	boolean looksLikeSafetensors() {
		return this.text.startsWith("{", Long.BYTES);
	}

	/** Nor has ONNX: a version is what the message begins with. */
	boolean looksLikeOnnx() {
		return this.text.startsWith("\b");
	}

	boolean isZip() {
		return this.text.startsWith("PK\u0003\u0004");
	}

	/** Returns the name of what stands in place of a file that is elsewhere. */
	@Nullable String pointer() {
		if (this.text.startsWith("version https://git-lfs") || this.text.startsWith("version https://hawser")) {
			return "a Git LFS pointer";
		}
		return this.text.startsWith("# xet version ") ? "a Xet pointer" : null;
	}

	boolean isHtml() {
		return WebPage.isHtml(ByteBuffer.wrap(this.bytes));
	}

	/** Returns what a file that should be another one seems to be. */
	String description() {
		String start = this.text.stripLeading();
		if (this.bytes.length == 0) {
			return "empty";
		}
		if (isHtml()) {
			return "an HTML page";
		}
		if (start.startsWith("<")) {
			return "an XML document";
		}
		if (start.startsWith("{") || start.startsWith("[")) {
			return "a JSON document";
		}
		if (isGguf()) {
			return "a GGUF file";
		}
		if (isZip()) {
			return "a zip archive";
		}
		if (this.text.startsWith("\u001f\u008b") || this.text.startsWith("\u0028\u00b5\u002f\u00fd")
				|| this.text.startsWith("\u00fd7zXZ")) {
			return "a compressed file";
		}
		boolean readable = this.text.chars().allMatch((c) -> (c >= ' ' && c != 0x7f) || (c >= '\t' && c <= '\r'));
		return readable ? "a text" : "a file of another format";
	}

}
