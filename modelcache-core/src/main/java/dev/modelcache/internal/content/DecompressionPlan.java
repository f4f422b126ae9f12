/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.util.Set;

import dev.modelcache.Digest.Algorithm;
import org.jspecify.annotations.Nullable;

/**
 * What to decompress, and what may come of it.
 *
 * @param modelId the model's id
 * @param source where the compressed bytes come from, redacted
 * @param compression their format
 * @param algorithms the digests of the content to compute
 * @param contentSize the size of the content in bytes, or {@code null} where nobody knows
 * it before
 * @param settings how far it may unfold
 * @param archive whether the content is an archive of files, as the media type says
 */
public record DecompressionPlan(String modelId, String source, Compression compression, Set<Algorithm> algorithms,
		@Nullable Long contentSize, DecompressionSettings settings, boolean archive) {

	/**
	 * Creates a plan.
	 */
	public DecompressionPlan {
		algorithms = Set.copyOf(algorithms);
	}

	/** Creates a plan for a file that is compressed as its name says. */
	public DecompressionPlan(String modelId, String source, Compression compression, Set<Algorithm> algorithms,
			@Nullable Long contentSize, DecompressionSettings settings) {
		this(modelId, source, compression, algorithms, contentSize, settings, false);
	}

}
