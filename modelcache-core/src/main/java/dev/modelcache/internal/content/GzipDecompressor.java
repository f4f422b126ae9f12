/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import dev.modelcache.internal.content.DecompressionException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Reads gzip data of any number of members (RFC 1952, section 2.2) with the platform's
 * {@link Inflater}. What {@link java.util.zip.GZIPInputStream} overlooks is an error
 * here: bytes after the last member, and a member that ends early.
 */
final class GzipDecompressor implements Decompressor {

	private static final int DEFLATE = 8;

	/** RFC 1952, section 2.3.1: FLG. */
	private static final int HEADER_CRC = 0x02;

	private static final int EXTRA = 0x04;

	private static final int NAME = 0x08;

	private static final int COMMENT = 0x10;

	private static final int RESERVED = 0xe0;

	private final CompressedInput input;

	/** The data of a member has no zlib header. */
	private final Inflater inflater = new Inflater(true);

	private final CRC32 headerCrc = new CRC32();

	private final CRC32 contentCrc = new CRC32();

	private long contentSize;

	private boolean inMember;

	private boolean first = true;

	GzipDecompressor(CompressedInput input) {
		this.input = input;
	}

	@Override
	public boolean read(ByteBuffer target) throws IOException {
		while (target.hasRemaining()) {
			if (!this.inMember && !beginMember()) {
				return false;
			}
			inflate(target);
		}
		return true;
	}

	private boolean beginMember() throws IOException {
		if (!this.first && !this.input.fill()) {
			return false;
		}
		this.headerCrc.reset();
		int mark = header();
		if (mark == 0 && !this.first && isPadding()) {
			return false;
		}
		if (mark != 0x1f || header() != 0x8b) {
			throw new DecompressionException(Reason.TRAILING, "there is no further member", null);
		}
		readHeader();
		this.inflater.reset();
		this.contentCrc.reset();
		this.contentSize = 0;
		this.inMember = true;
		this.first = false;
		return true;
	}

	/** Tapes and block devices fill up with zeros; gzip ignores them at the end. */
	private boolean isPadding() throws IOException {
		while (this.input.fill()) {
			if (this.input.next() != 0) {
				return false;
			}
		}
		return true;
	}

	private void readHeader() throws IOException {
		int method = header();
		int flags = header();
		if (method != DEFLATE || (flags & RESERVED) != 0) {
			throw corrupt("a header has the method " + method + " and flags " + flags, null);
		}
		skip(6);
		if ((flags & EXTRA) != 0) {
			skip(header() | header() << 8);
		}
		if ((flags & NAME) != 0) {
			skipText();
		}
		if ((flags & COMMENT) != 0) {
			skipText();
		}
		if ((flags & HEADER_CRC) != 0) {
			int crc = (int) this.headerCrc.getValue() & 0xffff;
			if ((header() | header() << 8) != crc) {
				throw corrupt("a header's checksum is wrong", null);
			}
		}
	}

	private int header() throws IOException {
		int next = this.input.next();
		this.headerCrc.update(next);
		return next;
	}

	private void skip(int bytes) throws IOException {
		for (int i = 0; i < bytes; i++) {
			header();
		}
	}

	private void skipText() throws IOException {
		while (header() != 0) {
			// The terminating zero belongs to the text.
		}
	}

	private void inflate(ByteBuffer target) throws IOException {
		if (this.inflater.needsInput()) {
			if (!this.input.fill()) {
				throw DecompressionException.truncated();
			}
			this.inflater.setInput(this.input.buffer());
		}
		int start = target.position();
		try {
			this.inflater.inflate(target);
		}
		catch (DataFormatException ex) {
			throw corrupt(String.valueOf(ex.getMessage()), ex);
		}
		this.contentSize += target.position() - start;
		this.contentCrc.update(target.duplicate().position(start).limit(target.position()));
		if (this.inflater.finished()) {
			this.inMember = false;
			checkTrailer();
		}
	}

	/** RFC 1952, section 2.3.1: CRC32 and ISIZE, which is the size modulo 2^32. */
	private void checkTrailer() throws IOException {
		if (nextInt() != (int) this.contentCrc.getValue()) {
			throw corrupt("the content's checksum is wrong", null);
		}
		if (nextInt() != (int) this.contentSize) {
			throw corrupt("the content's size is wrong", null);
		}
	}

	private int nextInt() throws IOException {
		return this.input.next() | this.input.next() << 8 | this.input.next() << 16 | this.input.next() << 24;
	}

	private static DecompressionException corrupt(String detail, @Nullable Throwable cause) {
		return new DecompressionException(Reason.CORRUPT, detail, cause);
	}

	@Override
	public void close() {
		this.inflater.end();
	}

}
