/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The text of a lock file: JSON whose members stand in alphabetical order, so that the
 * same models give the same text. <pre>
 * {"version": 1, "models": {"&lt;id&gt;": {"&lt;source&gt;": {
 *   "revision": "&lt;commit or digest of the manifest&gt;",
 *   "files": {"&lt;name&gt;": {"size": 668788096, "digests": ["sha256:&lt;hex&gt;"]}}}}}}
 * </pre>
 */
final class LockFileFormat {

	private static final int VERSION = 1;

	private static final JsonMapper MAPPER = JsonMapper
		.builder(JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
		.enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
		.build();

	private static final ObjectWriter WRITER = MAPPER.writer()
		.with(new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n")));

	private LockFileFormat() {
	}

	/**
	 * Writes the text.
	 * @param models what is pinned, by the id of the model and by its source
	 * @return the text as UTF-8
	 */
	static byte[] write(SortedMap<String, SortedMap<String, PinnedModel>> models) {
		ObjectNode root = MAPPER.createObjectNode().put("version", VERSION);
		ObjectNode all = root.putObject("models");
		models.forEach((id, sources) -> {
			ObjectNode model = all.putObject(id);
			sources.forEach((source, pinned) -> write(model.putObject(source), pinned));
		});
		return (WRITER.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8);
	}

	private static void write(ObjectNode node, PinnedModel pinned) {
		if (pinned.revision() != null) {
			node.put("revision", pinned.revision());
		}
		ObjectNode files = node.putObject("files");
		for (PinnedFile file : pinned.files()) {
			ObjectNode entry = files.putObject(file.name().text());
			if (file.size() != null) {
				entry.put("size", file.size());
			}
			ArrayNode digests = entry.putArray("digests");
			file.digests().forEach((digest) -> digests.add(digest.toString()));
		}
	}

	/**
	 * Reads the text.
	 * @param text the text as UTF-8
	 * @return what is pinned
	 * @throws IllegalArgumentException if anything in it is not understood; the message
	 * is part of a sentence
	 */
	static SortedMap<String, SortedMap<String, PinnedModel>> read(byte[] text) {
		JsonNode root = parse(text);
		requireMembers("it", root, Set.of("version", "models"));
		if (root.path("version").asInt(0) != VERSION) {
			throw new IllegalArgumentException("its version is not " + VERSION);
		}
		SortedMap<String, SortedMap<String, PinnedModel>> models = new TreeMap<>();
		requireObject("models", root.path("models")).forEach((model) -> {
			SortedMap<String, PinnedModel> sources = new TreeMap<>();
			requireObject(model.getKey(), model.getValue())
				.forEach((source) -> sources.put(source.getKey(), model(source.getKey(), source.getValue())));
			models.put(model.getKey(), sources);
		});
		return models;
	}

	private static JsonNode parse(byte[] text) {
		try {
			return MAPPER.readTree(text);
		}
		catch (JacksonException ex) {
			String place = (ex.getLocation() != null) ? " (line " + ex.getLocation().getLineNr() + ")" : "";
			throw new IllegalArgumentException("it is not valid JSON" + place);
		}
	}

	private static PinnedModel model(String source, JsonNode node) {
		requireMembers("'" + source + "'", node, Set.of("revision", "files"));
		try {
			List<PinnedFile> files = new ArrayList<>();
			requireObject("files", node.path("files"))
				.forEach((file) -> files.add(file(file.getKey(), file.getValue())));
			return new PinnedModel(node.has("revision") ? text(node.path("revision")) : null, files);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("'" + source + "' cannot be understood: " + ex.getMessage());
		}
	}

	private static PinnedFile file(String name, JsonNode node) {
		requireMembers("'" + name + "'", node, Set.of("size", "digests"));
		List<Digest> digests = new ArrayList<>();
		node.path("digests").forEach((digest) -> digests.add(Digest.parse(text(digest))));
		return new PinnedFile(new ModelFileName(name), digests, size(node.get("size")));
	}

	private static @Nullable Long size(@Nullable JsonNode node) {
		if (node == null) {
			return null;
		}
		if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
			throw new IllegalArgumentException("a size is not a number of bytes");
		}
		return node.longValue();
	}

	private static String text(JsonNode node) {
		if (!node.isString()) {
			throw new IllegalArgumentException("a revision or a digest is not a text");
		}
		return node.stringValue();
	}

	private static Collection<Map.Entry<String, JsonNode>> requireObject(String name, JsonNode node) {
		if (!node.isObject()) {
			throw new IllegalArgumentException("'" + name + "' is not an object");
		}
		return node.properties();
	}

	private static void requireMembers(String what, JsonNode node, Set<String> known) {
		if (!node.isObject()) {
			throw new IllegalArgumentException(what + " is not an object");
		}
		for (String name : node.propertyNames()) {
			if (!known.contains(name)) {
				throw new IllegalArgumentException(what + " has an unknown member '" + name + "'");
			}
		}
	}

}
