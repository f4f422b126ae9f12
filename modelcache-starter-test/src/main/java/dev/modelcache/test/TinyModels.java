/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;

import org.springframework.util.unit.DataSize;

/**
 * Small model files of the formats that the cache inspects. They pass its strict
 * inspection, and their weights are zeros: runtimes have nothing to compute with them.
 */
public final class TinyModels {

	private static final int GGUF_ALIGNMENT = 32;

	private static final DataSize USUAL = DataSize.ofKilobytes(4);

	private TinyModels() {
	}

	/**
	 * Returns a GGUF file of 4 KB.
	 * @return the file
	 */
	public static byte[] gguf() {
		return gguf(USUAL);
	}

	/**
	 * Returns a GGUF file.
	 * @param size its exact size, at least 256 bytes and less than 2 GB
	 * @return the file
	 */
	public static byte[] gguf(DataSize size) {
		ByteOrder order = ByteOrder.nativeOrder();
		ByteArrayOutputStream head = new ByteArrayOutputStream();
		head.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
		head.writeBytes(int32(3, order));
		head.writeBytes(int64(1, order));
		head.writeBytes(int64(2, order));
		for (String text : new String[] { "general.architecture", "llama", "general.name", "Tiny" }) {
			boolean key = text.startsWith("general.");
			head.writeBytes(key ? new byte[0] : int32(8, order));
			head.writeBytes(int64(text.length(), order));
			head.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
		}
		head.writeBytes(int64("weights".length(), order));
		head.writeBytes("weights".getBytes(StandardCharsets.US_ASCII));
		head.writeBytes(int32(1, order));
		int infoBytes = Long.BYTES + Integer.BYTES + Long.BYTES;
		int dataStart = (head.size() + infoBytes + GGUF_ALIGNMENT - 1) / GGUF_ALIGNMENT * GGUF_ALIGNMENT;
		int total = bytes(size, 256);
		// Type 24 is I8, one byte for each element.
		head.writeBytes(int64(total - dataStart, order));
		head.writeBytes(int32(24, order));
		head.writeBytes(int64(0, order));
		return padded(head.toByteArray(), total);
	}

	/**
	 * Returns a safetensors file of 4 KB.
	 * @return the file
	 */
	public static byte[] safetensors() {
		return safetensors(USUAL);
	}

	/**
	 * Returns a safetensors file.
	 * @param size its exact size, at least 256 bytes and less than 2 GB
	 * @return the file
	 */
	public static byte[] safetensors(DataSize size) {
		int total = bytes(size, 256);
		int data = total - Long.BYTES - 120;
		String header = "{\"weights\":{\"dtype\":\"I8\",\"shape\":[" + data + "],\"data_offsets\":[0," + data + "]}}";
		byte[] json = (header + " ".repeat(120 - header.length())).getBytes(StandardCharsets.US_ASCII);
		return padded(joined(int64(json.length, ByteOrder.LITTLE_ENDIAN), json), total);
	}

	/**
	 * Returns an ONNX file of 4 KB.
	 * @return the file
	 */
	public static byte[] onnx() {
		return onnx(USUAL);
	}

	/**
	 * Returns an ONNX file.
	 * @param size its exact size, at least 256 bytes and less than 2 GB
	 * @return the file
	 */
	public static byte[] onnx(DataSize size) {
		int total = bytes(size, 256);
		byte[] version = { 0x08, 8 };
		// A length takes five bytes here, however small it is.
		int overhead = version.length + 6 + text(2, "tiny").length + 6 + 6 + 2 + 6;
		int data = total - overhead;
		byte[] tensor = joined(new byte[] { 0x08 }, varint(data), new byte[] { 0x10, 3 }, head(9, data));
		byte[] graph = joined(text(2, "tiny"), head(5, tensor.length + data), tensor);
		byte[] model = joined(version, head(7, graph.length + data), graph);
		return padded(model, total);
	}

	/**
	 * Returns a file whose format is that of a name: {@code .gguf}, {@code .safetensors}
	 * or {@code .onnx}, each also with {@code .gz} behind it. A {@code .json} file is an
	 * empty object.
	 * @param fileName the name
	 * @return the file, or empty if the name has another extension
	 */
	public static Optional<byte[]> named(String fileName) {
		String name = fileName.toLowerCase(Locale.ROOT);
		if (name.endsWith(".gz")) {
			return named(name.substring(0, name.length() - ".gz".length())).map(TinyModels::gzip);
		}
		return switch (name.substring(name.lastIndexOf('.') + 1)) {
			case "gguf" -> Optional.of(gguf());
			case "safetensors" -> Optional.of(safetensors());
			case "onnx" -> Optional.of(onnx());
			case "json" -> Optional.of("{}".getBytes(StandardCharsets.US_ASCII));
			default -> Optional.empty();
		};
	}

	private static byte[] gzip(byte[] content) {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
			out.write(content);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return compressed.toByteArray();
	}

	private static int bytes(DataSize size, int least) {
		if (size.toBytes() < least || size.toBytes() > Integer.MAX_VALUE - 8) {
			throw new IllegalArgumentException(
					"A tiny model has at least " + least + " bytes and less than 2 GB, not " + size);
		}
		return (int) size.toBytes();
	}

	private static byte[] padded(byte[] head, int total) {
		byte[] file = new byte[total];
		System.arraycopy(head, 0, file, 0, head.length);
		return file;
	}

	private static byte[] text(int field, String text) {
		return joined(head(field, text.length()), text.getBytes(StandardCharsets.US_ASCII));
	}

	/** The beginning of a protobuf field of bytes. */
	private static byte[] head(int field, int length) {
		return joined(new byte[] { (byte) (field << 3 | 2) }, varint(length));
	}

	/** A number in five bytes, which is the longest form of an int. */
	private static byte[] varint(int value) {
		byte[] bytes = new byte[5];
		for (int i = 0; i < bytes.length; i++) {
			bytes[i] = (byte) (value >>> 7 * i & 0x7f | ((i < 4) ? 0x80 : 0));
		}
		return bytes;
	}

	private static byte[] int32(int value, ByteOrder order) {
		return ByteBuffer.allocate(Integer.BYTES).order(order).putInt(value).array();
	}

	private static byte[] int64(long value, ByteOrder order) {
		return ByteBuffer.allocate(Long.BYTES).order(order).putLong(value).array();
	}

	private static byte[] joined(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

}
