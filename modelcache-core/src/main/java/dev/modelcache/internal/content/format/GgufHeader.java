/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

import dev.modelcache.ModelFormat;
import org.jspecify.annotations.Nullable;

/**
 * The header of a GGUF file, version 2 or 3: metadata, then where each tensor is. A shard
 * of a split model is a file like any other.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF</a>
 */
final class GgufHeader {

	static final String NAME = "GGUF";

	private static final int STRING = 8;

	private static final int ARRAY = 9;

	/** The bytes of a value by the number of its type; 0 for those of any length. */
	private static final int[] VALUE_BYTES = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };

	private static final int SMALLEST_ENTRY = 8 + 4 + 1;

	private static final int SMALLEST_TENSOR = 8 + 4 + 4 + 8;

	private static final int LONGEST_KEY = 65535;

	private static final int MOST_DIMENSIONS = 4;

	private static final int MOST_NESTED = 4;

	private static final int MOST_FACTS = 32;

	private static final String TOKENS = "tokenizer.ggml.tokens";

	private static final String CONTEXT = ".context_length";

	private static final String VOCABULARY = ".vocab_size";

	private static final Set<String> GENERAL = Set.of("general.architecture", "general.name", "general.license",
			"general.file_type", "general.alignment");

	private final HeaderReader in;

	private final Map<String, Object> facts = new HashMap<>();

	private final Weights weights = new Weights();

	private long dataEnd;

	private boolean unknownType;

	private GgufHeader(HeaderReader in) {
		this.in = in;
	}

	/**
	 * Reads a header.
	 * @param in stands at the file's beginning
	 * @param machine the byte order of the machine that is to load the model
	 * @return the facts
	 * @throws FormatException if the file is none that such a machine can load
	 * @throws IOException if the file cannot be read
	 */
	static ModelFormat read(HeaderReader in, ByteOrder machine) throws IOException {
		return new GgufHeader(in).read(machine);
	}

	/**
	 * Returns where the tensors end.
	 * @param in stands at the file's beginning
	 * @return a position in the file or beyond its end; empty if the header does not say
	 * @throws FormatException if the file cannot be read as far as it should
	 * @throws IOException if the file cannot be read
	 */
	static OptionalLong end(HeaderReader in) throws IOException {
		GgufHeader header = new GgufHeader(in);
		long end = header.end(ByteOrder.nativeOrder());
		return (header.dataEnd > 0 && !header.unknownType) ? OptionalLong.of(end) : OptionalLong.empty();
	}

	private ModelFormat read(ByteOrder machine) throws IOException {
		long end = end(machine);
		if (this.dataEnd > 0 && end > this.in.size()) {
			throw FormatException.truncated(NAME,
					"its tensors end at byte " + end + ", but it has only " + this.in.size() + " bytes");
		}
		return format();
	}

	private long end(ByteOrder machine) throws IOException {
		this.in.skip(4);
		checkVersion(machine);
		long tensors = this.in.int64();
		long entries = this.in.int64();
		this.in.check(tensors, SMALLEST_TENSOR);
		this.in.check(entries, SMALLEST_ENTRY);
		for (long i = 0; i < entries; i++) {
			entry();
		}
		long alignment = alignment();
		this.in.check(tensors, SMALLEST_TENSOR);
		for (long i = 0; i < tensors; i++) {
			tensor(alignment);
		}
		long dataStart = Math.addExact(this.in.position(), alignment - 1) / alignment * alignment;
		return Math.addExact(dataStart, this.dataEnd);
	}

	private void checkVersion(ByteOrder machine) throws IOException {
		int version = this.in.int32();
		boolean bigEndian = (version & 0xffff) == 0;
		if (bigEndian) {
			this.in.order(ByteOrder.BIG_ENDIAN);
			version = Integer.reverseBytes(version);
		}
		if (version != 2 && version != 3) {
			throw this.in.malformed("its version is " + Integer.toUnsignedString(version) + ", supported are 2 and 3");
		}
		if (bigEndian != (machine == ByteOrder.BIG_ENDIAN)) {
			throw this.in.malformed(
					"its numbers are " + (bigEndian ? "big" : "little") + "-endian, unlike those of this " + "machine");
		}
	}

	private void entry() throws IOException {
		long length = this.in.int64();
		if (length > LONGEST_KEY) {
			throw this.in.malformed("a key has more than " + LONGEST_KEY + " bytes");
		}
		String key = this.in.key(length);
		int type = this.in.int32();
		if (type < 0 || type >= VALUE_BYTES.length) {
			throw this.in.malformed("a value has the unknown type " + Integer.toUnsignedString(type));
		}
		if (type == ARRAY) {
			long count = array(0);
			if (key.equals(TOKENS)) {
				this.facts.put(key, count);
			}
		}
		else if (isFact(key) && this.facts.size() < MOST_FACTS) {
			Object value = value(type);
			if (value != null) {
				this.facts.putIfAbsent(key, value);
			}
		}
		else {
			skip(type, 0);
		}
	}

	private static boolean isFact(String key) {
		return GENERAL.contains(key) || key.endsWith(CONTEXT) || key.endsWith(VOCABULARY);
	}

	private @Nullable Object value(int type) throws IOException {
		return switch (type) {
			case 0 -> (long) this.in.uint8();
			case 1 -> (long) (byte) this.in.uint8();
			case 2 -> (long) this.in.uint16();
			case 3 -> (long) (short) this.in.uint16();
			case 4 -> this.in.uint32();
			case 5 -> (long) this.in.int32();
			case STRING -> this.in.text(this.in.int64());
			case 10, 11 -> this.in.int64();
			default -> {
				this.in.skip(VALUE_BYTES[type]);
				yield null;
			}
		};
	}

	private void skip(int type, int depth) throws IOException {
		switch (type) {
			case STRING -> this.in.skip(this.in.int64());
			case ARRAY -> array(depth);
			default -> this.in.skip(VALUE_BYTES[type]);
		}
	}

	/** Passes over an array and returns the number of its elements. */
	private long array(int depth) throws IOException {
		int type = this.in.int32();
		long count = this.in.int64();
		if (type < 0 || type >= VALUE_BYTES.length || depth == MOST_NESTED) {
			throw this.in.malformed("an array has elements of an unknown type, or is nested too deep");
		}
		if (VALUE_BYTES[type] > 0) {
			this.in.check(count, VALUE_BYTES[type]);
			this.in.skip(count * VALUE_BYTES[type]);
			return count;
		}
		this.in.check(count, Long.BYTES);
		for (long i = 0; i < count; i++) {
			skip(type, depth + 1);
		}
		return count;
	}

	private long alignment() throws FormatException {
		Object value = this.facts.getOrDefault("general.alignment", 32L);
		if (value instanceof Long alignment && alignment >= 1 && alignment <= 1 << 20
				&& Long.bitCount(alignment) == 1) {
			return alignment;
		}
		throw this.in.malformed("its alignment is not a power of two");
	}

	private void tensor(long alignment) throws IOException {
		this.in.skip(this.in.int64());
		int dimensions = this.in.int32();
		if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
			throw this.in.malformed("a tensor has more than " + MOST_DIMENSIONS + " dimensions");
		}
		long row = 1;
		long elements = 1;
		for (int i = 0; i < dimensions; i++) {
			long length = this.in.int64();
			if (length < 0) {
				throw this.in.malformed("a dimension of a tensor is larger than 2^63");
			}
			row = (i == 0) ? length : row;
			elements = Math.multiplyExact(elements, length);
		}
		GgmlType type = GgmlType.of(this.in.int32());
		long offset = this.in.int64();
		if (offset < 0 || offset % alignment != 0 || (type != null && !type.fits(row))) {
			throw this.in.malformed("a tensor is not aligned");
		}
		this.unknownType |= type == null;
		this.dataEnd = Math.max(this.dataEnd, Math.addExact(offset, (type != null) ? type.bytes(elements) : 0));
		this.weights.add((type != null) ? type.name() : null, elements);
	}

	private ModelFormat format() {
		String architecture = text("general.architecture");
		Long fileType = number("general.file_type");
		String quantization = (fileType != null) ? GgmlType.fileType(fileType) : null;
		String prefix = (architecture != null) ? architecture : "";
		Long vocabulary = number(prefix + VOCABULARY);
		return ModelFormat.of(NAME)
			.withArchitecture(architecture)
			.withName(text("general.name"))
			.withQuantization((quantization != null) ? quantization : this.weights.mostOfType())
			.withParameters(this.weights.parameters())
			.withContextLength(number(prefix + CONTEXT))
			.withVocabularySize((vocabulary != null) ? vocabulary : number(TOKENS))
			.withLicense(text("general.license"));
	}

	private @Nullable String text(String key) {
		return (this.facts.get(key) instanceof String text && !text.isEmpty()) ? text : null;
	}

	private @Nullable Long number(String key) {
		return (this.facts.get(key) instanceof Long number && number >= 0) ? number : null;
	}

}
