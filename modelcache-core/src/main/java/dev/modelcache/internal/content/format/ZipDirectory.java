/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * The names in a zip archive (APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16).
 * <p>
 * Programs disagree about archives that are damaged or made to deceive: whether bytes in
 * front move the directory, which of two end records counts, which of two names. All
 * readings count here, so that no program finds a name that was not looked at.
 */
final class ZipDirectory {

	private static final int FILE = 0x04034b50;

	private static final int ENTRY = 0x02014b50;

	private static final int END = 0x06054b50;

	private static final int END_BYTES = 22;

	private static final int END_64 = 0x06064b50;

	private static final int END_64_BYTES = 56;

	private static final int LOCATOR_64 = 0x07064b50;

	private static final int LOCATOR_64_BYTES = 20;

	private static final int LONGEST_COMMENT = 0xffff;

	private static final int UNICODE_PATH = 0x7075;

	/** Each has up to four directories; honest archives have one end record. */
	private static final int MOST_ENDS = 64;

	private static final long MOST_BYTES = 128 << 20;

	private final FileChannel channel;

	private final HeaderReader in;

	private final Predicate<String> wanted;

	private long bytesRead;

	private boolean readable;

	private boolean damaged;

	private boolean matches;

	private ZipDirectory(FileChannel channel, Predicate<String> wanted) throws IOException {
		this.channel = channel;
		this.in = new HeaderReader(channel, "zip");
		this.wanted = wanted;
	}

	/**
	 * Reads the names of an archive, which may have other bytes in front.
	 * @param channel a file
	 * @param wanted the names to look for
	 * @return what was found
	 * @throws IOException if the file cannot be read
	 */
	static Finding find(FileChannel channel, Predicate<String> wanted) throws IOException {
		ZipDirectory directory = new ZipDirectory(channel, wanted);
		boolean archive = directory.readFirstFile();
		directory.readDirectories();
		if (directory.matches) {
			return Finding.MATCH;
		}
		if (directory.damaged || (archive && !directory.readable)) {
			return Finding.UNREADABLE;
		}
		return directory.readable ? Finding.NO_MATCH : Finding.NO_ARCHIVE;
	}

	/** The first file counts even if the directory does not name it. */
	private boolean readFirstFile() throws IOException {
		try {
			if (this.in.int32() != FILE) {
				return false;
			}
			this.in.skip(22);
			int nameLength = this.in.uint16();
			int extraLength = this.in.uint16();
			readNames(nameLength, extraLength);
			return true;
		}
		catch (FormatException ex) {
			return this.in.position() > 0;
		}
	}

	private void readDirectories() throws IOException {
		long size = this.channel.size();
		int length = (int) Math.min(size, END_BYTES + LONGEST_COMMENT);
		ByteBuffer tail = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
		while (tail.hasRemaining() && this.channel.read(tail, size - length + tail.position()) >= 0) {
			// Reads on.
		}
		int ends = 0;
		for (int i = tail.position() - END_BYTES; i >= 0 && !this.matches; i--) {
			if (tail.getInt(i) == END) {
				readDirectories(size - length + i, Integer.toUnsignedLong(tail.getInt(i + 12)),
						Integer.toUnsignedLong(tail.getInt(i + 16)));
				if (++ends > MOST_ENDS) {
					this.damaged = true;
					return;
				}
			}
		}
	}

	private void readDirectories(long end, long bytes, long start) throws IOException {
		readDirectory(start, bytes);
		if (start != end - bytes) {
			readDirectory(end - bytes, bytes);
		}
		long locator = end - LOCATOR_64_BYTES;
		try {
			moveTo(locator);
			if (this.in.int32() != LOCATOR_64) {
				return;
			}
			this.in.skip(4);
			long stated = this.in.int64();
			readDirectories64(stated);
			// Python reads the record in front of the locator, whatever that states.
			readDirectories64(locator - END_64_BYTES);
		}
		catch (FormatException ex) {
			// There is no locator.
		}
	}

	private void readDirectories64(long end) throws IOException {
		long bytes;
		long start;
		try {
			moveTo(end);
			if (this.in.int32() != END_64) {
				return;
			}
			this.in.skip(36);
			bytes = this.in.int64();
			start = this.in.int64();
		}
		catch (FormatException ex) {
			return;
		}
		readDirectory(start, bytes);
		if (start != end - bytes) {
			readDirectory(end - bytes, bytes);
		}
	}

	/** A directory counts if an entry is where it begins, or if it is empty. */
	private void readDirectory(long start, long bytes) throws IOException {
		if (this.matches || bytes < 0 || start < 0) {
			return;
		}
		boolean begun = false;
		try {
			moveTo(start);
			while (this.in.position() < start + bytes) {
				if (this.in.int32() != ENTRY) {
					this.damaged |= begun;
					return;
				}
				if (!begun && (this.bytesRead += bytes) > MOST_BYTES) {
					this.damaged = true;
					return;
				}
				begun = true;
				this.in.skip(24);
				int nameLength = this.in.uint16();
				int extraLength = this.in.uint16();
				int commentLength = this.in.uint16();
				this.in.skip(12);
				readNames(nameLength, extraLength);
				this.in.skip(commentLength);
			}
			this.readable = true;
		}
		catch (FormatException ex) {
			this.damaged |= begun;
		}
	}

	/** Reads the name, and the one that an Info-ZIP Unicode path states in its place. */
	private void readNames(int nameLength, int extraLength) throws IOException {
		readName(this.in.bytes(nameLength));
		byte[] extra = this.in.bytes(extraLength);
		ByteBuffer fields = ByteBuffer.wrap(extra).order(ByteOrder.LITTLE_ENDIAN);
		while (fields.remaining() >= 4) {
			int type = Short.toUnsignedInt(fields.getShort());
			byte[] field = new byte[Math.min(Short.toUnsignedInt(fields.getShort()), fields.remaining())];
			fields.get(field);
			if (type == UNICODE_PATH && field.length > 5) {
				readName(Arrays.copyOfRange(field, 5, field.length));
			}
		}
	}

	/** Python ends a name at its first zero byte, others do not. */
	private void readName(byte[] bytes) {
		String name = new String(bytes, StandardCharsets.ISO_8859_1);
		int zero = name.indexOf('\0');
		this.matches |= this.wanted.test(name) || (zero >= 0 && this.wanted.test(name.substring(0, zero)));
	}

	private void moveTo(long position) throws FormatException {
		this.in.moveTo(0);
		this.in.skip(position);
	}

	/** What a file is, as far as names of a zip archive go. */
	enum Finding {

		/** It has such a name. */
		MATCH,

		/** It is an archive without such a name. */
		NO_MATCH,

		/** It is an archive whose names cannot be read. */
		UNREADABLE,

		/** It is not an archive. */
		NO_ARCHIVE

	}

}
