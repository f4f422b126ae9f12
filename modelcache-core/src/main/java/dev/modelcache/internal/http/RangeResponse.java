/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.util.Set;

import dev.modelcache.Digest;
import org.jspecify.annotations.Nullable;

/**
 * The head of the answer to a {@link RangeRequest}: what the mirror says of the file.
 *
 * @param start the position of the body's first byte in the file: the requested one, or 0
 * where the mirror sends the whole file
 * @param totalBytes the size of the file, or {@code null} where the mirror does not say
 * @param validator the file's strong validator (RFC 9110, section 8.8.1), or {@code null}
 * @param bodyEnd the position in the file where the body ends, or {@code null} where the
 * mirror does not say
 * @param whole whether the mirror sends the whole file, whatever it was asked for
 * @param endProven whether the wire itself tells a whole body from a cut one: a length,
 * or chunks
 * @param stated the digests of the whole file that the mirror states; good for telling
 * that it has another file, never for proving what it sends
 * @param version the weak validator and the date, or {@code null}: if they differ, the
 * file has changed; if they are the same, it may have
 * @param fileName what the mirror calls the file, which may be any text, or {@code null}
 * @param unknownCoding the content coding that the body is labelled with, though it
 * cannot be decoded, or {@code null}: its first bytes tell whether the label is right
 */
public record RangeResponse(long start, @Nullable Long totalBytes, @Nullable Long bodyEnd, boolean whole,
		@Nullable String validator, boolean endProven, Set<Digest> stated, @Nullable String version,
		@Nullable String fileName, @Nullable String unknownCoding) {

	/**
	 * Creates the answer of a mirror that states no digest.
	 * @param start the position of the body's first byte in the file
	 * @param totalBytes the size of the file, or {@code null}
	 * @param bodyEnd the position in the file where the body ends, or {@code null}
	 * @param whole whether the mirror sends the whole file
	 * @param validator the file's strong validator, or {@code null}
	 * @param endProven whether the wire itself tells a whole body from a cut one
	 */
	public RangeResponse(long start, @Nullable Long totalBytes, @Nullable Long bodyEnd, boolean whole,
			@Nullable String validator, boolean endProven) {
		this(start, totalBytes, bodyEnd, whole, validator, endProven, Set.of(), null, null, null);
	}

}
