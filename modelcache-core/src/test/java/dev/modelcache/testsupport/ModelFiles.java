/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes small files of the formats that models come in.
 */
public final class ModelFiles {

	/** What {@code pickle.dumps} gives for a list of one number, protocol 4. */
	public static final byte[] PICKLE = { (byte) 0x80, 4, (byte) 0x95, 6, 0, 0, 0, 0, 0, 0, 0, ']', (byte) 0x94, 'K', 1,
			'a', '.' };

	public static final String LFS_POINTER = """
			version https://git-lfs.github.com/spec/v1
			oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
			size 12345
			""";

	private ModelFiles() {
	}

	/** Returns a safetensors file with this header and so many bytes after it. */
	public static byte[] safetensors(String header, int dataBytes) {
		byte[] json = header.getBytes(StandardCharsets.UTF_8);
		return ByteBuffer.allocate(Long.BYTES + json.length + dataBytes)
			.order(ByteOrder.LITTLE_ENDIAN)
			.putLong(json.length)
			.put(json)
			.array();
	}

	/** Returns a whole safetensors file of two tensors. */
	public static byte[] safetensors() {
		return safetensors("""
				{"__metadata__":{"format":"pt","modelspec.title":"Tiny","modelspec.license":"MIT"},\
				"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
				"b":{"dtype":"BF16","shape":[8],"data_offsets":[24,40]}}   """, 40);
	}

	/** Returns a whole ONNX file: version 8, a graph with a node and a tensor. */
	public static byte[] onnx() {
		return onnx(tensor(new byte[24], 2, 3));
	}

	/** Returns an ONNX file whose graph has this tensor. */
	public static byte[] onnx(byte[] tensor) {
		byte[] graph = joined(field(1, field(4, "Relu".getBytes(StandardCharsets.UTF_8))),
				field(2, "tiny".getBytes(StandardCharsets.UTF_8)), field(5, tensor));
		return joined(new byte[] { 0x08, 8 }, field(2, "pytorch".getBytes(StandardCharsets.UTF_8)), field(7, graph));
	}

	/** Returns a tensor of type F32 with these dimensions and raw data. */
	public static byte[] tensor(byte[] raw, int... dimensions) {
		ByteArrayOutputStream packed = new ByteArrayOutputStream();
		for (int dimension : dimensions) {
			packed.write(dimension);
		}
		return joined(field(1, packed.toByteArray()), new byte[] { 0x10, 1 }, field(9, raw));
	}

	/** Returns an ONNX file with a tensor in each of these files beside it. */
	public static byte[] onnxWithData(String... locations) {
		byte[] graph = field(2, "tiny".getBytes(StandardCharsets.UTF_8));
		for (String location : locations) {
			graph = joined(graph, field(5, external(location, "offset", "0", "length", "24")));
		}
		return joined(new byte[] { 0x08, 8 }, field(7, graph));
	}

	/** Returns a tensor whose 24 bytes are in another file, with further entries. */
	public static byte[] external(String location, String... entries) {
		byte[] tensor = joined(tensor(new byte[0], 2, 3), field(13, entry("location", location)));
		for (int i = 0; i < entries.length; i += 2) {
			tensor = joined(tensor, field(13, entry(entries[i], entries[i + 1])));
		}
		return joined(tensor, new byte[] { 0x70, 1 });
	}

	private static byte[] entry(String key, String value) {
		return joined(field(1, key.getBytes(StandardCharsets.UTF_8)), field(2, value.getBytes(StandardCharsets.UTF_8)));
	}

	/** Returns a protobuf field. */
	public static byte[] field(int number, byte[] content) {
		return joined(varint(number << 3 | 2), varint(content.length), content);
	}

	private static byte[] varint(int value) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		int rest = value;
		for (; rest >= 0x80; rest >>>= 7) {
			bytes.write(rest | 0x80);
		}
		bytes.write(rest);
		return bytes.toByteArray();
	}

	/** Returns a zip archive with entries of these names. */
	public static byte[] zip(String... names) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
			for (String name : names) {
				zip.putNextEntry(new ZipEntry(name));
				zip.write(1);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

	public static byte[] joined(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

}
