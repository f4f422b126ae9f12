/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Reads a header from its beginning on, through one small buffer. Nothing is read beyond
 * the file's end, and no more than {@value #MOST_READ} bytes in all, so that no header
 * takes for ever.
 */
final class HeaderReader {

	private static final int BUFFER = 4096;

	private static final long MOST_READ = 256 << 20;

	private static final int LONGEST_TEXT = 256;

	private final FileChannel channel;

	private final String format;

	private final long size;

	private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).order(ByteOrder.LITTLE_ENDIAN).limit(0);

	/** Where the buffer's end is in the file. */
	private long bufferEnd;

	private long read;

	/**
	 * Creates a reader that stands at the file's beginning, for little-endian numbers.
	 * @param channel the file; its position is of no account
	 * @param format the format's name, for messages
	 */
	HeaderReader(FileChannel channel, String format) throws IOException {
		this.channel = channel;
		this.format = format;
		this.size = channel.size();
	}

	long size() {
		return this.size;
	}

	long position() {
		return this.bufferEnd - this.buffer.remaining();
	}

	long remaining() {
		return this.size - position();
	}

	void order(ByteOrder order) {
		this.buffer.order(order);
	}

	int uint8() throws IOException {
		need(Byte.BYTES);
		return this.buffer.get() & 0xff;
	}

	int uint16() throws IOException {
		need(Short.BYTES);
		return this.buffer.getShort() & 0xffff;
	}

	int int32() throws IOException {
		need(Integer.BYTES);
		return this.buffer.getInt();
	}

	long uint32() throws IOException {
		return int32() & 0xffff_ffffL;
	}

	long int64() throws IOException {
		need(Long.BYTES);
		return this.buffer.getLong();
	}

	/**
	 * Reads a text of UTF-8 that is fit to be shown.
	 * @param length its length in bytes
	 */
	String text(long length) throws IOException {
		return shown(key(length));
	}

	/**
	 * Reads a text of UTF-8, of which the first {@value #LONGEST_TEXT} bytes are kept.
	 * @param length its length in bytes
	 */
	String key(long length) throws IOException {
		check(length, 1);
		byte[] bytes = bytes((int) Math.min(length, LONGEST_TEXT));
		skip(length - bytes.length);
		return new String(bytes, StandardCharsets.UTF_8);
	}

	byte[] bytes(int length) throws IOException {
		check(length, 1);
		byte[] bytes = new byte[length];
		for (int i = 0; i < length; i++) {
			bytes[i] = (byte) uint8();
		}
		return bytes;
	}

	/** Passes over bytes and returns their hash ({@link Names}). */
	long hash(long length) throws IOException {
		check(length, 1);
		long hash = Names.START;
		for (long i = 0; i < length; i++) {
			hash = Names.next(hash, uint8());
		}
		return hash;
	}

	/** Returns a text without control characters and not longer than others. */
	static String shown(String text) {
		String part = (text.length() > LONGEST_TEXT) ? text.substring(0, LONGEST_TEXT) : text;
		return part.replaceAll("\\p{Cntrl}", " ").strip();
	}

	/**
	 * Checks a number of things that are to follow against what is left of the file.
	 * @param count how many there are said to be
	 * @param bytes the least that one of them takes
	 */
	void check(long count, int bytes) throws FormatException {
		if (count < 0 || count > remaining() / bytes) {
			throw FormatException.truncated(this.format,
					"at byte " + position() + " of " + this.size + " it declares more data than it contains");
		}
	}

	void skip(long bytes) throws FormatException {
		check(bytes, 1);
		long target = position() + bytes;
		if (target <= this.bufferEnd) {
			this.buffer.position(this.buffer.position() + (int) bytes);
		}
		else {
			moveTo(target);
		}
	}

	/** Goes on at another place of the file. */
	void moveTo(long position) {
		this.buffer.limit(0);
		this.bufferEnd = position;
	}

	FormatException malformed(String what) {
		return FormatException.malformed(this.format, what);
	}

	/** Returns the next bytes as a stream, which ends after them. */
	InputStream stream(long length) throws FormatException {
		check(length, 1);
		return new Part(length);
	}

	private void need(int bytes) throws IOException {
		if (this.buffer.remaining() >= bytes) {
			return;
		}
		check(bytes, 1);
		this.buffer.compact();
		while (this.buffer.position() < bytes) {
			int count = this.channel.read(this.buffer, this.bufferEnd);
			if (count < 0) {
				throw new IOException("the file was truncated while it was being read");
			}
			this.bufferEnd += count;
			this.read += count;
		}
		this.buffer.flip();
		if (this.read > MOST_READ) {
			throw malformed("its header is larger than " + (MOST_READ >> 20) + " MiB");
		}
	}

	private final class Part extends InputStream {

		private long left;

		Part(long length) {
			this.left = length;
		}

		@Override
		public int read() throws IOException {
			if (this.left == 0) {
				return -1;
			}
			this.left--;
			return uint8();
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			if (length == 0) {
				return 0;
			}
			if (this.left == 0) {
				return -1;
			}
			need(Byte.BYTES);
			int count = (int) Math.min(Math.min(length, this.left), HeaderReader.this.buffer.remaining());
			HeaderReader.this.buffer.get(bytes, offset, count);
			this.left -= count;
			return count;
		}

	}

}
