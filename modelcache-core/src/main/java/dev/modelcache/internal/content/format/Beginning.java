/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

import dev.modelcache.internal.content.WebPage;
import dev.modelcache.internal.content.format.FormatHints.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a file, and what they tell.
 *
 * @param bytes the bytes; fewer than {@value #LENGTH} only of a smaller file
 * @param text the same bytes as characters of ISO 8859-1
 */
record Beginning(byte[] bytes, String text) {

	private static final int LENGTH = 512;

	/** What the reference implementation reads at most. */
	private static final long LONGEST_SAFETENSORS_HEADER = 100_000_000;

	/** The tags of protobuf for {@code producer_name} and {@code graph}. */
	private static final int ONNX_PRODUCER = 0x12;

	private static final int ONNX_GRAPH = 0x3a;

	/** The first bytes of the tags of all fields but the version. */
	private static final String ONNX_FIELDS = "\u0012\u001a\"(2:Br\u00a2\u00ca\u00d2";

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

	/**
	 * Safetensors have no mark: the header's length is followed by a JSON object, in
	 * front of which the reference implementation accepts white space.
	 */
	boolean looksLikeSafetensors() {
		return this.text.length() > Long.BYTES && this.text.substring(Long.BYTES).stripLeading().startsWith("{");
	}

	/**
	 * Nor has ONNX: a version is what the message usually begins with, and any other of
	 * its fields may.
	 */
	boolean looksLikeOnnx() {
		return this.text.startsWith("\b")
				|| (this.bytes.length > 0 && ONNX_FIELDS.indexOf(this.text.charAt(0)) >= 0 && !isText());
	}

	/**
	 * Returns the format that the bytes show, whatever the file is called.
	 * @return the format, or {@code null} for any other file
	 */
	@Nullable Kind kind() {
		if (isGguf()) {
			return Kind.GGUF;
		}
		if (isSafetensors()) {
			return Kind.SAFETENSORS;
		}
		return isOnnx() ? Kind.ONNX : null;
	}

	/** Returns whether a file that is called so may be of this format. */
	boolean looksLike(Kind kind) {
		return switch (kind) {
			case GGUF -> isGguf();
			case SAFETENSORS -> looksLikeSafetensors();
			case ONNX -> looksLikeOnnx();
		};
	}

	/** A length that a header may have, and a JSON object, are hardly anything else. */
	private boolean isSafetensors() {
		if (!looksLikeSafetensors()) {
			return false;
		}
		long length = ByteBuffer.wrap(this.bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
		return length >= 2 && length <= LONGEST_SAFETENSORS_HEADER;
	}

	/**
	 * The version that every ONNX file states, and a producer or the graph after it.
	 * Other messages of protobuf begin with a number, too, but not with such fields.
	 */
	private boolean isOnnx() {
		if (!this.text.startsWith("\b") || this.bytes.length < 4 || this.bytes[1] < 1) {
			return false;
		}
		int tag = this.bytes[2];
		int length = this.bytes[3] & 0xff;
		if (tag == ONNX_GRAPH) {
			return length > 0;
		}
		boolean text = tag == ONNX_PRODUCER && length > 0 && length < 0x80;
		return text && this.text.substring(4, Math.min(4 + length, this.text.length()))
			.chars()
			.allMatch((c) -> c >= ' ' && c < 0x7f);
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
		Kind kind = kind();
		if (kind != null) {
			return kind.label();
		}
		if (isZip()) {
			return "a zip archive";
		}
		if (this.text.startsWith("\u001f\u008b") || this.text.startsWith("\u0028\u00b5\u002f\u00fd")
				|| this.text.startsWith("\u00fd7zXZ")) {
			return "a compressed file";
		}
		return isText() ? "a text" : "a file of another format";
	}

	private boolean isText() {
		return this.text.chars().allMatch((c) -> (c >= ' ' && c != 0x7f) || (c >= '\t' && c <= '\r'));
	}

}
