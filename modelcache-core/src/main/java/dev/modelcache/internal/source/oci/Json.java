/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.internal.http.StrictJson;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON that others wrote: nested a little, with each name once, and no more of it than
 * was asked for.
 */
final class Json {

	private static final int DEEPEST = 64;

	/** A text may fill a manifest, as the data of a descriptor or an annotation do. */
	private static final int LONGEST_TEXT = ManifestReader.LARGEST;

	private static final int LONGEST_NAME = 4096;

	private static final JsonMapper MAPPER = StrictJson.reader(StrictJson.MOST_TOKENS_OF_TREE, DEEPEST, LONGEST_TEXT,
			LONGEST_NAME);

	private Json() {
	}

	/**
	 * Reads an object.
	 * @param bytes the document
	 * @return the object
	 * @throws IllegalArgumentException if it is none; the message does not quote it
	 */
	static JsonNode object(byte[] bytes) {
		try {
			JsonNode node = MAPPER.readTree(bytes);
			if (node != null && node.isObject()) {
				return node;
			}
		}
		catch (JacksonException ex) {
			// Said below; the exception's text quotes the document.
		}
		throw new IllegalArgumentException("not a JSON object");
	}

	/**
	 * Returns a member that is a text.
	 * @param object the object
	 * @param name the member's name
	 * @return the text, or {@code null} where it is missing or no text
	 */
	static @Nullable String text(JsonNode object, String name) {
		JsonNode node = object.get(name);
		return (node != null && node.isString()) ? node.stringValue() : null;
	}

	/**
	 * Returns a member that is a text that is not empty.
	 * @param object the object
	 * @param name the member's name
	 * @return the text, or {@code null} where it is missing, empty or no text
	 */
	static @Nullable String nonEmptyText(JsonNode object, String name) {
		String text = text(object, name);
		return (text == null || text.isEmpty()) ? null : text;
	}

	/**
	 * Returns the texts of a member that is an object.
	 * @param object the object
	 * @param name the member's name
	 * @return the texts by their names; empty where there are none
	 */
	static Map<String, String> texts(JsonNode object, String name) {
		Map<String, String> texts = new LinkedHashMap<>();
		JsonNode member = object.get(name);
		if (member != null && member.isObject()) {
			member.properties().forEach((property) -> {
				if (property.getValue().isString()) {
					texts.put(property.getKey(), property.getValue().stringValue());
				}
			});
		}
		return texts;
	}

	/**
	 * Returns the elements of a member that is an array.
	 * @param object the object
	 * @param name the member's name
	 * @return the elements, or {@code null} where it is missing or no array
	 */
	static @Nullable List<JsonNode> elements(JsonNode object, String name) {
		JsonNode member = object.get(name);
		if (member == null || !member.isArray()) {
			return null;
		}
		List<JsonNode> elements = new ArrayList<>();
		member.forEach(elements::add);
		return elements;
	}

}
