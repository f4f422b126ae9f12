/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

/**
 * A half-open range of bytes, {@code [start, end)}.
 *
 * @param start the first byte
 * @param end the byte after the last one; {@link #OPEN} where the end is not known
 */
public record ByteRange(long start, long end) {

	/** The end of a range that reaches to the end of the file, wherever that is. */
	public static final long OPEN = Long.MAX_VALUE;

	/**
	 * Creates a range.
	 */
	public ByteRange {
		if (start < 0 || end < start) {
			throw new IllegalArgumentException("not a range: [" + start + ", " + end + ")");
		}
	}

	/**
	 * Returns the range from a byte to the end of the file.
	 * @param start the first byte
	 * @return the range
	 */
	public static ByteRange from(long start) {
		return new ByteRange(start, OPEN);
	}

	/**
	 * Returns whether the range reaches to the end of the file, wherever that is.
	 * @return {@code true} if it does
	 */
	public boolean isOpen() {
		return this.end == OPEN;
	}

	/**
	 * Returns the range as the value of a {@code Range} header, whose last byte is
	 * inclusive (RFC 9110, section 14.1.2).
	 * @return the header's value
	 */
	public String toHeader() {
		return "bytes=" + this.start + "-" + (isOpen() ? "" : this.end - 1);
	}

}
