/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.internal.http.StrictJson;
import dev.modelcache.source.CatalogVariant;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads the text of a catalog, and takes nothing that it does not know. <pre>
 * {"format": 1, "note": "…", "models": [
 *   {"name": "tinyllama", "version": "1.0", "description": "…", "license": "Apache-2.0", "preferred": "Q4_K_M",
 *    "variants": [
 *      {"quantization": "Q4_K_M", "url": "hf://org/repo/file.gguf", "files": ["tokenizer.json"],
 *       "approximate-bytes": 669000000, "digest": "sha256:…"}]}]}
 * </pre> Needed are format, models, name, variants, quantization and url.
 */
final class CatalogParser {

	private static final int FORMAT = 1;

	private static final int DEEPEST = 16;

	private static final int LONGEST_TEXT = 4096;

	private static final JsonMapper MAPPER = StrictJson.reader(StrictJson.MOST_TOKENS_OF_TREE, DEEPEST, LONGEST_TEXT,
			LONGEST_TEXT);

	private final String location;

	private final CatalogRules rules;

	CatalogParser(String location, CatalogRules rules) {
		this.location = location;
		this.rules = rules;
	}

	List<CatalogEntry> parse(byte[] text) {
		if (text.length > ListedModels.LARGEST.toBytes()) {
			throw new IllegalArgumentException("it has more than " + ListedModels.LARGEST.toBytes() + " bytes");
		}
		JsonNode root = tree(text);
		try {
			requireFields(root, Set.of("format", "note", "models"));
			if (root.path("format").asInt(0) != FORMAT) {
				throw new IllegalArgumentException("has a 'format' other than " + FORMAT);
			}
			text(root, "note");
			requireArray(root, "models");
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("it " + ex.getMessage());
		}
		List<CatalogEntry> entries = new ArrayList<>();
		for (JsonNode node : root.path("models")) {
			entries.add(entry(node, entries.size() + 1));
		}
		return List.copyOf(entries);
	}

	private static JsonNode tree(byte[] text) {
		try {
			return MAPPER.readTree(text);
		}
		catch (JacksonException ex) {
			String place = (ex.getLocation() != null) ? " (line " + ex.getLocation().getLineNr() + ")" : "";
			throw new IllegalArgumentException("it is not valid JSON" + place);
		}
	}

	private CatalogEntry entry(JsonNode node, int number) {
		String name = node.path("name").isString() ? node.path("name").stringValue() : "";
		try {
			requireFields(node, Set.of("name", "version", "description", "license", "preferred", "variants"));
			String version = text(node, "version");
			CatalogName named = CatalogName.of((version != null) ? name + "@" + version : name)
				.orElseThrow(() -> new IllegalArgumentException("has no valid 'name' or 'version'"));
			text(node, "description");
			requireArray(node, "variants");
			List<CatalogVariant> variants = new ArrayList<>();
			node.path("variants").forEach((variant) -> variants.add(variant(variant)));
			String preferred = text(node, "preferred");
			return new CatalogEntry(this.location, named, text(node, "license"),
					(preferred == null && !variants.isEmpty()) ? variants.get(0).quantization()
							: String.valueOf(preferred),
					variants);
		}
		catch (IllegalArgumentException ex) {
			String entry = CatalogName.of(name).isPresent() ? "the entry '" + name + "'" : "entry number " + number;
			throw new IllegalArgumentException(entry + " " + ex.getMessage());
		}
	}

	private CatalogVariant variant(JsonNode node) {
		requireFields(node, Set.of("quantization", "url", "files", "approximate-bytes", "digest"));
		CatalogVariant variant = new CatalogVariant(required(node, "quantization"), url(required(node, "url")),
				files(node), size(node), digest(node));
		this.rules.check(variant);
		return variant;
	}

	private static URI url(String text) {
		try {
			return new URI(text);
		}
		catch (URISyntaxException ex) {
			throw new IllegalArgumentException("has a variant whose 'url' is not a URL");
		}
	}

	private static List<String> files(JsonNode node) {
		if (!node.has("files")) {
			return List.of();
		}
		requireArray(node, "files");
		List<String> files = new ArrayList<>();
		for (JsonNode file : node.path("files")) {
			if (!file.isString()) {
				throw new IllegalArgumentException("has a variant with 'files' that are not strings");
			}
			files.add(new ModelFileName(file.stringValue()).text());
		}
		return files;
	}

	private static @Nullable DataSize size(JsonNode node) {
		JsonNode size = node.path("approximate-bytes");
		if (size.isMissingNode()) {
			return null;
		}
		if (!size.isIntegralNumber() || !size.canConvertToLong() || size.longValue() <= 0) {
			throw new IllegalArgumentException(
					"has a variant whose 'approximate-bytes' is not a number greater " + "than 0");
		}
		return DataSize.ofBytes(size.longValue());
	}

	private static @Nullable Digest digest(JsonNode node) {
		String text = text(node, "digest");
		try {
			return (text != null) ? Digest.parse(text) : null;
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("has a variant whose 'digest' is " + ex.getMessage());
		}
	}

	private static String required(JsonNode node, String field) {
		String text = text(node, field);
		if (text == null || text.isBlank()) {
			throw new IllegalArgumentException("has a variant without '" + field + "'");
		}
		return text;
	}

	private static @Nullable String text(JsonNode node, String field) {
		JsonNode value = node.path(field);
		if (value.isMissingNode()) {
			return null;
		}
		if (!value.isString()) {
			throw new IllegalArgumentException("has a '" + field + "' that is not a string");
		}
		return value.stringValue();
	}

	private static void requireArray(JsonNode node, String field) {
		if (!node.path(field).isArray()) {
			throw new IllegalArgumentException("has no list '" + field + "'");
		}
	}

	private static void requireFields(JsonNode node, Set<String> known) {
		if (!node.isObject()) {
			throw new IllegalArgumentException("is not a JSON object, or contains another value in place of an object");
		}
		for (String name : node.propertyNames()) {
			if (!known.contains(name)) {
				// Anything else might break the lines of a log.
				throw new IllegalArgumentException(
						"has an unknown field" + (CatalogRules.WORD.matcher(name).matches() ? " '" + name + "'" : ""));
			}
		}
	}

}
