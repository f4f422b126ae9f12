/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * The bytes of a growing file, read just behind its frontier. Used by one thread.
 */
final class CompressedInput {

	private final FileChannel file;

	private final Frontier frontier;

	/** What was read and not yet taken. Direct, as native code wants it. */
	private final ByteBuffer buffer = ByteBuffer.allocateDirect(Frontier.BLOCK).limit(0);

	private long position;

	CompressedInput(FileChannel file, Frontier frontier) {
		this.file = file;
		this.frontier = frontier;
	}

	/** Returns what was read and not yet taken; who takes bytes moves its position. */
	ByteBuffer buffer() {
		return this.buffer;
	}

	/**
	 * Waits until the buffer holds a byte.
	 * @return whether it does; {@code false} at the end of the file
	 */
	boolean fill() throws IOException {
		return this.buffer.hasRemaining() || readMore();
	}

	/** Takes a byte. */
	int next() throws IOException {
		if (!fill()) {
			throw DecompressionException.truncated();
		}
		return this.buffer.get() & 0xff;
	}

	/**
	 * Compares the bytes that follow, without taking them.
	 * @param bytes what they may be; less than what the buffer takes
	 * @param mask what counts of the first byte
	 * @throws DecompressionException if the file ends before they differ
	 */
	boolean startsWith(byte[] bytes, int mask) throws IOException {
		while (this.buffer.remaining() < bytes.length && readMore()) {
			// As long as it takes.
		}
		int start = this.buffer.position();
		for (int i = 0; i < bytes.length; i++) {
			if (i == this.buffer.remaining()) {
				throw DecompressionException.truncated();
			}
			int difference = this.buffer.get(start + i) ^ bytes[i];
			if ((difference & ((i == 0) ? mask : 0xff)) != 0) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Compares bytes further on, without taking them.
	 * @param offset how many bytes are before them
	 * @param bytes what they may be; with the offset, less than what the buffer takes
	 */
	boolean has(int offset, byte[] bytes) throws IOException {
		int end = offset + bytes.length;
		while (this.buffer.remaining() < end && readMore()) {
			// As long as it takes.
		}
		return this.buffer.remaining() >= end
				&& this.buffer.slice(this.buffer.position() + offset, bytes.length).equals(ByteBuffer.wrap(bytes));
	}

	private boolean readMore() throws IOException {
		long end = this.frontier.awaitMore(this.position, Frontier.BLOCK);
		if (end == this.position) {
			return false;
		}
		this.buffer.compact();
		this.buffer.limit((int) Math.min(this.buffer.capacity(), this.buffer.position() + (end - this.position)));
		int read = this.file.read(this.buffer, this.position);
		this.buffer.flip();
		if (read < 0) {
			throw new IOException("the staged file ends at " + this.position + ", before " + end);
		}
		this.position += read;
		return true;
	}

}
