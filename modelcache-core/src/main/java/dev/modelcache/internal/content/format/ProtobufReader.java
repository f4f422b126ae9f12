/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Reads the wire format of protobuf: fields, each with a tag (its number and its wire
 * type), in messages whose length is known.
 *
 * @see <a href= "https://protobuf.dev/programming-guides/encoding/">Encoding</a>
 */
final class ProtobufReader {

	static final int VARINT = 0;

	static final int FIXED64 = 1;

	static final int LENGTH = 2;

	static final int FIXED32 = 5;

	private static final int GROUP = 3;

	private static final int END_OF_GROUP = 4;

	/** Tags are unsigned numbers of so many bits. */
	private static final int TAG_BITS = 32;

	/** Protobuf's own readers refuse messages within more messages than that. */
	static final int DEEPEST = 100;

	private static final String MALFORMED = "it is not a protobuf message";

	private final HeaderReader in;

	private final String format;

	/**
	 * Creates a reader.
	 * @param in the file
	 * @param format the name of its format, for messages
	 */
	ProtobufReader(HeaderReader in, String format) {
		this.in = in;
		this.format = format;
	}

	static long tag(int field, int wireType) {
		return field << 3 | wireType;
	}

	static int wireType(long tag) {
		return (int) tag & 7;
	}

	long varint() throws IOException {
		long value = 0;
		for (int shift = 0; shift < Long.SIZE; shift += 7) {
			int next = this.in.uint8();
			value |= (long) (next & 0x7f) << shift;
			if (next < 0x80) {
				return value;
			}
		}
		throw this.in.malformed(MALFORMED);
	}

	/**
	 * Reads the length of a field.
	 * @param end where the message ends that has the field
	 * @return where the field ends
	 */
	long length(long end) throws IOException {
		long length = varint();
		if (length < 0 || length > end - this.in.position()) {
			throw FormatException.truncated(this.format, "at byte " + this.in.position() + " of " + this.in.size()
					+ " it declares more data than it contains");
		}
		return this.in.position() + length;
	}

	/**
	 * Passes over a field whose tag was read.
	 * @param tag the tag
	 * @param end where the message ends that has the field
	 */
	void skip(long tag, long end) throws IOException {
		if (tag >>> 3 == 0 || tag >>> TAG_BITS != 0) {
			throw this.in.malformed(MALFORMED);
		}
		switch (wireType(tag)) {
			case VARINT -> varint();
			case FIXED64 -> this.in.skip(Long.BYTES);
			case LENGTH -> this.in.skip(length(end) - this.in.position());
			case FIXED32 -> this.in.skip(Integer.BYTES);
			case GROUP -> skipGroup(tag >>> 3, end);
			default -> throw this.in.malformed(MALFORMED);
		}
	}

	/** A group, which ends with a tag of its own, is an old form of a message. */
	private void skipGroup(long number, long end) throws IOException {
		Deque<Long> open = new ArrayDeque<>(List.of(number));
		while (!open.isEmpty()) {
			long tag = (this.in.position() < end) ? varint() : 0;
			switch (wireType(tag)) {
				case END_OF_GROUP -> {
					if (tag >>> 3 != open.pop()) {
						throw this.in.malformed(MALFORMED);
					}
				}
				case GROUP -> {
					open.push(tag >>> 3);
					if (tag >>> 3 == 0 || open.size() > DEEPEST) {
						throw this.in.malformed(MALFORMED);
					}
				}
				default -> skip(tag, end);
			}
		}
	}

	/** Requires that a message ends where its length says. */
	void checkEnd(long end) throws FormatException {
		if (this.in.position() != end) {
			throw this.in.malformed("a part of it is longer than declared");
		}
	}

}
