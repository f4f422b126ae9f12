/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormat;
import org.jspecify.annotations.Nullable;

/**
 * What an ONNX file says of its model. It is one protobuf message with others inside, of
 * nodes, types, subgraphs and functions, all of which are followed to their ends; of the
 * weights, only the heads and some lists of numbers are read. Weights may be in other
 * files beside it, which its tensors name ({@link OnnxData}).
 *
 * @see <a href="https://github.com/onnx/onnx/blob/main/onnx/onnx.proto">onnx.proto</a>
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">Protobuf's wire
 * format</a>
 */
final class OnnxHeader {

	static final String NAME = "ONNX";

	/** How many bytes of lists of numbers are read. */
	private static final int MOST_NUMBERS = 16 << 20;

	/** Names and bits of the element types, by their numbers in TensorProto. */
	private static final @Nullable ElementType[] TYPES = { null, type("F32", 32), type("U8", 8), type("I8", 8),
			type("U16", 16), type("I16", 16), type("I32", 32), type("I64", 64), null, type("BOOL", 8), type("F16", 16),
			type("F64", 64), type("U32", 32), type("U64", 64), type("C64", 64), type("C128", 128), type("BF16", 16),
			type("F8_E4M3", 8), type("F8_E4M3FNUZ", 8), type("F8_E5M2", 8), type("F8_E5M2FNUZ", 8), type("U4", 4),
			type("I4", 4), type("F4", 4), type("F8_E8M0", 8), type("U2", 2), type("I2", 2) };

	private final HeaderReader in;

	private final ProtobufReader fields;

	private final OnnxData data;

	/** Whether to refuse what does not affect which other files have data. */
	private final boolean judging;

	private final Weights weights = new Weights();

	private long numbersLeft = MOST_NUMBERS;

	private long irVersion;

	private boolean hasGraph;

	private @Nullable String graphName;

	private OnnxHeader(HeaderReader in, ModelFileName model, boolean judging) {
		this.in = in;
		this.fields = new ProtobufReader(in, NAME);
		this.data = new OnnxData(in, this.fields, model);
		this.judging = judging;
	}

	/**
	 * Reads a file.
	 * @param in positioned at the file's beginning
	 * @return the facts
	 * @throws FormatException if the file is not such a message, or not a whole one
	 * @throws IOException if the file cannot be read
	 */
	static ModelFormat read(HeaderReader in) throws IOException {
		return new OnnxHeader(in, new ModelFileName("model.onnx"), true).read();
	}

	/**
	 * Returns which other files have data of the tensors. A part of the graph that cannot
	 * be read is passed over.
	 * @param in positioned at the file's beginning
	 * @param model the name of the file
	 * @return the names of the files, each with the least number of bytes that it has
	 * @throws FormatException if a name is not that of a file beside it or below, or the
	 * file is not such a message
	 * @throws IOException if the file cannot be read
	 */
	static NavigableMap<ModelFileName, Long> data(HeaderReader in, ModelFileName model) throws IOException {
		OnnxHeader header = new OnnxHeader(in, model, false);
		header.model();
		return header.data.files();
	}

	private ModelFormat read() throws IOException {
		if (this.in.size() > Integer.MAX_VALUE) {
			throw this.in.malformed("it is larger than the 2 GiB that protobuf can hold");
		}
		model();
		if (this.irVersion <= 0 || !this.hasGraph) {
			throw this.in.malformed("it has no version or no graph");
		}
		return ModelFormat.of(NAME)
			.withName(this.graphName)
			.withQuantization(this.weights.mostOfType())
			.withParameters(this.weights.parameters());
	}

	private void model() throws IOException {
		while (this.in.remaining() > 0) {
			long tag = this.fields.varint();
			if (tag == ProtobufReader.tag(1, ProtobufReader.VARINT)) {
				this.irVersion = this.fields.varint();
			}
			else if (tag == ProtobufReader.tag(7, ProtobufReader.LENGTH)) {
				graph(this.fields.length(this.in.size()));
				this.hasGraph = true;
			}
			else {
				field(Part.MODEL, tag, this.in.size(), 0);
			}
		}
	}

