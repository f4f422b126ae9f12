/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.util.Map;

import dev.modelcache.Digest;

/**
 * The result of decompressing a file, before it is compared with anything.
 *
 * @param size its size in bytes
 * @param digests its digests
 */
public record DecompressedContent(long size, Map<Digest.Algorithm, Digest> digests) {

	/**
	 * Creates a content.
	 */
	public DecompressedContent {
		digests = Map.copyOf(digests);
	}

}
