/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * The files beside an ONNX file that hold data of its tensors. Tensors are found wherever
 * they may be: among the weights of the graph, in the attributes of its nodes, in
 * subgraphs, functions and training steps. Everything else is passed over by its length,
 * and so is a node that cannot be read, of which {@link OnnxHeader} says nothing either.
 * <p>
 * <em>Errors</em>: {@link FormatException} for a name that leads out of the directory of
 * the file, or is that of no file.
 *
 * @see <a href= "https://github.com/onnx/onnx/blob/main/docs/ExternalData.md">External
 * data</a>
 */
final class OnnxData {

	private static final int LONGEST_TEXT = 4096;

	private static final int MOST_FILES = 10_000;

	private static final int EXTERNAL = 1;

	private final HeaderReader in;

	private final ProtobufReader fields;

	private final ModelFileName model;

	private final NavigableMap<ModelFileName, Long> files = new TreeMap<>();

	/** Why the data must not be looked for. */
	private @Nullable FormatException refusal;

	private OnnxData(HeaderReader in, ModelFileName model) {
		this.in = in;
		this.fields = new ProtobufReader(in, OnnxHeader.NAME);
		this.model = model;
	}

	/**
	 * Reads a file.
	 * @param in stands at the file's beginning
	 * @param model the name of the file
	 * @return the names of the files with its data, each with the least number of bytes
	 * that it has
	 * @throws FormatException if a name is not that of a file beside it or below, or the
	 * file is no such message
	 * @throws IOException if the file cannot be read
	 */
	static NavigableMap<ModelFileName, Long> read(HeaderReader in, ModelFileName model) throws IOException {
		OnnxData data = new OnnxData(in, model);
		data.message(Message.MODEL, in.size(), 0);
		return data.files;
	}

	private void message(Message message, long end, int depth) throws IOException {
		if (depth > ProtobufReader.DEEPEST) {
			throw refused("its messages are nested too deeply");
		}
		while (this.in.position() < end) {
			long tag = this.fields.varint();
			Message part = (ProtobufReader.wireType(tag) == ProtobufReader.LENGTH) ? message.part(tag >>> 3) : null;
			if (part == Message.TENSOR) {
				tensor(this.fields.length(end));
			}
			else if (part == Message.NODE) {
				node(this.fields.length(end), depth + 1);
			}
			else if (part != null) {
				message(part, this.fields.length(end), depth + 1);
			}
			else {
				this.fields.skip(tag, end);
			}
		}
		this.fields.checkEnd(end);
	}

	private void node(long end, int depth) throws IOException {
		try {
			message(Message.NODE, end, depth);
		}
		catch (FormatException ex) {
			if (this.refusal != null) {
				throw ex;
			}
			this.in.moveTo(end);
		}
	}

	private void tensor(long end) throws IOException {
		Map<String, String> entries = new TreeMap<>();
		long place = 0;
		while (this.in.position() < end) {
			long tag = this.fields.varint();
			if (tag == ProtobufReader.tag(13, ProtobufReader.LENGTH)) {
				entry(entries, this.fields.length(end));
			}
			else if (tag == ProtobufReader.tag(14, ProtobufReader.VARINT)) {
				place = this.fields.varint();
			}
			else {
				this.fields.skip(tag, end);
			}
		}
		this.fields.checkEnd(end);
		if (place == EXTERNAL) {
			ModelFileName name = name(entries.get("location"));
			this.files.merge(name, end(entries), Math::max);
			if (this.files.size() > MOST_FILES) {
				throw refused("its data is in more than " + MOST_FILES + " files");
			}
		}
	}

	private void entry(Map<String, String> entries, long end) throws IOException {
		String key = "";
		String value = "";
		while (this.in.position() < end) {
			long tag = this.fields.varint();
			if (tag == ProtobufReader.tag(1, ProtobufReader.LENGTH)) {
				key = text(this.fields.length(end));
			}
			else if (tag == ProtobufReader.tag(2, ProtobufReader.LENGTH)) {
				value = text(this.fields.length(end));
			}
			else {
				this.fields.skip(tag, end);
			}
		}
		this.fields.checkEnd(end);
		entries.put(key, value);
	}

	/** A location is relative to the directory of the file, and stays within. */
	private ModelFileName name(@Nullable String location) throws FormatException {
		if (location == null || location.isEmpty()) {
			throw refused("a tensor does not say which file its data is in");
		}
		String directory = this.model.text().substring(0, this.model.text().lastIndexOf('/') + 1);
		try {
			return new ModelFileName(directory + new ModelFileName(location.replaceFirst("^(\\./+)+", "")).text());
		}
		catch (IllegalArgumentException ex) {
			throw refused("it has data in '" + HeaderReader.shown(location) + "', but " + ex.getMessage());
		}
	}

	private long end(Map<String, String> entries) throws FormatException {
		try {
			long offset = Long.parseLong(entries.getOrDefault("offset", "0"));
			long length = Long.parseLong(entries.getOrDefault("length", "0"));
			if (offset >= 0 && length >= 0) {
				return Math.addExact(offset, length);
			}
		}
		catch (NumberFormatException ex) {
			// Said below.
		}
		throw refused("a tensor does not say where its data begins and ends");
	}

	private String text(long end) throws IOException {
		long length = end - this.in.position();
		if (length > LONGEST_TEXT) {
			throw refused("the name of a file with its data is too long");
		}
		return new String(this.in.bytes((int) length), StandardCharsets.UTF_8);
	}

	private FormatException refused(String what) {
		this.refusal = this.in.malformed(what);
		return this.refusal;
	}

	/** The messages that have tensors, or parts that have some, by their numbers. */
	private enum Message {

		MODEL, GRAPH, TRAINING, FUNCTION, NODE, ATTRIBUTE, SPARSE_TENSOR, TENSOR;

		private static final Map<Message, Map<Long, Message>> PARTS = Map.of(MODEL,
				Map.of(7L, GRAPH, 20L, TRAINING, 25L, FUNCTION), TRAINING, Map.of(1L, GRAPH, 2L, GRAPH), FUNCTION,
				Map.of(7L, NODE, 11L, ATTRIBUTE), GRAPH, Map.of(1L, NODE, 5L, TENSOR, 15L, SPARSE_TENSOR), NODE,
				Map.of(5L, ATTRIBUTE), ATTRIBUTE,
				Map.of(5L, TENSOR, 6L, GRAPH, 10L, TENSOR, 11L, GRAPH, 22L, SPARSE_TENSOR, 23L, SPARSE_TENSOR),
				SPARSE_TENSOR, Map.of(1L, TENSOR, 2L, TENSOR), TENSOR, Map.of());

		@Nullable Message part(long number) {
			return PARTS.getOrDefault(this, Map.of()).get(number);
		}

	}

}
