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

	private static final int VARINT = 0;

	private static final int FIXED64 = 1;

	private static final int LENGTH = 2;

	private static final int FIXED32 = 5;

	/** Protobuf's own readers refuse messages within more messages than that. */
	private static final int DEEPEST = 100;

	private static final int LONGEST_TEXT = 4096;

	private static final int MOST_FILES = 10_000;

	private static final int EXTERNAL = 1;

	private final HeaderReader in;

	private final ModelFileName model;

	private final NavigableMap<ModelFileName, Long> files = new TreeMap<>();

	/** Why the data must not be looked for. */
	private @Nullable FormatException refusal;

	private OnnxData(HeaderReader in, ModelFileName model) {
		this.in = in;
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
		if (depth > DEEPEST) {
			throw refused("its messages are nested too deeply");
		}
		while (this.in.position() < end) {
			long tag = varint();
			int wireType = (int) tag & 7;
			Message part = (wireType == LENGTH) ? message.part(tag >>> 3) : null;
			if (part == Message.TENSOR) {
				tensor(length(end));
			}
			else if (part == Message.NODE) {
				node(length(end), depth + 1);
			}
			else if (part != null) {
				message(part, length(end), depth + 1);
			}
			else {
				skip(wireType, end);
			}
		}
		checkEnd(end);
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
			long tag = varint();
			if (tag == (13 << 3 | LENGTH)) {
				entry(entries, length(end));
			}
			else if (tag == (14 << 3 | VARINT)) {
				place = varint();
			}
			else {
				skip((int) tag & 7, end);
			}
		}
		checkEnd(end);
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
			long tag = varint();
			if (tag == (1 << 3 | LENGTH)) {
				key = text(length(end));
			}
			else if (tag == (2 << 3 | LENGTH)) {
				value = text(length(end));
			}
			else {
				skip((int) tag & 7, end);
			}
		}
		checkEnd(end);
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

	private void skip(int wireType, long end) throws IOException {
		switch (wireType) {
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
			throw FormatException.truncated(OnnxHeader.NAME, "at byte " + this.in.position() + " of " + this.in.size()
					+ " it declares more data than it contains");
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