	private void graph(long end) throws IOException {
		while (this.in.position() < end) {
			long tag = this.fields.varint();
			if (tag == ProtobufReader.tag(2, ProtobufReader.LENGTH)) {
				String name = this.in.text(this.fields.length(end) - this.in.position());
				this.graphName = name.isEmpty() ? null : name;
			}
			else if (tag == ProtobufReader.tag(5, ProtobufReader.LENGTH)) {
				tensor(this.fields.length(end), true);
			}
			else {
				field(Part.GRAPH, tag, end, 1);
			}
		}
		this.fields.checkEnd(end);
	}

	/** Follows a field that is of no interest by itself, to find damage inside it. */
	private void field(Part message, long tag, long end, int depth) throws IOException {
		Part part = (ProtobufReader.wireType(tag) == ProtobufReader.LENGTH) ? message.part(tag >>> 3) : null;
		if (part == null) {
			this.fields.skip(tag, end);
			return;
		}
		if (depth == ProtobufReader.DEEPEST) {
			throw this.data.refused("its messages are nested too deeply");
		}
		long partEnd = this.fields.length(end);
		switch (part) {
			case TENSOR -> tensor(partEnd, false);
			case NUMBERS -> numbers(partEnd);
			case FLOATS -> numbers(partEnd, Float.BYTES);
			case DOUBLES -> numbers(partEnd, Double.BYTES);
			default -> message(part, partEnd, depth + 1);
		}
		this.fields.checkEnd(partEnd);
	}

	/** Weights may be in this form, too: a long list is passed over. */
	private void numbers(long end) throws IOException {
		long bytes = end - this.in.position();
		if (!this.judging || bytes > this.numbersLeft) {
			this.in.skip(bytes);
			return;
		}
		this.numbersLeft -= bytes;
		while (this.in.position() < end) {
			this.fields.varint();
		}
	}

	private void numbers(long end, int bytes) throws IOException {
		if (this.judging && (end - this.in.position()) % bytes != 0) {
			throw this.in.malformed("a list of numbers ends within a number");
		}
		this.in.skip(end - this.in.position());
	}

	private void message(Part message, long end, int depth) throws IOException {
		try {
			while (this.in.position() < end) {
				field(message, this.fields.varint(), end, depth);
			}
			this.fields.checkEnd(end);
		}
		catch (FormatException ex) {
			if (this.judging || this.data.isRefused()) {
				throw ex;
			}
			this.in.moveTo(end);
		}
	}

	private void tensor(long end, boolean weight) throws IOException {
		long elements = 1;
		long number = 0;
		long rawBytes = -1;
		Map<String, String> place = new TreeMap<>();
		boolean external = false;
		while (this.in.position() < end) {
			long tag = this.fields.varint();
			if (tag == ProtobufReader.tag(1, ProtobufReader.VARINT)) {
				elements = times(elements, this.fields.varint());
			}
			else if (tag == ProtobufReader.tag(1, ProtobufReader.LENGTH)) {
				long dimensionsEnd = this.fields.length(end);
				while (this.in.position() < dimensionsEnd) {
					elements = times(elements, this.fields.varint());
				}
				this.fields.checkEnd(dimensionsEnd);
			}
			else if (tag == ProtobufReader.tag(2, ProtobufReader.VARINT)) {
				number = this.fields.varint();
			}
			else if (tag == ProtobufReader.tag(9, ProtobufReader.LENGTH)) {
				long rawStart = this.fields.length(end);
				rawBytes = rawStart - this.in.position();
				this.in.skip(rawBytes);
			}
			else if (tag == ProtobufReader.tag(13, ProtobufReader.LENGTH)) {
				this.data.entry(place, this.fields.length(end));
			}
			else if (tag == ProtobufReader.tag(14, ProtobufReader.VARINT)) {
				external = this.fields.varint() == OnnxData.EXTERNAL;
			}
			else {
				field(Part.TENSOR, tag, end, ProtobufReader.DEEPEST - 1);
			}
		}
		this.fields.checkEnd(end);
		if (external) {
			this.data.add(place);
		}
		ElementType type = (number >= 0 && number < TYPES.length) ? TYPES[(int) number] : null;
		// An empty field is as good as none: the weights are in another file, or field.
		if (this.judging && type != null && rawBytes > 0 && type.bytes(elements) != rawBytes) {
			throw this.in.malformed(
					"a tensor has " + rawBytes + " bytes for " + elements + " elements of " + type.bits() + " bits");
		}
		if (weight) {
			this.weights.add((type != null) ? type.name() : null, elements);
		}
	}

