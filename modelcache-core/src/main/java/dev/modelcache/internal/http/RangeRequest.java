/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * A request for some bytes of a file, or for all of it.
 *
 * @param mirror whom to ask
 * @param range which bytes
 * @param ifRange the strong validator that the file must still have, or {@code null} to
 * take the bytes as they are (RFC 9110, section 13.1.5)
 * @param ranged whether the request has a {@code Range} header
 * @param coding what it says about content codings
 */
public record RangeRequest(Mirror mirror, ByteRange range, @Nullable String ifRange, boolean ranged, Coding coding) {

	/**
	 * Creates a request for some bytes of a file.
	 * @param mirror whom to ask
	 * @param range which bytes
	 * @param ifRange the strong validator that the file must still have, or {@code null}
	 */
	public RangeRequest(Mirror mirror, ByteRange range, @Nullable String ifRange) {
		this(mirror, range, ifRange, true, Coding.REFUSED);
	}

	/**
	 * Creates a request for a whole file, without a {@code Range} header.
	 * @param mirror whom to ask
	 * @return the request
	 */
	public static RangeRequest wholeFile(Mirror mirror) {
		return new RangeRequest(mirror, ByteRange.from(0), null, false, Coding.REFUSED);
	}

	/**
	 * Returns the same request with another word on content codings.
	 * @param other what it says
	 * @return the request
	 */
	public RangeRequest with(Coding other) {
		return new RangeRequest(this.mirror, this.range, this.ifRange, this.ranged, other);
	}

	/**
	 * What is done about content codings (RFC 9110, section 8.4): each is tried where
	 * those before it do not work.
	 */
	public enum Coding {

		/** {@code Accept-Encoding: identity}; an encoded body is an error. */
		REFUSED,

		/** No {@code Accept-Encoding}; an encoded body is an error. */
		UNSAID,

		/** No {@code Accept-Encoding}; a body in gzip is decoded. */
		DECODED,

		/** No {@code Accept-Encoding}; a body is the file, whatever its label says. */
		TAKEN

	}

}
