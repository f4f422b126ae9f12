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
import java.util.regex.Pattern;

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

	/** The pointer to a large file has about 135. */
	private static final long LARGEST_POINTER_BYTES = 200;

	/** Files that repositories of the Hub keep apart from git (its .gitattributes). */
	private static final Pattern LARGE = Pattern
		.compile("(?i)\\.(gguf|safetensors|onnx|onnx_data|onnx\\.data|bin|pt|pth|ckpt|h5|pkl|tflite|msgpack|ot|pb)$");

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
		boolean knowsLarge = false;
		while (parser.nextToken() != JsonToken.END_ARRAY) {
			if (parser.currentToken() == JsonToken.START_OBJECT) {
				JsonNode sibling = parser.readValueAsTree();
				knowsLarge |= sibling.path("lfs").isObject();
				file(sibling).ifPresent(files::add);
			}
			else {
				parser.skipChildren();
			}
		}
		if (!knowsLarge) {
			files.replaceAll(HubRepository::perhapsPointer);
		}
		return files;
	}

	/**
	 * Returns a file of a list that tells nothing about large files, as some mirrors
	 * send. Its digest and size may be those of the pointer that git has in its place.
	 */
	private static HubFile perhapsPointer(HubFile file) {
		return new HubFile(file.name(), isPointer(file.size()) ? null : file.size(), null);
	}

	private static boolean isPointer(@Nullable Long size) {
		return size != null && size <= LARGEST_POINTER_BYTES;
	}

	private static Optional<HubFile> file(JsonNode sibling) {
		String name = text(sibling, "rfilename");
		if (name == null) {
			return Optional.empty();
		}
		try {
			return Optional.of(file(new ModelFileName(name), sibling));
		}
		catch (IllegalArgumentException ex) {
			return Optional.empty();
		}
	}

	/**
	 * The blob of a large file is that of its pointer, so only its SHA-256 proves it. It
	 * must not be taken for a small file where an answer lacks "lfs".
	 */
	private static HubFile file(ModelFileName name, JsonNode sibling) {
		JsonNode lfs = sibling.path("lfs");
		Long size = size(sibling.path("size"));
		if (lfs.isObject()) {
			String sha256 = text(lfs, "sha256");
			Long own = size(lfs.path("size"));
			return HubFile.of(name, (own != null) ? own : isPointer(size) ? null : size,
					(sha256 != null && sha256.length() == 64) ? HubFile.digest(sha256) : null);
		}
		if (lfs.isNull() || sibling.has("xetHash") || LARGE.matcher(name.text()).find()) {
			return new HubFile(name, isPointer(size) ? null : size, null);
		}
		String blob = text(sibling, "blobId");
		boolean small = size != null && size <= LARGEST_BLOB_BYTES && HubFile.isSha1(blob);
		return HubFile.of(name, size, small ? HubFile.digest(blob) : null);
	}

	private static @Nullable Long size(JsonNode size) {
		return (size.isIntegralNumber() && size.canConvertToLong() && size.longValue() >= 0) ? size.longValue() : null;
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
