/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

import org.springframework.core.io.buffer.DataBuffer;

/**
 * Decodes a body that a server sends in gzip (RFC 9110, section 8.4.1.3), of any number
 * of members (RFC 1952, section 2.2).
 */
final class GzipBody extends EncodedBody {

	/** How much is decoded at a time. */
	private static final int PIECE = 16 * 1024;

	/** More than any server sends. */
	private static final int LARGEST_HEADER = 64 * 1024;

	private static final int FIXED_HEADER = 10;

	private static final int TRAILER = 8;

	/** RFC 1952, section 2.3.1: FLG. */
	private static final int HEADER_CRC = 0x02;

	private static final int EXTRA = 0x04;

	private static final int NAME = 0x08;

	private static final int COMMENT = 0x10;

	private final Inflater inflater = new Inflater(true);

	private final CRC32 checksum = new CRC32();

	private Part part = Part.BEGIN;

	GzipBody(Mirror mirror) {
		super(mirror, "gzip");
	}

	@Override
	@Nullable DataBuffer next(ByteBuffer input) {
		boolean more = true;
		while (more) {
			if (this.part == Part.PLAIN) {
				return rest(input);
			}
			if (this.part == Part.DATA) {
				DataBuffer content = inflate(input);
				if (content != null) {
					return content;
				}
				more = this.part != Part.DATA;
			}
			else {
				more = (this.part == Part.END) ? endMember(input) : beginMember(input);
			}
		}
		return null;
	}

	@Override
	boolean mayEnd(int unused) {
		return this.part == Part.BEGIN || this.part == Part.PLAIN || (this.part == Part.NEXT && unused == 0);
	}

	@Override
	void release() {
		this.inflater.end();
	}

	private boolean beginMember(ByteBuffer input) {
		if (input.remaining() < 2) {
			return false;
		}
		if (input.getShort(input.position()) != (short) 0x8b1f) {
			if (this.part == Part.NEXT) {
				throw broken(null);
			}
			this.part = Part.PLAIN;
			return true;
		}
		int length = headerLength(input);
		if (length < 0) {
			if (input.remaining() > LARGEST_HEADER) {
				throw broken(null);
			}
			return false;
		}
		input.position(input.position() + length);
		this.inflater.reset();
		this.checksum.reset();
		this.part = Part.DATA;
		return true;
	}

	/** Returns how long the header of a member is, or -1 while its end has not come. */
	private static int headerLength(ByteBuffer input) {
		int start = input.position();
		int length = FIXED_HEADER;
		if (input.remaining() < length) {
			return -1;
		}
		int flags = input.get(start + 3);
		if ((flags & EXTRA) != 0) {
			if (input.remaining() < length + 2) {
				return -1;
			}
			length += 2 + (input.getShort(start + length) & 0xffff);
		}
		for (int text : new int[] { NAME, COMMENT }) {
			if ((flags & text) != 0) {
				while (length < input.remaining() && input.get(start + length) != 0) {
					length++;
				}
				length++;
			}
		}
		length += ((flags & HEADER_CRC) != 0) ? 2 : 0;
		return (length <= input.remaining()) ? length : -1;
	}

	private @Nullable DataBuffer inflate(ByteBuffer input) {
		this.inflater.setInput(input);
		byte[] content = new byte[PIECE];
		try {
			int length = this.inflater.inflate(content);
			if (this.inflater.needsDictionary()) {
				throw broken(null);
			}
			if (this.inflater.finished()) {
				this.part = Part.END;
			}
			this.checksum.update(content, 0, length);
			return (length > 0) ? buffer(Arrays.copyOf(content, length)) : null;
		}
		catch (DataFormatException ex) {
			throw broken(ex);
		}
	}

	/** RFC 1952, section 2.3.1: CRC32 and ISIZE, which is the size modulo 2^32. */
	private boolean endMember(ByteBuffer input) {
		if (input.remaining() < TRAILER) {
			return false;
		}
		if (input.getInt() != (int) this.checksum.getValue()
				|| input.getInt() != (int) this.inflater.getBytesWritten()) {
			throw broken(null);
		}
		this.part = Part.NEXT;
		return true;
	}

	private enum Part {

		/** It is not yet known whether the body is in gzip. */
		BEGIN,
		/** It is not. */
		PLAIN,
		/** The compressed data of a member. */
		DATA,
		/** The trailer of a member. */
		END,
		/** The end of the body, or a further member. */
		NEXT

	}

}
