/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads JSON that others wrote: nested a little, with each name once and nothing behind
 * its end. No failure quotes the document, which may hold a secret.
 */
public final class StrictJson {

	/**
	 * The most tokens of a document that is read as a tree, which takes up to 90 bytes
	 * for each.
	 */
	public static final int MOST_TOKENS_OF_TREE = 100_000;

	private StrictJson() {
	}

	/**
	 * Creates a reader.
	 * @param mostTokens how many tokens a document may have: names, values, and each end
	 * of an object or array
	 * @param deepest how deep values may be nested
	 * @param longestText how many characters a text may have
	 * @param longestName how many characters a name may have
	 * @return the reader
	 */
	public static JsonMapper reader(int mostTokens, int deepest, int longestText, int longestName) {
		return JsonMapper
			.builder(JsonFactory.builder()
				.streamReadConstraints(StreamReadConstraints.builder()
					.maxNestingDepth(deepest)
					.maxTokenCount(mostTokens)
					.maxStringLength(longestText)
					.maxNameLength(longestName)
					.build())
				.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
				.disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
				.build())
			.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
			.build();
	}

}
