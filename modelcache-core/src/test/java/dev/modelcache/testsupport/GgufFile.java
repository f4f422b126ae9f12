/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Writes a small GGUF file; whatever is told is written, be it right or wrong.
 */
public final class GgufFile {

	private final ByteOrder order;

	private final ByteArrayOutputStream entries = new ByteArrayOutputStream();

	private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();

	private int alignment = 32;

	private int version = 3;

	private long entryCount;

	private long tensorCount;

	private long dataBytes;

	/** Begins a file for the usual machines. */
	public GgufFile() {
		this(ByteOrder.LITTLE_ENDIAN);
	}

	/** Begins a file for machines of a byte order. */
	public GgufFile(ByteOrder order) {
		this.order = order;
	}

	/** Returns a whole file of an architecture, some facts and 96 bytes of weights. */
	public static GgufFile tiny() {
		return new GgufFile().text("general.architecture", "llama")
			.text("general.name", "Tiny")
			.text("general.license", "apache-2.0")
			.number("general.file_type", 15)
			.number("llama.context_length", 2048)
			.texts("tokenizer.ggml.tokens", "<s>", "</s>", "a")
			.tensor(0, 4, 2)
			.tensor(2, 32);
	}

	public GgufFile version(int version) {
		this.version = version;
		return this;
	}

	/** Aligns what follows, without a word of it in the file. */
	public GgufFile alignment(int alignment) {
		this.alignment = alignment;
		return this;
	}

	public GgufFile text(String key, String value) {
		return entry(key, 8, string(value));
	}

	public GgufFile number(String key, int value) {
		return entry(key, 4, int32(value));
	}

	public GgufFile texts(String key, String... values) {
		return array(key, 8, values.length, concatenated(values));
	}

	/** Writes an array that may promise more than its content. */
	public GgufFile array(String key, int elementType, long count, byte[] content) {
		return entry(key, 9, int32(elementType), int64(count), content);
	}

	public GgufFile entry(String key, int type, byte[]... value) {
		this.entryCount++;
		this.entries.writeBytes(string(key));
		this.entries.writeBytes(int32(type));
		for (byte[] part : value) {
			this.entries.writeBytes(part);
		}
		return this;
	}

	/** Writes a tensor of type F32 (0), F16 (1) or Q4_0 (2). */
	public GgufFile tensor(int type, long... dimensions) {
		long elements = 1;
		for (long dimension : dimensions) {
			elements *= dimension;
		}
		long bytes = switch (type) {
			case 0 -> elements * 4;
			case 1 -> elements * 2;
			default -> elements / 32 * 18;
		};
		tensorAt(this.dataBytes, type, dimensions);
		this.dataBytes += (bytes + this.alignment - 1) / this.alignment * this.alignment;
		return this;
	}

	/** Describes a tensor, without its weights. */
	public GgufFile tensorAt(long offset, int type, long... dimensions) {
		return tensorAt("tensor." + (this.tensorCount + 1), offset, type, dimensions);
	}

	/** Describes a tensor of a name, without its weights. */
	public GgufFile tensorAt(String name, long offset, int type, long... dimensions) {
		this.tensorCount++;
		this.tensors.writeBytes(string(name));
		this.tensors.writeBytes(int32(dimensions.length));
		for (long dimension : dimensions) {
			this.tensors.writeBytes(int64(dimension));
		}
		this.tensors.writeBytes(int32(type));
		this.tensors.writeBytes(int64(offset));
		return this;
	}

	/** Promises so many entries. */
	public GgufFile entryCount(long count) {
		this.entryCount = count;
		return this;
	}

	/** Promises so many tensors. */
	public GgufFile tensorCount(long count) {
		this.tensorCount = count;
		return this;
	}

	/** Leaves room for weights. */
	public GgufFile data(int bytes) {
		this.dataBytes += bytes;
		return this;
	}

	/** Returns the whole file. */
	public byte[] bytes() {
		ByteArrayOutputStream file = new ByteArrayOutputStream();
		file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
		file.writeBytes(int32(this.version));
		file.writeBytes(int64(this.tensorCount));
		file.writeBytes(int64(this.entryCount));
		file.writeBytes(this.entries.toByteArray());
		file.writeBytes(this.tensors.toByteArray());
		int padding = (this.alignment - file.size() % this.alignment) % this.alignment;
		file.writeBytes(new byte[padding + (int) this.dataBytes]);
		return file.toByteArray();
	}

	/** Returns the whole file. */
	public Content content() {
		return Content.of(bytes());
	}

	/** Returns the inside of so many arrays of one array each, the last one empty. */
	public byte[] nested(int depth) {
		byte[] inside = ModelFiles.joined(int32(0), int64(0));
		for (int i = 1; i < depth; i++) {
			inside = ModelFiles.joined(int32(9), int64(1), inside);
		}
		return inside;
	}

	public byte[] int32(int value) {
		return ByteBuffer.allocate(Integer.BYTES).order(this.order).putInt(value).array();
	}

	public byte[] int64(long value) {
		return ByteBuffer.allocate(Long.BYTES).order(this.order).putLong(value).array();
	}

	private byte[] string(String text) {
		return concatenated(text);
	}

	private byte[] concatenated(String... texts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (String text : texts) {
			byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
			all.writeBytes(int64(bytes.length));
			all.writeBytes(bytes);
		}
		return all.toByteArray();
	}

}
