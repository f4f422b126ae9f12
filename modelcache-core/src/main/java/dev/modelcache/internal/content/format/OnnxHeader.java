/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;

import dev.modelcache.ModelFormat;
import org.jspecify.annotations.Nullable;

/**
 * What an ONNX file says of its model. It is one protobuf message; its fields are passed
 * over by their lengths, only the graph's name and the heads of its weights are read.
 * Weights may be in other files beside it.
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Protobuf's wire
 * format</a>
 */
final class OnnxHeader {

	static final String NAME = "ONNX";

	private static final int VARINT = 0;

	private static final int FIXED64 = 1;

	private static final int LENGTH = 2;

	private static final int FIXED32 = 5;

	/** Names and bits of the element types, by their numbers in TensorProto. */
	private static final @Nullable ElementType[] TYPES = { null, type("F32", 32), type("U8", 8), type("I8", 8),
			type("U16", 16), type("I16", 16), type("I32", 32), type("I64", 64), null, type("BOOL", 8), type("F16", 16),
			type("F64", 64), type("U32", 32), type("U64", 64), type("C64", 64), type("C128", 128), type("BF16", 16),
			type("F8_E4M3", 8), type("F8_E4M3FNUZ", 8), type("F8_E5M2", 8), type("F8_E5M2FNUZ", 8), type("U4", 4),
			type("I4", 4), type("F4", 4) };

	private final HeaderReader in;

	private final Weights weights = new Weights();

	private @Nullable String graphName;

	private OnnxHeader(HeaderReader in) {
		this.in = in;
	}

	/**
	 * Reads a file.
	 * @param in stands at the file's beginning
	 * @return the facts
	 * @throws FormatException if the file is no such message, or not a whole one
	 * @throws IOException if the file cannot be read
	 */
	static ModelFormat read(HeaderReader in) throws IOException {
		return new OnnxHeader(in).read();
	}

	private ModelFormat read() throws IOException {
		if (this.in.size() > Integer.MAX_VALUE) {
			throw this.in.malformed("it is larger than the 2 GiB that protobuf can hold");
		}
		long irVersion = 0;
		boolean graph = false;
		while (this.in.remaining() > 0) {
			long tag = varint();
			if (tag == tag(1, VARINT)) {
				irVersion = varint();
			}
			else if (tag == tag(7, LENGTH)) {
				graph(length(this.in.size()));
				graph = true;
			}
			else {
				skip(tag, this.in.size());
			}
		}
		if (irVersion <= 0 || !graph) {
			throw this.in.malformed("it has no version or no graph");
		}
		return ModelFormat.of(NAME)
			.withName(this.graphName)
			.withQuantization(this.weights.mostOfType())
			.withParameters(this.weights.parameters());
	}

	private void graph(long end) throws IOException {
		while (this.in.position() < end) {
			long tag = varint();
			if (tag == tag(2, LENGTH)) {
				String name = this.in.text(length(end) - this.in.position());
				this.graphName = name.isEmpty() ? null : name;
			}
			else if (tag == tag(5, LENGTH)) {
				tensor(length(end));
			}
			else {
				skip(tag, end);
			}
		}
		checkEnd(end);
	}

	private void tensor(long end) throws IOException {
		long elements = 1;
		long number = 0;
		long rawBytes = -1;
		while (this.in.position() < end) {
			long tag = varint();
			if (tag == tag(1, VARINT)) {
				elements = times(elements, varint());
			}
			else if (tag == tag(1, LENGTH)) {
				long dimensionsEnd = length(end);
				while (this.in.position() < dimensionsEnd) {
					elements = times(elements, varint());
				}
				checkEnd(dimensionsEnd);
			}
			else if (tag == tag(2, VARINT)) {
				number = varint();
			}
			else if (tag == tag(9, LENGTH)) {
				long rawStart = length(end);
				rawBytes = rawStart - this.in.position();
				this.in.skip(rawBytes);
			}
			else {
				skip(tag, end);
			}
		}
		checkEnd(end);
		ElementType type = (number >= 0 && number < TYPES.length) ? TYPES[(int) number] : null;
		// An empty field is as good as none: the weights are in another file, or field.
		if (type != null && rawBytes > 0 && type.bytes(elements) != rawBytes) {
			throw this.in.malformed(
					"a tensor has " + rawBytes + " bytes for " + elements + " elements of " + type.bits() + " bits");
		}
		this.weights.add((type != null) ? type.name() : null, elements);
	}

	private long times(long elements, long dimension) throws FormatException {
		if (dimension < 0) {
			throw this.in.malformed("a tensor has a negative dimension");
		}
		return Math.multiplyExact(elements, dimension);
	}

	private void skip(long tag, long end) throws IOException {
		if (tag >>> 3 == 0) {
			throw this.in.malformed("it is not a protobuf message");
		}
		switch ((int) tag & 7) {
			case VARINT -> varint();
			case FIXED64 -> this.in.skip(Long.BYTES);
			case LENGTH -> this.in.skip(length(end) - this.in.position());
			case FIXED32 -> this.in.skip(Integer.BYTES);
			default -> throw this.in.malformed("it is not a protobuf message");
		}
	}

	/** Reads the length of a field and returns where it ends. */
	private long length(long end) throws IOException {
		long length = varint();
		if (length < 0 || length > end - this.in.position()) {
			throw FormatException.truncated(NAME, "at byte " + this.in.position() + " of " + this.in.size()
					+ " it declares more data than it " + "contains");
		}
		return this.in.position() + length;
	}

	private long varint() throws IOException {
		long value = 0;
		for (int shift = 0; shift < Long.SIZE; shift += 7) {
			int next = this.in.uint8();
			value |= (long) (next & 0x7f) << shift;
			if (next < 0x80) {
				return value;
			}
		}
		throw this.in.malformed("it is not a protobuf message");
	}

	private void checkEnd(long end) throws FormatException {
		if (this.in.position() != end) {
			throw this.in.malformed("a part of it is longer than declared");
		}
	}

	private static long tag(int field, int wireType) {
		return field << 3 | wireType;
	}

	private static ElementType type(String name, int bits) {
		return new ElementType(name, bits);
	}

	private record ElementType(String name, int bits) {

		long bytes(long elements) {
			return Math.addExact(Math.multiplyExact(elements, (long) this.bits), 7) / 8;
		}

	}

}
