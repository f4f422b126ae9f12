/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

import org.springframework.core.io.ClassPathResource;
import org.springframework.util.DigestUtils;

/**
 * A model file that the sample's own servers send. Immutable; the whole file is held in
 * memory.
 */
final class ServedFile {

	private static final int GGUF_VERSION = 3;

	private static final int TYPE_UINT32 = 4;

	private static final int TYPE_STRING = 8;

	private static final int TENSOR_F16 = 1;

	private static final int ALIGNMENT = 32;

	/** 6.3 million weights of two bytes: twelve of the blocks that a download resumes. */
	private static final long[] DIMENSIONS = { 1024, 6144 };

	private final String name;

	private final byte[] content;

	private final String etag;

	private ServedFile(String name, byte[] content) {
		this.name = name;
		this.content = content;
		this.etag = "\"" + DigestUtils.md5DigestAsHex(content) + "\"";
	}

	/**
	 * Returns the language model of 500 kB that tells commands that create, read, update
	 * and delete apart. {@code sample-app/model} has the script that made it.
	 * @return the file
	 */
	static ServedFile commands() {
		try {
			return new ServedFile("commands.gguf",
					new ClassPathResource("models/commands.gguf").getContentAsByteArray());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Returns a GGUF file of 12.6 MB whose weights are random. It is made only to be
	 * downloaded; its bytes are always the same.
	 * @return the file
	 */
	static ServedFile large() {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
		out.writeBytes(int32(GGUF_VERSION));
		out.writeBytes(int64(1));
		out.writeBytes(int64(3));
		text(out, "general.architecture", "sample");
		text(out, "general.name", "Random weights");
		out.writeBytes(string("general.file_type"));
		out.writeBytes(int32(TYPE_UINT32));
		out.writeBytes(int32(1));
		out.writeBytes(string("weights"));
		out.writeBytes(int32(DIMENSIONS.length));
		for (long dimension : DIMENSIONS) {
			out.writeBytes(int64(dimension));
		}
		out.writeBytes(int32(TENSOR_F16));
		out.writeBytes(int64(0));
		out.writeBytes(new byte[(ALIGNMENT - out.size() % ALIGNMENT) % ALIGNMENT]);
		byte[] weights = new byte[(int) (DIMENSIONS[0] * DIMENSIONS[1] * 2)];
		// The generator's algorithm is part of its specification.
		new Random(1).nextBytes(weights);
		out.writeBytes(weights);
		return new ServedFile("large.gguf", out.toByteArray());
	}

	private static void text(ByteArrayOutputStream out, String key, String value) {
		out.writeBytes(string(key));
		out.writeBytes(int32(TYPE_STRING));
		out.writeBytes(string(value));
	}

	private static byte[] string(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		return ByteBuffer.allocate(Long.BYTES + bytes.length)
			.order(ByteOrder.LITTLE_ENDIAN)
			.putLong(bytes.length)
			.put(bytes)
			.array();
	}

	private static byte[] int32(int value) {
		return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
	}

	private static byte[] int64(long value) {
		return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
	}

	/**
	 * Returns the file's name.
	 * @return the name
	 */
	String name() {
		return this.name;
	}

	/**
	 * Returns the size of the file.
	 * @return the size in bytes
	 */
	long size() {
		return this.content.length;
	}

	/**
	 * Returns the validator of these bytes.
	 * @return a strong entity tag (RFC 9110, 8.8.3)
	 */
	String etag() {
		return this.etag;
	}

	/**
	 * Copies a part of the file.
	 * @param offset where the part begins
	 * @param length its length in bytes
	 * @return the bytes
	 */
	byte[] bytes(long offset, int length) {
		int from = Math.toIntExact(offset);
		return Arrays.copyOfRange(this.content, from, from + length);
	}

}
