/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

import dev.modelcache.ModelFormat;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.json.JsonFactory;

/**
 * The header of a safetensors file: 8 bytes for its length, then a JSON object that says
 * where each tensor is. The tensors fill the rest of the file without a gap. The JSON is
 * read token by token and never held as a whole.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">Format</a>
 */
final class SafetensorsHeader {

	static final String NAME = "safetensors";

	/** What the reference implementation takes. */
	private static final long LONGEST = 100_000_000;

	/** {@code Dtype} of version 0.8 of the reference implementation. */
	private static final Map<String, Integer> BITS = Map.ofEntries(Map.entry("BOOL", 8), Map.entry("F4", 4),
			Map.entry("F6_E2M3", 6), Map.entry("F6_E3M2", 6), Map.entry("U8", 8), Map.entry("I8", 8),
			Map.entry("F8_E5M2", 8), Map.entry("F8_E4M3", 8), Map.entry("F8_E8M0", 8), Map.entry("F8_E4M3FNUZ", 8),
			Map.entry("F8_E5M2FNUZ", 8), Map.entry("I16", 16), Map.entry("U16", 16), Map.entry("F16", 16),
			Map.entry("BF16", 16), Map.entry("I32", 32), Map.entry("U32", 32), Map.entry("F32", 32),
			Map.entry("C64", 64), Map.entry("F64", 64), Map.entry("I64", 64), Map.entry("U64", 64));

	/** Names are not kept: a header may hold millions of them. */
	private static final JsonFactory JSON = JsonFactory.builder()
		.disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
		.streamReadConstraints(StreamReadConstraints.builder()
			.maxNestingDepth(127)
			.maxNumberLength(1 << 10)
			.maxNameLength(1 << 20)
			.maxStringLength(1 << 20)
			.build())
		.build();

	private final HeaderReader in;

	/** Whether to refuse what does not affect where the tensors are. */
	private final boolean judging;

	private final Weights weights = new Weights();

	private final Names names = new Names();

	/** Where tensors begin and end, except those of no bytes. */
	private final Offsets starts = new Offsets();

	private final Offsets ends = new Offsets();

	/** Where tensors of no bytes are. */
	private final Offsets empty = new Offsets();

	private boolean metadataRead;

	private long dataEnd;

	private long dataBytes;

	private @Nullable String architecture;

	private @Nullable String title;

	private @Nullable String license;

	private SafetensorsHeader(HeaderReader in, boolean judging) {
		this.in = in;
		this.judging = judging;
	}

	/**
	 * Reads a header.
	 * @param in positioned at the file's beginning
	 * @return the facts
	 * @throws FormatException if the file is not what its header says, or has none
	 * @throws IOException if the file cannot be read
	 */
	static ModelFormat read(HeaderReader in) throws IOException {
		return new SafetensorsHeader(in, true).read();
	}

	/**
	 * Returns where the tensors end.
	 * @param in positioned at the file's beginning
	 * @return a position in the file or beyond its end
	 * @throws FormatException if the file cannot be read as far as it should
	 * @throws IOException if the file cannot be read
	 */
	static long end(HeaderReader in) throws IOException {
		SafetensorsHeader header = new SafetensorsHeader(in, false);
		long available = header.available();
		return in.size() - available + header.dataEnd;
	}

	private ModelFormat read() throws IOException {
		long available = available();
		if (this.dataEnd > available) {
			throw FormatException.truncated(NAME,
					"its tensors require " + this.dataEnd + " bytes, but it has only " + "" + available);
		}
		checkOffsets(available);
		return ModelFormat.of(NAME)
			.withArchitecture(this.architecture)
			.withName(this.title)
			.withQuantization(this.weights.mostOfType())
			.withParameters(this.weights.parameters())
			.withLicense(this.license);
	}

	/** Each tensor begins where another one ends, and the first at the beginning. */
	private void checkOffsets(long available) throws FormatException {
		long[] from = this.starts.sorted();
		long[] to = this.ends.sorted();
		long end = 0;
		for (int i = 0; i < from.length; i++) {
			if (from[i] < end) {
				throw this.in.malformed("two of its tensors overlap at byte " + from[i] + " after the header");
			}
			if (from[i] > end) {
				throw doNotFill(available, "none is at byte " + end);
			}
			end = to[i];
		}
		if (end != available) {
			throw doNotFill(available, "the last one ends at byte " + end);
		}
		for (long offset : this.empty.sorted()) {
			if (offset != end && Arrays.binarySearch(from, offset) < 0) {
				throw this.in
					.malformed("an empty tensor is at byte " + offset + " after the header, within another one");
			}
		}
	}

