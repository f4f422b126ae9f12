/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.http.StrictJson;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the Hub's API says about a repository at a commit.
 *
 * @param commit the commit
 * @param gated whether its files are for those alone who accepted its licence
 * @param disabled whether the Hub serves its files to nobody
 * @param files the files, in the Hub's order
 * @param modified when the commit was made, or {@code null} where the answer does not say
 * it
 */
record HubRepository(String commit, boolean gated, boolean disabled, List<HubFile> files, @Nullable Instant modified) {

	/** Larger files are never kept in git itself; the Hub's own limit is 10 MB. */
	private static final long LARGEST_BLOB_BYTES = 32 << 20;

	private static final Set<String> FACTS = Set.of("sha", "gated", "disabled", "lastModified");

	/** The list of ten thousand files has about 200,000. */
	private static final int MOST_TOKENS = 400_000;

	private static final int DEEPEST = 64;

	private static final int LONGEST_TEXT = 4 << 20;

	private static final int LONGEST_NAME = 1 << 16;

	private static final JsonMapper JSON = StrictJson.reader(MOST_TOKENS, DEEPEST, LONGEST_TEXT, LONGEST_NAME);

	/**
	 * Reads an answer to {@code GET /api/models/{repo}/revision/{rev}?blobs=true}. Files
	 * with names that could lead out of a directory are left out: nothing may fetch them.
	 * <p>
	 * <em>Memory</em>: that of the files; the rest of the answer, such as the card of the
	 * model, is skipped.
	 * @param body the answer
	 * @return the repository, or {@code null} where the answer is not of this form
	 * @throws IllegalArgumentException if it is deeper or has more values than the list
	 * of a repository has
	 */
	static @Nullable HubRepository read(byte[] body) {
		try (JsonParser parser = JSON.createParser(body)) {
			return read(parser);
		}
		catch (StreamConstraintsException ex) {
			throw new IllegalArgumentException("an answer that is nested too deeply or has too many values");
		}
		catch (JacksonException ex) {
			return null;
		}
	}

	private static @Nullable HubRepository read(JsonParser parser) {
		if (parser.nextToken() != JsonToken.START_OBJECT) {
			return null;
		}
		ObjectNode facts = JSON.createObjectNode();
		List<HubFile> files = null;
		while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
			String name = parser.currentName();
			JsonToken value = parser.nextToken();
			if (name.equals("siblings") && value == JsonToken.START_ARRAY) {
				files = files(parser);
			}
			else if (FACTS.contains(name) && value.isScalarValue()) {
				facts.set(name, parser.<JsonNode>readValueAsTree());
			}
			else {
				parser.skipChildren();
			}
		}
		String commit = text(facts, "sha");
		if (parser.nextToken() != null || files == null || !HubFile.isSha1(commit)) {
			return null;
		}
		JsonNode gated = facts.path("gated");
		return new HubRepository(Objects.requireNonNull(commit), gated.isString() || gated.asBoolean(false),
				facts.path("disabled").asBoolean(false), files, instant(text(facts, "lastModified")));
	}

	private static @Nullable Instant instant(@Nullable String text) {
		try {
			return (text != null) ? Instant.parse(text) : null;
		}
		catch (DateTimeException ex) {
			return null;
		}
	}

	private static List<HubFile> files(JsonParser parser) {
		List<HubFile> files = new ArrayList<>();
		while (parser.nextToken() != JsonToken.END_ARRAY) {
			if (parser.currentToken() == JsonToken.START_OBJECT) {
				file(parser.readValueAsTree()).ifPresent(files::add);
			}
			else {
				parser.skipChildren();
			}
		}
		return files;
	}

	private static Optional<HubFile> file(JsonNode sibling) {
		String name = text(sibling, "rfilename");
		if (name == null) {
			return Optional.empty();
		}
		try {
			return Optional.of(new HubFile(new ModelFileName(name), size(sibling), digest(sibling)));
		}
		catch (IllegalArgumentException ex) {
			return Optional.empty();
		}
	}

	private static @Nullable Long size(JsonNode sibling) {
		JsonNode lfs = sibling.path("lfs").path("size");
		JsonNode size = lfs.isIntegralNumber() ? lfs : sibling.path("size");
		return (size.isIntegralNumber() && size.canConvertToLong() && size.longValue() >= 0) ? size.longValue() : null;
	}

	/**
	 * The blob of a large file is that of its pointer, so only its SHA-256 proves it. It
	 * must not be taken for a small file where an answer lacks "lfs".
	 */
	private static @Nullable Digest digest(JsonNode sibling) {
		if (sibling.path("lfs").isObject()) {
			String sha256 = text(sibling.path("lfs"), "sha256");
			return (sha256 != null && sha256.length() == 64) ? HubFile.digest(sha256) : null;
		}
		String blob = text(sibling, "blobId");
		Long size = size(sibling);
		return (size != null && size <= LARGEST_BLOB_BYTES && HubFile.isSha1(blob)) ? HubFile.digest(blob) : null;
	}

	private static @Nullable String text(JsonNode node, String field) {
		JsonNode value = node.path(field);
		return value.isString() ? value.stringValue() : null;
	}

	/** Returns the names of all files. */
	List<ModelFileName> names() {
		return this.files.stream().map(HubFile::name).toList();
	}

}
