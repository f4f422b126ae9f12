/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
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

	private static final int MOST_DIMENSIONS = 64;

	private static final Map<String, Integer> BITS = Map.ofEntries(Map.entry("BOOL", 8), Map.entry("U8", 8),
			Map.entry("I8", 8), Map.entry("F8_E5M2", 8), Map.entry("F8_E4M3", 8), Map.entry("F8_E8M0", 8),
			Map.entry("F6_E2M3", 6), Map.entry("F6_E3M2", 6), Map.entry("F4", 4), Map.entry("I16", 16),
			Map.entry("U16", 16), Map.entry("F16", 16), Map.entry("BF16", 16), Map.entry("I32", 32),
			Map.entry("U32", 32), Map.entry("F32", 32), Map.entry("C64", 64), Map.entry("F64", 64),
			Map.entry("I64", 64), Map.entry("U64", 64));

	/** Names are not kept: a header may hold millions of them. */
	private static final JsonFactory JSON = JsonFactory.builder()
		.disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
		.streamReadConstraints(StreamReadConstraints.builder()
			.maxNestingDepth(16)
			.maxNumberLength(32)
			.maxNameLength(1 << 16)
			.maxStringLength(1 << 20)
			.build())
		.build();

	private final HeaderReader in;

	private final Weights weights = new Weights();

	private long dataEnd;

	private long dataBytes;

	private @Nullable String architecture;

	private @Nullable String title;

	private @Nullable String license;

	private SafetensorsHeader(HeaderReader in) {
		this.in = in;
	}

	/**
	 * Reads a header.
	 * @param in stands at the file's beginning
	 * @return the facts
	 * @throws FormatException if the file is not what its header says, or has none
	 * @throws IOException if the file cannot be read
	 */
	static ModelFormat read(HeaderReader in) throws IOException {
		return new SafetensorsHeader(in).read();
	}

	/**
	 * Returns where the tensors end.
	 * @param in stands at the file's beginning
	 * @return a position in the file or beyond its end
	 * @throws FormatException if the file cannot be read as far as it should
	 * @throws IOException if the file cannot be read
	 */
	static long end(HeaderReader in) throws IOException {
		SafetensorsHeader header = new SafetensorsHeader(in);
		long available = header.available();
		return in.size() - available + header.dataEnd;
	}

	private ModelFormat read() throws IOException {
		long available = available();
		if (this.dataEnd > available) {
			throw FormatException.truncated(NAME,
					"its tensors require " + this.dataEnd + " bytes, but it has only " + "" + available);
		}
		if (this.dataEnd != available || this.dataBytes != available) {
			throw this.in.malformed("its tensors do not fill the file: they take " + this.dataBytes + " of " + available
					+ " bytes after the header");
		}
		return ModelFormat.of(NAME)
			.withArchitecture(this.architecture)
			.withName(this.title)
			.withQuantization(this.weights.mostOfType())
			.withParameters(this.weights.parameters())
			.withLicense(this.license);
	}

	/** Reads the header, and returns how many bytes follow it. */
	private long available() throws IOException {
		long length = this.in.int64();
		if (length < 0 || length > LONGEST) {
			throw this.in.malformed("it does not start with the length of a header");
		}
		long available = this.in.remaining() - length;
		try (JsonParser json = JSON.createParser(ObjectReadContext.empty(),
				new InputStreamReader(this.in.stream(length), StandardCharsets.UTF_8))) {
			header(json);
		}
		catch (JacksonIOException ex) {
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
			boolean metadata = json.currentName().equals("__metadata__");
			expect(json.nextToken() == JsonToken.START_OBJECT);
			if (metadata) {
				metadata(json);
			}
			else {
				tensor(json);
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

	private void tensor(JsonParser json) throws IOException {
		String type = null;
		long elements = -1;
		long start = -1;
		long end = -1;
		while (json.nextToken() == JsonToken.PROPERTY_NAME) {
			String key = json.currentName();
			json.nextToken();
			switch (key) {
				case "dtype" -> {
					expect(json.currentToken() == JsonToken.VALUE_STRING);
					type = json.getString();
				}
				case "shape" -> elements = product(json);
				case "data_offsets" -> {
					expect(json.isExpectedStartArrayToken());
					start = number(json);
					end = number(json);
					expect(json.nextToken() == JsonToken.END_ARRAY);
				}
				default -> json.skipChildren();
			}
		}
		expect(type != null && elements >= 0 && start >= 0 && end >= start);
		Integer bits = BITS.get(type);
		if (bits != null && Math.addExact(Math.multiplyExact(elements, (long) bits), 7) / 8 != end - start) {
			throw this.in.malformed(
					"a tensor has " + (end - start) + " bytes for " + elements + " elements of " + bits + " bits");
		}
		this.dataEnd = Math.max(this.dataEnd, end);
		this.dataBytes = Math.addExact(this.dataBytes, end - start);
		this.weights.add((bits != null) ? type : null, elements);
	}

	private long product(JsonParser json) throws IOException {
		expect(json.isExpectedStartArrayToken());
		long product = 1;
		int dimensions = 0;
		while (json.nextToken() != JsonToken.END_ARRAY) {
			expect(json.currentToken() == JsonToken.VALUE_NUMBER_INT && dimensions++ < MOST_DIMENSIONS);
			long length = json.getLongValue();
			expect(length >= 0);
			product = Math.multiplyExact(product, length);
		}
		return product;
	}

	private long number(JsonParser json) throws IOException {
		expect(json.nextToken() == JsonToken.VALUE_NUMBER_INT);
		return json.getLongValue();
	}

	private void expect(boolean asItShouldBe) throws FormatException {
		if (!asItShouldBe) {
			throw this.in.malformed("its header is not a JSON object of tensors");
		}
	}

}