	private FormatException doNotFill(long available, String where) {
		return this.in.malformed("its tensors do not fill the file: they take " + this.dataBytes + " of " + available
				+ " bytes after the header, " + where);
	}

	/** Reads the header, and returns how many bytes follow it. */
	private long available() throws IOException {
		long length = this.in.int64();
		if (length < 0 || length > LONGEST) {
			throw this.in.malformed("it does not start with the length of a header");
		}
		long available = this.in.remaining() - length;
		try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), new StrictReader(this.in.stream(length)))) {
			header(json);
		}
		catch (JacksonIOException ex) {
			if (ex.getCause() instanceof CharacterCodingException) {
				throw this.in.malformed("its header is not valid UTF-8");
			}
			throw ex.getCause();
		}
		catch (JacksonException ex) {
			throw this.in.malformed("its header is not a JSON object of tensors");
		}
		return available;
	}

	private void header(JsonParser json) throws IOException {
		expect(json.nextToken() == JsonToken.START_OBJECT);
		while (json.nextToken() == JsonToken.PROPERTY_NAME) {
			String name = json.currentName();
			JsonToken value = json.nextToken();
			if (name.equals("__metadata__")) {
				checkDuplicate(this.metadataRead, name);
				this.metadataRead = true;
				expect(value == JsonToken.START_OBJECT || value == JsonToken.VALUE_NULL);
				if (value == JsonToken.START_OBJECT) {
					metadata(json);
				}
			}
			else {
				expect(value == JsonToken.START_OBJECT);
				tensor(name, json);
			}
		}
		expect(json.nextToken() == null);
	}

	private void metadata(JsonParser json) throws IOException {
		while (json.nextToken() == JsonToken.PROPERTY_NAME) {
			String key = json.currentName();
			expect(json.nextToken() == JsonToken.VALUE_STRING);
			switch (key) {
				case "modelspec.architecture" -> this.architecture = HeaderReader.shown(json.getString());
				case "modelspec.title" -> this.title = HeaderReader.shown(json.getString());
				case "modelspec.license" -> this.license = HeaderReader.shown(json.getString());
				default -> {
				}
			}
		}
	}

	private void tensor(String name, JsonParser json) throws IOException {
		if (this.names.isFull()) {
			throw this.in.malformed("it has more than " + Names.MOST + " tensors");
		}
		if (!this.names.add(Names.hash(name.getBytes(StandardCharsets.UTF_8)))) {
			throw this.in.malformed("two of its tensors have the same name, a duplicate");
		}
		String type = null;
		long elements = -1;
		long start = -1;
		long end = -1;
		while (json.nextToken() == JsonToken.PROPERTY_NAME) {
			String key = json.currentName();
			json.nextToken();
			switch (key) {
				case "dtype" -> {
					checkDuplicate(type != null, key);
					expect(json.currentToken() == JsonToken.VALUE_STRING);
					type = json.getString();
				}
				case "shape" -> {
					checkDuplicate(elements >= 0, key);
					elements = product(json);
				}
				case "data_offsets" -> {
					checkDuplicate(start >= 0, key);
					expect(json.isExpectedStartArrayToken());
					json.nextToken();
					start = number(json);
					json.nextToken();
					end = number(json);
					expect(json.nextToken() == JsonToken.END_ARRAY);
				}
				default -> json.skipChildren();
			}
		}
		expect(type != null && elements >= 0 && start >= 0 && end >= start);
		Integer bits = BITS.get(type);
		if (bits != null) {
			checkSize(bits, elements, end - start);
		}
		else if (this.judging && type != null) {
			throw this.in.malformed("a tensor has the data type '" + HeaderReader.shown(type)
					+ "', which version 0.8 of the format does not have");
		}
		if (end > start) {
			this.starts.add(start);
			this.ends.add(end);
		}
		else {
			this.empty.add(start);
		}
		this.dataEnd = Math.max(this.dataEnd, end);
		this.dataBytes = Math.addExact(this.dataBytes, end - start);
		this.weights.add(type, elements);
	}

	private void checkSize(int bits, long elements, long bytes) throws FormatException {
		long all = Math.multiplyExact(elements, (long) bits);
		if (all % Byte.SIZE != 0) {
			throw this.in
				.malformed("a tensor of " + elements + " elements of " + bits + " bits does not end with a byte");
		}
		if (all / Byte.SIZE != bytes) {
			throw this.in
				.malformed("a tensor has " + bytes + " bytes for " + elements + " elements of " + bits + " bits");
		}
	}

	private long product(JsonParser json) throws IOException {
		expect(json.isExpectedStartArrayToken());
		long product = 1;
		while (json.nextToken() != JsonToken.END_ARRAY) {
			product = Math.multiplyExact(product, number(json));
		}
		return product;
	}

	private long number(JsonParser json) throws IOException {
		expect(json.currentToken() == JsonToken.VALUE_NUMBER_INT
				&& json.getStringCharacters()[json.getStringOffset()] != '-');
		return json.getLongValue();
	}

	private void checkDuplicate(boolean met, String key) throws FormatException {
		if (met) {
			throw this.in.malformed("its header has a duplicate " + key);
		}
	}

	private void expect(boolean asItShouldBe) throws FormatException {
		if (!asItShouldBe) {
			throw this.in.malformed("its header is not a JSON object of tensors");
		}
	}

	/** Positions in the file. */
	private static final class Offsets {

		private long[] values = new long[16];

		private int count;

		void add(long value) {
			if (this.count == this.values.length) {
				this.values = Arrays.copyOf(this.values, 2 * this.count);
			}
			this.values[this.count++] = value;
		}

		long[] sorted() {
			long[] sorted = Arrays.copyOf(this.values, this.count);
			Arrays.sort(sorted);
			return sorted;
		}

	}

	/**
	 * Characters of UTF-8, where what Java's and Jackson's readers let pass is an error:
	 * malformed bytes, and escapes for one half of a surrogate pair.
	 */
	private static final class StrictReader extends FilterReader {

		private static final int OUTSIDE = -2;

		private static final int BACKSLASH = -1;

		/** The number of hexadecimal digits that were read, or one of the above. */
		private int state = OUTSIDE;

		private int unit;

		/** The number of characters since the escape of a first half; 0 without one. */
		private int sinceFirstHalf;

		StrictReader(InputStream in) {
			super(new InputStreamReader(in,
					StandardCharsets.UTF_8.newDecoder()
						.onMalformedInput(CodingErrorAction.REPORT)
						.onUnmappableCharacter(CodingErrorAction.REPORT)));
		}

		@Override
		public int read(char[] characters, int offset, int length) throws IOException {
			int count = super.read(characters, offset, length);
			for (int i = offset; i < offset + count; i++) {
				check(characters[i]);
			}
			return count;
		}

		/** A backslash is within a text, or Jackson refuses it. */
		private void check(char next) throws CharacterCodingException {
			if (this.sinceFirstHalf > 0) {
				this.sinceFirstHalf++;
				if ((this.sinceFirstHalf == 2 && next != '\\') || (this.sinceFirstHalf == 3 && next != 'u')) {
					throw new CharacterCodingException();
				}
			}
			if (this.state == OUTSIDE) {
				this.state = (next == '\\') ? BACKSLASH : OUTSIDE;
			}
			else if (this.state == BACKSLASH) {
				this.state = (next == 'u') ? 0 : OUTSIDE;
				this.unit = 0;
			}
			else {
				this.unit = this.unit << 4 | (Character.digit(next, 16) & 0xf);
				if (++this.state == 4) {
					this.state = OUTSIDE;
					unit((char) this.unit);
				}
			}
		}

		private void unit(char escaped) throws CharacterCodingException {
			if (Character.isLowSurrogate(escaped) != (this.sinceFirstHalf > 0)) {
				throw new CharacterCodingException();
			}
			this.sinceFirstHalf = Character.isHighSurrogate(escaped) ? 1 : 0;
		}

	}

}
