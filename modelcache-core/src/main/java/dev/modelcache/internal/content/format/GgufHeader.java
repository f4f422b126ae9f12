/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

	private static final int UINT32 = 4;

	private static final int INT32 = 5;

	private static final int FLOAT32 = 6;

	private static final int SMALLEST_ENTRY = 8 + 4 + 1;

	private static final int SMALLEST_TENSOR = 8 + 4 + 4 + 8;

	private static final int LONGEST_KEY = 65535;

	/** Longer keys are not facts. */
	private static final int LONGEST_FACT = 256;

	/** llama.cpp compares each key with all before. */
	private static final int MOST_KEYS = 1 << 16;

	/** What llama.cpp takes, for texts and arrays. */
	private static final long LONGEST_VALUE = 1 << 30;

	/** {@code GGML_MAX_NAME}, with the zero byte at the end. */
	private static final int NAME_BYTES = 64;

	private static final int MOST_DIMENSIONS = 4;

	private static final String ARCHITECTURE = "general.architecture";

	private static final String FILE_TYPE = "general.file_type";

	private static final String ALIGNMENT = "general.alignment";

	private static final String TOKENS = "tokenizer.ggml.tokens";

	private static final String SCORES = "tokenizer.ggml.scores";

	private static final String TOKEN_TYPES = "tokenizer.ggml.token_type";

	private static final String CONTEXT = ".context_length";

	private static final String VOCABULARY = ".vocab_size";

	private static final String LAYERS = ".block_count";

	private static final Set<String> GENERAL = Set.of(ARCHITECTURE, "general.name", "general.license", FILE_TYPE,
			ALIGNMENT);

	private final HeaderReader in;

	/** Whether to refuse what does not affect where the parts of the file are. */
	private final boolean judging;

	private final Map<String, Object> facts = new HashMap<>();

	private final Weights weights = new Weights();

	private final Names keys = new Names();

	private final Names tensorNames = new Names();

	private long keyCount;

	private long tensorCount;

	private long dataStart;

	/** Where the last tensor ends, from the beginning of the weights. */
	private long dataEnd;

	/** Where the next tensor begins. */
	private long nextOffset;

	private boolean unknownType;

	private GgufHeader(HeaderReader in, boolean judging) {
		this.in = in;
		this.judging = judging;
	}

	/**
	 * Reads a header.
	 * @param in positioned at the file's beginning
	 * @param machine the byte order of the machine that is to load the model
	 * @return the facts
	 * @throws FormatException if such a machine cannot load the file
	 * @throws IOException if the file cannot be read
	 */
	static ModelFormat read(HeaderReader in, ByteOrder machine) throws IOException {
		return new GgufHeader(in, true).read(machine);
	}

	/**
	 * Returns where the tensors end, whether or not llama.cpp reads the file.
	 * @param in positioned at the file's beginning
	 * @return a position in the file or beyond its end; empty if the header does not say
	 * @throws FormatException if the positions of the tensors cannot be read
	 * @throws IOException if the file cannot be read
	 */
	static OptionalLong end(HeaderReader in) throws IOException {
		GgufHeader header = new GgufHeader(in, false);
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
		if (entries > MOST_KEYS || tensors > Names.MOST) {
			throw this.in.malformed("it declares more than " + MOST_KEYS + " keys or " + Names.MOST + " tensors");
		}
		while (this.keyCount < entries) {
			this.keyCount++;
			entry();
		}
		if (this.judging) {
			checkCounts();
		}
		long alignment = alignment();
		this.in.check(tensors, SMALLEST_TENSOR);
		while (this.tensorCount < tensors) {
			this.tensorCount++;
			tensor(alignment);
		}
		this.dataStart = padded(this.in.position(), alignment);
		return Math.addExact(this.dataStart, this.dataEnd);
	}

	private static long padded(long position, long alignment) {
		return Math.addExact(position, alignment - 1) / alignment * alignment;
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
		if (this.judging && bigEndian != (machine == ByteOrder.BIG_ENDIAN)) {
			throw this.in.malformed(
					"its numbers are " + (bigEndian ? "big" : "little") + "-endian, unlike those of this machine");
		}
	}

	private void entry() throws IOException {
		String key = key();
		int type = this.in.int32();
		if (type < 0 || type >= VALUE_BYTES.length) {
			throw this.in.malformed("a value has the unknown type " + Integer.toUnsignedString(type));
		}
		if (type == ARRAY) {
			array(key);
		}
		else {
			checkType(key, type);
			Object value = value(type, isFact(key));
			if (value != null) {
				this.facts.put(key, value);
			}
		}
	}

	private String key() throws IOException {
		long length = this.in.int64();
		if (length > LONGEST_KEY) {
			throw this.in.malformed("a key has more than " + LONGEST_KEY + " bytes");
		}
		this.in.check(length, 1);
		byte[] key = this.in.bytes((int) length);
		String text = new String(key, StandardCharsets.UTF_8);
		if (length == 0 || contains(key, 0)) {
			refuse(text, "key " + this.keyCount + " is empty or contains a zero byte");
		}
		if (!this.keys.add(Names.hash(key))) {
			refuse(text, "key " + this.keyCount + " is a duplicate of an earlier key");
		}
		return text;
	}

	/** What is wrong with the alignment affects positions, unlike any other key. */
	private void refuse(String key, String what) throws FormatException {
		if (this.judging || key.equals(ALIGNMENT)) {
			throw this.in.malformed(what);
		}
	}

	/** llama.cpp ends its process if one of these has another type. */
	private void checkType(String key, int type) throws FormatException {
		if ((key.equals(ALIGNMENT) || key.equals(FILE_TYPE)) && type != UINT32) {
			refuse(key, key + " is not a 32-bit unsigned integer");
		}
		if (key.equals(TOKENS) || key.equals(SCORES) || key.equals(TOKEN_TYPES)) {
			refuse(key, key + " is not an array");
		}
	}

	private static boolean isFact(String key) {
		return GENERAL.contains(key) || (key.length() <= LONGEST_FACT
				&& (key.endsWith(CONTEXT) || key.endsWith(VOCABULARY) || key.endsWith(LAYERS)));
	}

	private static boolean contains(byte[] bytes, int octet) {
		for (byte next : bytes) {
			if (next == octet) {
				return true;
			}
		}
		return false;
	}

	private @Nullable Object value(int type, boolean wanted) throws IOException {
		if (!wanted && type != STRING) {
			this.in.skip(VALUE_BYTES[type]);
			return null;
		}
		return switch (type) {
			case 0 -> (long) this.in.uint8();
			case 1 -> (long) (byte) this.in.uint8();
			case 2 -> (long) this.in.uint16();
			case 3 -> (long) (short) this.in.uint16();
			case UINT32 -> this.in.uint32();
			case INT32 -> (long) this.in.int32();
			case STRING -> {
				long length = length();
				if (wanted) {
					yield this.in.text(length);
				}
				this.in.skip(length);
				yield null;
			}
			case 10, 11 -> this.in.int64();
			default -> {
				this.in.skip(VALUE_BYTES[type]);
				yield null;
			}
		};
	}

	/** Reads the length of a text. */
	private long length() throws IOException {
		long length = this.in.int64();
		this.in.check(length, 1);
		if (length > LONGEST_VALUE) {
			throw this.in.malformed("a text has more than 1 GiB");
		}
		return length;
	}

	private void array(String key) throws IOException {
		int type = this.in.int32();
		long count = this.in.int64();
		if (type < 0 || type >= VALUE_BYTES.length || type == ARRAY) {
			throw this.in.malformed("an array has elements of an unknown type, or is nested");
		}
		this.in.check(count, (type == STRING) ? Long.BYTES : VALUE_BYTES[type]);
		if (count > LONGEST_VALUE) {
			throw this.in.malformed("an array has more than " + LONGEST_VALUE + " elements");
		}
		checkElements(key, type);
		if (type == STRING) {
			texts(count, key.equals(TOKENS));
		}
		else {
			this.in.skip(count * VALUE_BYTES[type]);
		}
		if (key.equals(TOKENS) || key.equals(SCORES) || key.equals(TOKEN_TYPES)) {
			this.facts.put(key, count);
		}
	}

	/**
	 * llama.cpp ends its process, or reads beyond them, if these have other elements.
	 * Scores that are all integers are written as such by Python's writer.
	 */
	private void checkElements(String key, int type) throws FormatException {
		boolean wrong = switch (key) {
			case TOKENS -> type != STRING;
			case SCORES -> type != FLOAT32 && type != INT32;
			case TOKEN_TYPES -> type != INT32 && type != UINT32;
			case ALIGNMENT, FILE_TYPE -> true;
			default -> false;
		};
		if (wrong) {
			refuse(key, key + " has another type than llama.cpp requires");
		}
	}

	private void texts(long count, boolean tokens) throws IOException {
		Names names = new Names();
		for (long i = 0; i < count; i++) {
			long length = length();
			if (!tokens || !this.judging) {
				this.in.skip(length);
			}
			// llama.cpp gives empty tokens names of their own.
			else if (length > 0 && !names.add(this.in.hash(length))) {
				throw this.in.malformed("token " + i + " of its vocabulary is a duplicate of an earlier token");
			}
		}
	}

	/** llama.cpp ends its process without tokens or layers. */
	private void checkCounts() throws FormatException {
		for (String key : List.of(TOKENS, Objects.requireNonNullElse(text(ARCHITECTURE), "") + LAYERS)) {
			if (this.facts.get(key) instanceof Long count && count == 0) {
				throw this.in.malformed((key.equals(TOKENS) ? "its vocabulary" : "its model") + " is empty");
			}
		}
		checkVocabulary();
	}

	/** llama.cpp reads as many of both as there are tokens. */
	private void checkVocabulary() throws FormatException {
		Long tokens = number(TOKENS);
		for (String key : List.of(SCORES, TOKEN_TYPES)) {
			Long count = number(key);
			if (tokens != null && count != null && count > 0 && count < tokens) {
				throw this.in.malformed(key + " has " + count + " elements for " + tokens + " tokens");
			}
		}
	}

	private long alignment() throws FormatException {
		Object value = this.facts.getOrDefault(ALIGNMENT, 32L);
		if (value instanceof Long alignment && Long.bitCount(alignment) == 1) {
			return alignment;
		}
		throw this.in.malformed("its alignment is not a power of two");
	}

	private void tensor(long alignment) throws IOException {
		checkName();
		int dimensions = this.in.int32();
		if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
			throw malformedTensor("has more than " + MOST_DIMENSIONS + " dimensions");
		}
		long row = 1;
		long elements = 1;
		for (int i = 0; i < dimensions; i++) {
			long length = this.in.int64();
			if (length < 0) {
				throw malformedTensor("has a dimension that is larger than 2^63");
			}
			// By each but the first, llama.cpp divided until August 2026.
			if (length == 0 && i > 0) {
				refuseTensor("has a dimension of zero after the first, which ends older versions of llama.cpp");
			}
			row = (i == 0) ? length : row;
			elements = Math.multiplyExact(elements, length);
		}
		int number = this.in.int32();
		GgmlType type = GgmlType.of(number);
		if (number < 0 || GgmlType.isRemoved(number)) {
			refuseTensor("has the type " + Integer.toUnsignedString(number) + ", which llama.cpp does not read");
		}
		if (type != null && !type.fits(row)) {
			throw malformedTensor("is not aligned: its rows are not a multiple of the blocks of its type");
		}
		long bytes = (type != null) ? type.bytes(elements) : 0;
		place(this.in.int64(), bytes, alignment);
		this.unknownType |= type == null;
		this.weights.add((type != null) ? type.name() : null, elements);
	}

	private void checkName() throws IOException {
		long length = this.in.int64();
		this.in.check(length, 1);
		if (!this.judging) {
			this.in.skip(length);
			return;
		}
		if (length >= NAME_BYTES) {
			throw malformedTensor("has a name of " + length + " bytes, and llama.cpp reads at most " + (NAME_BYTES - 1)
					+ ", unlike programs such as stable-diffusion.cpp");
		}
		byte[] name = this.in.bytes((int) length);
		if (contains(name, 0)) {
			throw malformedTensor("has a name that contains a zero byte");
		}
		if (!this.tensorNames.add(Names.hash(name))) {
			throw malformedTensor("has a duplicate name: an earlier tensor has the same");
		}
	}

	/** Each tensor begins where the one before ends, but for padding. */
	private void place(long offset, long bytes, long alignment) throws FormatException {
		if (offset < 0 || offset % alignment != 0) {
			throw malformedTensor("is not aligned");
		}
		if (offset < this.nextOffset) {
			throw malformedTensor("overlaps the one before it: it begins at byte " + offset + " of the weights, not "
					+ this.nextOffset);
		}
		// How long a tensor of an unknown type is, is not known.
		if (offset > this.nextOffset && !this.unknownType) {
			throw malformedTensor(
					"leaves a gap before it: it begins at byte " + offset + " of the weights, not " + this.nextOffset);
		}
		this.dataEnd = Math.addExact(offset, bytes);
		this.nextOffset = padded(this.dataEnd, alignment);
	}

	private void refuseTensor(String what) throws FormatException {
		if (this.judging) {
			throw malformedTensor(what);
		}
	}

	private FormatException malformedTensor(String what) {
		return this.in.malformed("tensor " + this.tensorCount + " " + what);
	}

	private ModelFormat format() {
		String architecture = text(ARCHITECTURE);
		Long fileType = number(FILE_TYPE);
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
