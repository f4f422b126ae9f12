/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormat;
import dev.modelcache.internal.content.format.FormatHints.Hint;
import dev.modelcache.internal.content.format.FormatHints.Kind;
import dev.modelcache.FormatVerification;
import org.jspecify.annotations.Nullable;

/**
 * Judges the format of a file by its bytes, and reads what its header says. Names and
 * media types are hints that must agree. A file whose format is neither recognized nor
 * named is refused for what certainly is not a model (an HTML page, a pointer, a pickle),
 * or if nothing else tells what it is.
 */
public final class FormatInspection {

	/** The tags of protobuf for {@code ir_version} and {@code graph}. */
	private static final int ONNX_VERSION = 0x08;

	private static final int ONNX_GRAPH = 0x3a;

	/** Those of all fields of {@code ModelProto}: two numbers, and what has a length. */
	private static final Set<Integer> ONNX_TAGS = Set.of(ONNX_VERSION, 0x12, 0x1a, 0x22, 0x28, 0x32, ONNX_GRAPH, 0x42,
			0x72, 0xa2, 0xca, 0xd2);

	private FormatInspection() {
	}

	/**
	 * Inspects a file with one name.
	 * @param file the file
	 * @param fileName the name by which it is known, or will be
	 * @param settings what is done about files that are not models
	 * @return the facts, or {@code null} where nothing is known of such files
	 * @throws FormatException if it is not what it should be
	 * @throws IOException if it cannot be read
	 */
	public static @Nullable ModelFormat inspect(Path file, String fileName, FormatSettings settings)
			throws IOException {
		return inspect(file, FormatHints.ofName(fileName), settings);
	}

