/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * A half-open range of bytes.
 *
 * @param start the first byte
 * @param end the byte after the last one; the range is empty where it is not after
 * {@code start}
 */
record ByteRange(long start, long end) {

	private static final Pattern SINGLE = Pattern.compile("bytes=(\\d{1,18})-(\\d{0,18})|bytes=-(\\d{1,18})");

	/**
	 * Reads a {@code Range} header (RFC 9110, 14.1.2).
	 * @param header the header's value
	 * @param size the size of what is asked for
	 * @return the range, cut at the size; {@code null} where there is no header, or one
	 * to ignore, such as one with several ranges
	 */
	static @Nullable ByteRange parse(@Nullable String header, long size) {
		Matcher matcher = SINGLE.matcher((header != null) ? header : "");
		if (!matcher.matches()) {
			return null;
		}
		String suffix = matcher.group(3);
		if (suffix != null) {
			return new ByteRange(Math.max(0, size - Long.parseLong(suffix)), size);
		}
		String last = matcher.group(2);
		long end = last.isEmpty() ? size : Math.min(size, Long.parseLong(last) + 1);
		return new ByteRange(Long.parseLong(matcher.group(1)), end);
	}

	long length() {
		return Math.max(0, this.end - this.start);
	}

	boolean isEmpty() {
		return length() == 0;
	}

	/**
	 * Returns the {@code Content-Range} that describes it.
	 * @param size the complete length
	 * @return the header's value
	 */
	String contentRange(long size) {
		return "bytes " + this.start + "-" + (this.end - 1) + "/" + size;
	}

	/**
	 * Cuts it into pieces.
	 * @param bytes the size of a piece; the last one may be smaller
	 * @return the pieces, in order
	 */
	Flux<ByteRange> pieces(int bytes) {
		return Flux.generate(() -> this.start, (position, sink) -> {
			if (position >= this.end) {
				sink.complete();
				return position;
			}
			long next = Math.min(this.end, position + bytes);
			sink.next(new ByteRange(position, next));
			return next;
		});
	}

}
