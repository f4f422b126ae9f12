/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * Decodes a body that a server sends in gzip (RFC 9110, section 8.4.1.3), of any number
 * of members (RFC 1952, section 2.2), as its bytes arrive. One that is not in gzip at
 * all, whatever its label says, is passed on as it is. All buffers are on the heap.
 */
final class GzipBody {

	/** So few bytes at a time that what they expand to is small, too. */
	private static final int PIECE = 1024;

	/** More than any server sends. */
	private static final int LARGEST_HEADER = 64 * 1024;

	private static final int FIXED_HEADER = 10;

	private static final int TRAILER = 8;

	/** RFC 1952, section 2.3.1: FLG. */
	private static final int HEADER_CRC = 0x02;

	private static final int EXTRA = 0x04;

	private static final int NAME = 0x08;

	private static final int COMMENT = 0x10;

	private final Mirror mirror;

	private final Inflater inflater = new Inflater(true);

	private final CRC32 checksum = new CRC32();

	private Part part = Part.BEGIN;

	/** Bytes of which not enough have come to use them. */
	private byte[] left = new byte[0];

	private GzipBody(Mirror mirror) {
		this.mirror = mirror;
	}

	/**
	 * Decodes a body.
	 * @param body the bytes as they arrive; each buffer is released
	 * @param mirror who sends them
	 * @return the decoded bytes, in buffers that need not be released, or a
	 * {@link RequestFailedException}
	 */
	static Flux<DataBuffer> decode(Flux<DataBuffer> body, Mirror mirror) {
		return Flux.defer(() -> {
			GzipBody gzip = new GzipBody(mirror);
			return body.map(GzipBody::take)
				.concatMapIterable((bytes) -> () -> gzip.new Pieces(bytes), 1)
				.concatWith(Mono.defer(gzip::end));
		});
	}

	/** Copies and releases a buffer. */
	static byte[] take(DataBuffer buffer) {
		try {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return bytes;
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	private Mono<DataBuffer> end() {
		this.inflater.end();
		return switch (this.part) {
			case BEGIN, PLAIN -> (this.left.length > 0) ? Mono.just(buffer(this.left)) : Mono.empty();
			case NEXT -> (this.left.length > 0) ? Mono.error(truncated()) : Mono.empty();
			case DATA, END -> Mono.error(truncated());
		};
	}

	private RequestFailedException truncated() {
		return new RequestFailedException(Reason.SHORT_BODY, this.mirror,
				"ended the body before the end of its gzip data", null);
	}

	private RequestFailedException broken(@Nullable Throwable cause) {
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, this.mirror, "sent broken gzip data", cause);
	}

	private static DataBuffer buffer(byte[] bytes) {
		return DefaultDataBufferFactory.sharedInstance.wrap(bytes);
	}

	/** Takes a few bytes, and returns what they expand to. */
	private List<DataBuffer> decoded(byte[] bytes, int from, int length) {
		byte[] joined = Arrays.copyOf(this.left, this.left.length + length);
		System.arraycopy(bytes, from, joined, this.left.length, length);
		ByteBuffer input = ByteBuffer.wrap(joined).order(ByteOrder.LITTLE_ENDIAN);
		List<DataBuffer> output = new ArrayList<>();
		boolean more = true;
		while (more) {
			more = switch (this.part) {
				case BEGIN, NEXT -> beginMember(input);
				case DATA -> inflate(input, output);
				case END -> endMember(input);
				case PLAIN -> {
					output.add(buffer(Arrays.copyOfRange(joined, input.position(), input.limit())));
					input.position(input.limit());
					yield false;
				}
			};
		}
		this.left = Arrays.copyOfRange(joined, input.position(), input.limit());
		return output;
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

	private boolean inflate(ByteBuffer input, List<DataBuffer> output) {
		this.inflater.setInput(input);
		try {
			while (!this.inflater.needsInput() && !this.inflater.finished()) {
				byte[] content = new byte[16 * PIECE];
				int length = this.inflater.inflate(content);
				if (this.inflater.needsDictionary()) {
					throw broken(null);
				}
				this.checksum.update(content, 0, length);
				if (length > 0) {
					output.add(buffer(Arrays.copyOf(content, length)));
				}
			}
		}
		catch (DataFormatException ex) {
			throw broken(ex);
		}
		if (this.inflater.finished()) {
			this.part = Part.END;
			return true;
		}
		return false;
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

	/** Decodes a few bytes whenever more of the content are wanted. */
	private final class Pieces implements Iterator<DataBuffer> {

		private final byte[] input;

		private int from;

		private Iterator<DataBuffer> out = List.<DataBuffer>of().iterator();

		Pieces(byte[] input) {
			this.input = input;
		}

		@Override
		public boolean hasNext() {
			while (!this.out.hasNext() && this.from < this.input.length) {
				int length = Math.min(PIECE, this.input.length - this.from);
				this.out = decoded(this.input, this.from, length).iterator();
				this.from += length;
			}
			return this.out.hasNext();
		}

		@Override
		public DataBuffer next() {
			if (!hasNext()) {
				throw new NoSuchElementException();
			}
			return this.out.next();
		}

	}

}
