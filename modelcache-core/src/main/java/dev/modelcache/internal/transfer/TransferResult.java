/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.content.DecompressedContent;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;

/**
 * A file that has arrived whole. Nobody has compared it with anything yet.
 *
 * @param size its size in bytes
 * @param digests its digests
 * @param mirror the mirror that sent most of it
 * @param validator that mirror's strong validator, or {@code null}
 * @param fileName what that mirror calls the file, which is anybody's text, or
 * {@code null}
 * @param content what came of decompressing it, or {@code null}
 * @param contentFailure why nothing came of that, or why the file cannot be right, or
 * {@code null}
 * @param mode how it was fetched
 */
public record TransferResult(long size, Map<Digest.Algorithm, Digest> digests, Mirror mirror,
		@Nullable String validator, @Nullable String fileName, @Nullable DecompressedContent content,
		@Nullable ModelCacheException contentFailure, FetchMode mode) {

	/**
	 * Returns the file with another reason why it is of no use.
	 * @param failure the reason
	 */
	TransferResult failing(ModelCacheException failure) {
		return new TransferResult(this.size, this.digests, this.mirror, this.validator, this.fileName, this.content,
				failure, this.mode);
	}

	/**
	 * Returns whether nothing came.
	 * @return {@code true} if the file or its content has no byte
	 */
	public boolean isEmpty() {
		return this.size == 0 || (this.content != null && this.content.size() == 0);
	}

	/**
	 * Returns whether the file or its content is what it should be.
	 * @param expected what it should be
	 * @return {@code true} if it is; {@code false} also where nobody knows
	 */
	public boolean is(@Nullable ExpectedDigest expected) {
		return expected != null && (has(expected.digest()) || contentHas(expected.digest()));
	}

	/**
	 * Returns whether the file as it arrived has a digest.
	 * @param digest the digest
	 * @return {@code true} if it has
	 */
	public boolean has(Digest digest) {
		return this.digests.containsValue(digest);
	}

	/**
	 * Returns whether the content of a compressed file has a digest.
	 * @param digest the digest
	 * @return {@code true} if it has
	 */
	public boolean contentHas(Digest digest) {
		return this.content != null && this.content.digests().containsValue(digest);
	}

}
