package dev.modelcache.source.api;

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
	 * The most tokens of a document. As a tree, so many take less than 50 MB; 4 MiB of
	 * empty objects would take some hundred.
	 */
	private static final long MOST_TOKENS = 400_000;

	private StrictJson() {
	}

	/**
	 * Creates a reader.
	 * @param deepest how deep values may be nested
	 * @param longestText how many characters a text may have
	 * @param longestName how many characters a name may have
	 * @return the reader
	 */
	public static JsonMapper reader(int deepest, int longestText, int longestName) {
		return JsonMapper
			.builder(JsonFactory.builder()
				.streamReadConstraints(StreamReadConstraints.builder()
					.maxNestingDepth(deepest)
					.maxTokenCount(MOST_TOKENS)
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
