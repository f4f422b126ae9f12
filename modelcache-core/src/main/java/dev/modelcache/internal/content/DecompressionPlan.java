/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.util.Set;

import dev.modelcache.Digest.Algorithm;

/**
 * What to decompress, and what may come of it.
 *
 * @param modelId the model's id
 * @param source where the compressed bytes come from, redacted
 * @param compression their format
 * @param algorithms the digests of the content to compute
 * @param settings how far it may unfold
 * @param archive whether the content is an archive of files, as the media type says
 */
public record DecompressionPlan(String modelId, String source, Compression compression, Set<Algorithm> algorithms,
		DecompressionSettings settings, boolean archive) {

	/**
	 * Creates a plan.
	 */
	public DecompressionPlan {
		algorithms = Set.copyOf(algorithms);
	}

}