	private long times(long elements, long dimension) throws FormatException {
		if (!this.judging) {
			return elements;
		}
		if (dimension < 0) {
			throw this.in.malformed("a tensor has a negative dimension");
		}
		return Math.multiplyExact(elements, dimension);
	}

	private static ElementType type(String name, int bits) {
		return new ElementType(name, bits);
	}

	private record ElementType(String name, int bits) {

		long bytes(long elements) {
			return Math.addExact(Math.multiplyExact(elements, (long) this.bits), 7) / 8;
		}

	}

	/**
	 * The messages of version 1.23 of ONNX and the parts that they have, by number, and
	 * lists of numbers.
	 */
	private enum Part {

		MODEL, GRAPH, TRAINING, FUNCTION, NODE, ATTRIBUTE, TENSOR, SPARSE_TENSOR, VALUE, TYPE, TENSOR_TYPE, SHAPE,
		LIST_TYPE, MAP_TYPE, ANNOTATION, NODE_DEVICES, SHARDING, DEVICES, SHARDED_DIMENSION, ENTRY, OTHER, NUMBERS,
		FLOATS, DOUBLES;

		private static final Map<Part, Map<Integer, Part>> PARTS = Map.ofEntries(
				Map.entry(MODEL, Map.of(7, GRAPH, 8, OTHER, 14, ENTRY, 20, TRAINING, 25, FUNCTION, 26, OTHER)),
				Map.entry(GRAPH,
						Map.of(1, NODE, 5, TENSOR, 11, VALUE, 12, VALUE, 13, VALUE, 14, ANNOTATION, 15, SPARSE_TENSOR,
								16, ENTRY)),
				Map.entry(TRAINING, Map.of(1, GRAPH, 2, GRAPH, 3, ENTRY, 4, ENTRY)),
				Map.entry(FUNCTION, Map.of(7, NODE, 9, OTHER, 11, ATTRIBUTE, 12, VALUE, 14, ENTRY)),
				Map.entry(NODE, Map.of(5, ATTRIBUTE, 9, ENTRY, 10, NODE_DEVICES)),
				Map.entry(ATTRIBUTE,
						Map.of(5, TENSOR, 6, GRAPH, 7, FLOATS, 8, NUMBERS, 10, TENSOR, 11, GRAPH, 14, TYPE, 15, TYPE,
								22, SPARSE_TENSOR, 23, SPARSE_TENSOR)),
				Map.entry(TENSOR,
						Map.of(3, OTHER, 4, FLOATS, 5, NUMBERS, 7, NUMBERS, 10, DOUBLES, 11, NUMBERS, 16, ENTRY)),
				Map.entry(SPARSE_TENSOR, Map.of(1, TENSOR, 2, TENSOR, 3, NUMBERS)),
				Map.entry(VALUE, Map.of(2, TYPE, 4, ENTRY)),
				Map.entry(TYPE,
						Map.of(1, TENSOR_TYPE, 4, LIST_TYPE, 5, MAP_TYPE, 7, OTHER, 8, TENSOR_TYPE, 9, LIST_TYPE)),
				Map.entry(TENSOR_TYPE, Map.of(2, SHAPE)), Map.entry(SHAPE, Map.of(1, OTHER)),
				Map.entry(LIST_TYPE, Map.of(1, TYPE)), Map.entry(MAP_TYPE, Map.of(2, TYPE)),
				Map.entry(ANNOTATION, Map.of(2, ENTRY)), Map.entry(NODE_DEVICES, Map.of(2, SHARDING)),
				Map.entry(SHARDING, Map.of(2, NUMBERS, 3, DEVICES, 4, SHARDED_DIMENSION)),
				Map.entry(DEVICES, Map.of(2, NUMBERS)), Map.entry(SHARDED_DIMENSION, Map.of(2, OTHER)));

		@Nullable Part part(long number) {
			return (number < 100) ? PARTS.getOrDefault(this, Map.of()).get((int) number) : null;
		}

	}

}
