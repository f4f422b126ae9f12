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
import java.util.Locale;
import java.util.NavigableMap;
import java.util.OptionalLong;

import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormat;
import dev.modelcache.FormatVerification;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether a file is the model that its name promises, and what its header says. A
 * file of another name is refused only for what certainly is no model: an HTML page, a
 * pointer, a pickle.
 */
public final class FormatInspection {

	private FormatInspection() {
	}

	/**
	 * Inspects a file.
	 * <p>
	 * <em>Blocking</em>: reads headers, not weights. Whatever the file holds, it takes
	 * less than 64 MiB of memory and at most some seconds, and throws nothing else.
	 * @param file the file
	 * @param fileName the name by which it is known, or will be
	 * @param settings what is done about files that are no models
	 * @return the facts, or {@code null} where nothing is known of such files
	 * @throws FormatException if it is not what it should be; whether that matters in
	 * {@link Mode#WARN} is up to the caller
	 * @throws IOException if it cannot be read
	 */
	public static @Nullable ModelFormat inspect(Path file, String fileName, FormatSettings settings)
			throws IOException {
		if (settings.mode() == FormatVerification.OFF && settings.allowPickle()) {
			return null;
		}
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			Beginning beginning = Beginning.of(channel);
			if (settings.mode() != FormatVerification.OFF) {
				refuseNonModels(beginning);
			}
			String extension = extension(fileName);
			String pickle = Pickles.find(beginning, channel, extension);
			if (pickle != null && !settings.allowPickle()) {
				throw FormatException.pickle(pickle);
			}
			return (settings.mode() != FormatVerification.OFF) ? facts(channel, beginning, extension, pickle != null)
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
	 * Returns which files beside an ONNX file hold data of its tensors.
	 * <p>
	 * <em>Blocking</em>: reads the file without its weights.
	 * @param file the file
	 * @param name its name among the files of its model
	 * @return the names of the files, as those of the model, each with the least number
	 * of bytes that it has; empty where the file has all its data
	 * @throws FormatException if the file is no ONNX file, or a name leads out of the
	 * directory of the file
	 * @throws IOException if it cannot be read
	 */
	public static NavigableMap<ModelFileName, Long> onnxData(Path file, ModelFileName name) throws IOException {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			return OnnxData.read(new HeaderReader(channel, OnnxHeader.NAME), name);
		}
		catch (ArithmeticException ex) {
			throw FormatException.malformed(OnnxHeader.NAME, "its data ends beyond the end of any file");
		}
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

	private static @Nullable ModelFormat facts(FileChannel channel, Beginning beginning, String extension,
			boolean pickle) throws IOException {
		return switch (extension) {
			case "gguf" -> gguf(channel, beginning);
			case "safetensors" -> safetensors(channel, beginning);
			case "onnx" -> onnx(channel, beginning);
			default -> {
				if (beginning.isGguf()) {
					yield gguf(channel, beginning);
				}
				yield pickle ? ModelFormat.of(Pickles.NAME) : null;
			}
		};
	}

	private static ModelFormat gguf(FileChannel channel, Beginning beginning) throws IOException {
		if (!beginning.isGguf()) {
			throw FormatException.anotherThing(beginning.description(), "a GGUF file");
		}
		return read(channel, GgufHeader.NAME, (in) -> GgufHeader.read(in, ByteOrder.nativeOrder()));
	}

	private static ModelFormat safetensors(FileChannel channel, Beginning beginning) throws IOException {
		if (!beginning.looksLikeSafetensors()) {
			throw FormatException.anotherThing(beginning.description(), "a safetensors file");
		}
		return read(channel, SafetensorsHeader.NAME, SafetensorsHeader::read);
	}

	private static ModelFormat onnx(FileChannel channel, Beginning beginning) throws IOException {
		if (!beginning.looksLikeOnnx()) {
			throw FormatException.anotherThing(beginning.description(), "an ONNX file");
		}
		return read(channel, OnnxHeader.NAME, OnnxHeader::read);
	}

	private static ModelFormat read(FileChannel channel, String format, Header header) throws IOException {
		try {
			return header.read(new HeaderReader(channel, format));
		}
		catch (ArithmeticException ex) {
			throw FormatException.malformed(format, "its tensors are larger than any file");
		}
	}

	private static String extension(String fileName) {
		int dot = fileName.lastIndexOf('.');
		return fileName.substring(dot + 1).toLowerCase(Locale.ROOT);
	}

	/** Reads a header of one format. */
	private interface Header {

		ModelFormat read(HeaderReader in) throws IOException;

	}

}
