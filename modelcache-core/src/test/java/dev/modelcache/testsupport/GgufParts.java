/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The parts of a GGUF file that llama.cpp loads, to be changed one at a time.
 */
final class GgufParts {

	private static final int[] VALUE_BYTES = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

	final List<Entry> entries = new ArrayList<>();

	final List<Tensor> tensors = new ArrayList<>();

	byte[] data;

	int version = 3;

	int alignment = 32;

	Long entryCount;

	Long tensorCount;

	GgufParts(byte[] file) {
		ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).position(8);
		long tensorCount = in.getLong();
		long entryCount = in.getLong();
		for (int i = 0; i < entryCount; i++) {
			String key = text(in);
			int type = in.getInt();
			int start = in.position();
			skip(in, type);
			this.entries.add(new Entry(key, type, Arrays.copyOfRange(file, start, in.position())));
		}
		for (int i = 0; i < tensorCount; i++) {
			String name = text(in);
			long[] dimensions = new long[in.getInt()];
			Arrays.setAll(dimensions, (index) -> in.getLong());
			this.tensors.add(new Tensor(name, dimensions, in.getInt(), in.getLong()));
		}
		this.data = Arrays.copyOfRange(file, (in.position() + 31) / 32 * 32, file.length);
	}

	private static String text(ByteBuffer in) {
		byte[] bytes = new byte[(int) in.getLong()];
		in.get(bytes);
		return new String(bytes, StandardCharsets.ISO_8859_1);
	}

	private static void skip(ByteBuffer in, int type) {
		if (type == 8) {
			text(in);
		}
		else if (type == 9) {
			int elements = in.getInt();
			long count = in.getLong();
			for (long i = 0; i < count; i++) {
				skip(in, elements);
			}
		}
		else {
			in.position(in.position() + VALUE_BYTES[type]);
		}
	}

	int entry(String key) {
		for (int i = 0; i < this.entries.size(); i++) {
			if (this.entries.get(i).key().equals(key)) {
				return i;
			}
		}
		throw new IllegalArgumentException(key);
	}

	GgufParts add(String key, int type, byte[]... value) {
		this.entries.add(new Entry(key, type, ModelFiles.joined(value)));
		return this;
	}

	GgufParts set(String key, int type, byte[]... value) {
		this.entries.set(entry(key), new Entry(key, type, ModelFiles.joined(value)));
		return this;
	}

	/** Lays the weights out for another alignment, and says so. */
	GgufParts aligned(int alignment) {
		ByteArrayOutputStream weights = new ByteArrayOutputStream();
		for (int i = 0; i < this.tensors.size(); i++) {
			Tensor tensor = this.tensors.get(i);
			int bytes = 4 * (int) Arrays.stream(tensor.dimensions()).reduce(1, (a, b) -> a * b);
			this.tensors.set(i, tensor.at(weights.size()));
			weights.write(this.data, (int) tensor.offset(), bytes);
			weights.writeBytes(new byte[(alignment - weights.size() % alignment) % alignment]);
		}
		this.data = weights.toByteArray();
		this.alignment = alignment;
		return add("general.alignment", 4, int32(alignment));
	}

	/** Returns a tensor without bytes that comes last. */
	Tensor behind(String name, long... dimensions) {
		Tensor last = this.tensors.get(this.tensors.size() - 1);
		int bytes = 4 * (int) Arrays.stream(last.dimensions()).reduce(1, (a, b) -> a * b);
		return new Tensor(name, dimensions, 0, last.offset() + (bytes + 31) / 32 * 32);
	}

	byte[] bytes() {
		ByteArrayOutputStream file = new ByteArrayOutputStream();
		file.writeBytes(new byte[] { 'G', 'G', 'U', 'F' });
		file.writeBytes(int32(this.version));
		file.writeBytes(int64((this.tensorCount != null) ? this.tensorCount : this.tensors.size()));
		file.writeBytes(int64((this.entryCount != null) ? this.entryCount : this.entries.size()));
		for (Entry entry : this.entries) {
			file.writeBytes(text(entry.key()));
			file.writeBytes(int32(entry.type()));
			file.writeBytes(entry.value());
		}
		for (Tensor tensor : this.tensors) {
			file.writeBytes(text(tensor.name()));
			file.writeBytes(int32(tensor.dimensions().length));
			Arrays.stream(tensor.dimensions()).forEach((length) -> file.writeBytes(int64(length)));
			file.writeBytes(int32(tensor.type()));
			file.writeBytes(int64(tensor.offset()));
		}
		file.writeBytes(new byte[(this.alignment - file.size() % this.alignment) % this.alignment]);
		file.writeBytes(this.data);
		return file.toByteArray();
	}

	static byte[] text(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
		return ModelFiles.joined(int64(bytes.length), bytes);
	}

	static byte[] int32(int value) {
		return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
	}

	static byte[] int64(long value) {
		return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
	}

	/** An array of numbers that are zero, or of different texts. */
	static byte[] array(int type, int count) {
		ByteArrayOutputStream elements = new ByteArrayOutputStream();
		for (int i = 0; i < count; i++) {
			elements.writeBytes((type == 8) ? text("t" + i) : new byte[VALUE_BYTES[type]]);
		}
		return ModelFiles.joined(int32(type), int64(count), elements.toByteArray());
	}

	static byte[] zero(int type) {
		return (type == 8) ? text("") : (type == 9) ? array(4, 0) : new byte[VALUE_BYTES[type]];
	}

	record Entry(String key, int type, byte[] value) {

	}

	record Tensor(String name, long[] dimensions, int type, long offset) {

		Tensor at(long other) {
			return new Tensor(this.name, this.dimensions, this.type, other);
		}

		Tensor named(String other) {
			return new Tensor(other, this.dimensions, this.type, this.offset);
		}

		Tensor of(int other) {
			return new Tensor(this.name, this.dimensions, other, this.offset);
		}

		Tensor with(long... others) {
			return new Tensor(this.name, others, this.type, this.offset);
		}

	}

}
