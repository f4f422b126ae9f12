/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.util.List;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * What a lock file says about one file of a model.
 *
 * @param name its name
 * @param digests its digests, at least one; of a compressed file first its own, then that
 * of its content
 * @param size its size in bytes, as it is transferred, or {@code null} where only that of
 * its content is known
 */
public record PinnedFile(ModelFileName name, List<Digest> digests, @Nullable Long size) {

	/**
	 * Creates it.
	 * @throws IllegalArgumentException if there is no digest
	 */
	public PinnedFile {
		digests = digests.stream().distinct().toList();
		if (digests.isEmpty()) {
			throw new IllegalArgumentException("a pinned file needs a digest");
		}
	}

	/**
	 * Returns the digest that proves the file.
	 * @return a SHA-256 if there is one
	 */
	public Digest digest() {
		return this.digests.stream()
			.filter((digest) -> digest.algorithm() == Algorithm.SHA256)
			.findFirst()
			.orElse(this.digests.get(0));
	}

	/**
	 * Returns whether a digest cannot be this file's.
	 * @param digest the digest
	 * @return {@code false} also where none of its algorithm is pinned
	 */
	public boolean contradicts(Digest digest) {
		return !this.digests.contains(digest)
				&& this.digests.stream().anyMatch((pinned) -> pinned.algorithm() == digest.algorithm());
	}

	/**
	 * Returns whether another file cannot be this one.
	 * @param other what is known of the other file
	 * @return {@code true} if no digest is the same, though they can be compared
	 */
	public boolean contradicts(PinnedFile other) {
		return other.digests.stream().noneMatch(this.digests::contains)
				&& other.digests.stream().anyMatch(this::contradicts);
	}

	/**
	 * Returns whether a published file is known to be this one.
	 * @param receipt the published file's receipt
	 * @return {@code true} if it is
	 */
	public boolean isProvedBy(Receipt receipt) {
		return this.digests.stream().anyMatch(receipt::proves);
	}

}