	/**
	 * Inspects a file.
	 * <p>
	 * <em>Blocking</em>: reads headers, not weights. Whatever the file holds, it takes
	 * less than 64 MiB of memory and at most some seconds, and throws nothing else.
	 * @param file the file
	 * @param hints what its names and its source say about its format
	 * @param settings what is done about files that are not models
	 * @return the facts, or {@code null} where nothing is known of such files
	 * @throws FormatException if it is not what it should be; whether that matters in
	 * {@link FormatVerification#WARN} is up to the caller
	 * @throws IOException if it cannot be read
	 */
	public static @Nullable ModelFormat inspect(Path file, FormatHints hints, FormatSettings settings)
			throws IOException {
		if (settings.mode() == FormatVerification.OFF && settings.allowPickle()) {
			return null;
		}
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			Beginning beginning = Beginning.of(channel);
			if (settings.mode() != FormatVerification.OFF) {
				refuseNonModels(beginning);
			}
			String pickle = Pickles.find(beginning, channel, hints.extensions());
			if (pickle != null && !settings.allowPickle()) {
				throw FormatException.pickle(pickle);
			}
			return (settings.mode() != FormatVerification.OFF) ? facts(channel, beginning, hints, pickle != null)
					: null;
		}
	}

	/**
	 * Returns where a file ends, as its header says.
	 * <p>
	 * <em>Blocking</em>: reads headers, not weights.
	 * @param channel the file, of which bytes at the end may be missing
	 * @return a position in the file or beyond its end, {@link Long#MAX_VALUE} if even
	 * the header is cut off; empty if its format is not one that says
	 * @throws IOException if it cannot be read
	 */
	public static OptionalLong statedEnd(FileChannel channel) throws IOException {
		Beginning beginning = Beginning.of(channel);
		try {
			if (beginning.isGguf()) {
				return GgufHeader.end(new HeaderReader(channel, GgufHeader.NAME));
			}
			return beginning.looksLikeSafetensors()
					? OptionalLong.of(SafetensorsHeader.end(new HeaderReader(channel, SafetensorsHeader.NAME)))
					: OptionalLong.empty();
		}
		catch (FormatException ex) {
			return ex.isTruncated() ? OptionalLong.of(Long.MAX_VALUE) : OptionalLong.empty();
		}
		catch (ArithmeticException ex) {
			return OptionalLong.empty();
		}
	}

	/**
	 * Returns which files beside a file hold data of its tensors, if it is an ONNX file.
	 * <p>
	 * <em>Blocking</em>: reads the file without its weights.
	 * @param file the file
	 * @param name its name among the files of its model
	 * @return the names of the files, as those of the model, each with the least number
	 * of bytes that it has; empty where the file has all its data, or is not an ONNX file
	 * @throws FormatException if a name leads out of the directory of the file, or the
	 * file is called an ONNX file and is not one
	 * @throws IOException if it cannot be read
	 */
	public static NavigableMap<ModelFileName, Long> onnxData(Path file, ModelFileName name) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			Kind kind = Beginning.of(channel).kind();
			boolean onnx = kind == Kind.ONNX || name.endsWith(".onnx") || (kind == null && isOnnx(channel));
			return onnx ? onnxData(channel, name) : Collections.emptyNavigableMap();
		}
	}

	private static NavigableMap<ModelFileName, Long> onnxData(FileChannel channel, ModelFileName name)
			throws IOException {
		return OnnxHeader.data(new HeaderReader(channel, OnnxHeader.NAME), name);
	}

	private static void refuseNonModels(Beginning beginning) throws FormatException {
		String pointer = beginning.pointer();
		if (pointer != null) {
			throw FormatException.pointer(pointer);
		}
		if (beginning.isHtml()) {
			throw FormatException.anotherThing(beginning.description(), "a model");
		}
	}

	private static @Nullable ModelFormat facts(FileChannel channel, Beginning beginning, FormatHints hints,
			boolean pickle) throws IOException {
		Kind found = (beginning.kind() == null && isOnnx(channel)) ? Kind.ONNX : beginning.kind();
		for (Hint hint : hints.known()) {
			if ((found != null) ? found != hint.kind() : !beginning.looksLike(hint.kind())) {
				throw FormatException.anotherThing(beginning.description(), hint.expected());
			}
			found = hint.kind();
		}
		if (found == null && !pickle && hints.tellNothing()) {
			throw FormatException.unknown(beginning.description());
		}
		if (found == null) {
			return pickle ? ModelFormat.of(Pickles.NAME) : null;
		}
		return switch (found) {
			case GGUF -> read(channel, GgufHeader.NAME, (in) -> GgufHeader.read(in, ByteOrder.nativeOrder()));
			case SAFETENSORS -> read(channel, SafetensorsHeader.NAME, SafetensorsHeader::read);
			case ONNX -> read(channel, OnnxHeader.NAME, OnnxHeader::read);
		};
	}

	/**
	 * Fields may stand in any order, so that the beginning alone does not always tell. A
	 * file that consists of the fields of an ONNX model, to the last byte, is one.
	 */
	private static boolean isOnnx(FileChannel channel) throws IOException {
		HeaderReader in = new HeaderReader(channel, OnnxHeader.NAME);
		ProtobufReader fields = new ProtobufReader(in, OnnxHeader.NAME);
		Set<Integer> tags = new HashSet<>();
		try {
			while (in.remaining() > 0) {
				long tag = fields.varint();
				if (!ONNX_TAGS.contains((int) tag) || tag > 0xff) {
					return false;
				}
				long value = fields.varint();
				in.skip((ProtobufReader.wireType(tag) == ProtobufReader.LENGTH) ? value : 0);
				tags.add((int) tag);
			}
		}
		catch (FormatException ex) {
			return false;
		}
		return tags.containsAll(Set.of(ONNX_VERSION, ONNX_GRAPH));
	}

	private static ModelFormat read(FileChannel channel, String format, Header header) throws IOException {
		try {
			return header.read(new HeaderReader(channel, format));
		}
		catch (ArithmeticException ex) {
			throw FormatException.malformed(format, "its tensors are larger than any file");
		}
	}

	/** Reads a header of one format. */
	private interface Header {

		ModelFormat read(HeaderReader in) throws IOException;

	}

}
