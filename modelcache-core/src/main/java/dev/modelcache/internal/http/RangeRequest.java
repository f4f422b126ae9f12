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
 */
public record RangeRequest(Mirror mirror, ByteRange range, @Nullable String ifRange, boolean ranged) {

	/**
	 * Creates a request for some bytes of a file.
	 * @param mirror whom to ask
	 * @param range which bytes
	 * @param ifRange the strong validator that the file must still have, or {@code null}
	 */
	public RangeRequest(Mirror mirror, ByteRange range, @Nullable String ifRange) {
		this(mirror, range, ifRange, true);
	}

	/**
	 * Creates a request for a whole file, without a {@code Range} header.
	 * @param mirror whom to ask
	 * @return the request
	 */
	public static RangeRequest wholeFile(Mirror mirror) {
		return new RangeRequest(mirror, ByteRange.from(0), null, false);
	}

}
