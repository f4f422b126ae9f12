/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The tables of {@code docs/configuration.md}, and what the configuration metadata of a
 * module says in their place. A key is described as {@code type = default}, without the
 * default where the metadata has none.
 */
public final class ConfigurationPage {

	private static final String PREFIX = "hooks.llm.";

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	/** A key, its type, its default and its meaning. */
	private static final Pattern ROW = Pattern.compile("\\| `([a-z.-]+)` \\| (.*?) \\| ?(.*?) \\| (.+) \\|");

	private static final Pattern FULL_NAME = Pattern.compile("hooks\\.llm\\.[a-z._-]*[a-z]");

	private static final Pattern CODE = Pattern.compile("`([^`]+)`");

	private ConfigurationPage() {
	}

	/**
	 * Reads the tables of the page.
	 * @return the descriptions by the keys' full names
	 */
	public static Map<String, String> rows() {
		Map<String, String> rows = new TreeMap<>();
		for (String line : read("docs/configuration.md").lines().toList()) {
			Matcher row = ROW.matcher(line);
			if (row.matches()) {
				String name = PREFIX + row.group(1);
				if (rows.put(name, description(code(row.group(2)), code(row.group(3)))) != null) {
					throw new IllegalStateException(name + " has two rows");
				}
			}
		}
		return rows;
	}

	/**
	 * Reads the meanings on the page, without their markup.
	 * @return the meanings by the keys' full names
	 */
	public static Map<String, String> meanings() {
		Map<String, String> meanings = new TreeMap<>();
		ROW.matcher(read("docs/configuration.md"))
			.results()
			.forEach((row) -> meanings.put(PREFIX + row.group(1), plain(row.group(4))));
		return meanings;
	}

	/** A link in brackets is an addition of the page. */
	private static String plain(String text) {
		return text.replaceAll(" \\(\\[[^]]*]\\([^)]*\\)\\)", "")
			.replaceAll("\\[([^]]*)]\\([^)]*\\)", "$1")
			.replaceAll("[`\"]", "");
	}

	/**
	 * Reads the first sentences of the descriptions that the metadata of the module of a
	 * class has for its keys below {@code hooks.llm}, without quotation marks.
	 * @param module a class of the module
	 * @return the sentences by the keys' full names
	 */
	public static Map<String, String> firstSentences(Class<?> module) {
		Map<String, String> sentences = new TreeMap<>();
		for (JsonNode key : json(module).get("properties")) {
			String name = key.get("name").asString();
			if (name.startsWith(PREFIX) && !key.has("deprecation")) {
				sentences.put(name, plain(key.get("description").asString()).replaceFirst("(?s)\\. .*", "."));
			}
		}
		return sentences;
	}

	/**
	 * Reads the full names of keys and groups of keys that a file mentions; a key of one
	 * model is named as that of the default model.
	 * @param file its path in the project
	 * @return the names in kebab case
	 */
	public static Set<String> names(String file) {
		return FULL_NAME.matcher(read(file))
			.results()
			.map((name) -> name.group().replace('_', '-').replaceFirst("models\\.[a-z-]+\\.", ""))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	/**
	 * Reads the metadata of the module of a class: of its keys below {@code hooks.llm}
	 * those that are not deprecated.
	 * @param module a class of the module
	 * @return the descriptions by the keys' full names
	 */
	public static Map<String, String> metadata(Class<?> module) {
		Map<String, String> keys = new TreeMap<>();
		for (JsonNode key : json(module).get("properties")) {
			String name = key.get("name").asString();
			if (name.startsWith(PREFIX) && !key.has("deprecation")) {
				keys.put(name, description(type(key.get("type").asString(), module),
						key.has("defaultValue") ? text(key.get("defaultValue")) : ""));
			}
		}
		return keys;
	}

	private static JsonNode json(Class<?> module) {
		try {
			Path classes = Path.of(module.getProtectionDomain().getCodeSource().getLocation().toURI());
			return JsonMapper.shared().readTree(Files.readString(classes.resolve(METADATA)));
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String read(String file) {
		Path here = Path.of("").toAbsolutePath();
		Path root = Files.isDirectory(here.resolve("docs")) ? here : here.resolve("..");
		try {
			return Files.readString(root.resolve(file));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String description(String type, String defaultValue) {
		return defaultValue.isEmpty() ? type : type + " = " + defaultValue;
	}

	/** Returns what a cell has in code font; other words are for readers. */
	private static String code(String cell) {
		return CODE.matcher(cell).results().map((code) -> code.group(1)).collect(Collectors.joining(", "));
	}

	/** Returns the values of an enum, and the simple name of any other type. */
	private static String type(String type, Class<?> module) {
		Object @Nullable [] values = type.startsWith("dev.modelcache.") ? valuesOf(type, module) : null;
		return (values != null) ? Arrays.stream(values)
			.map((value) -> value.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
			.collect(Collectors.joining(", ")) : type.replaceAll("[a-z]+\\.", "").replace(",", ", ");
	}

	private static Object @Nullable [] valuesOf(String type, Class<?> module) {
		try {
			return Class.forName(type, true, module.getClassLoader()).getEnumConstants();
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String text(JsonNode value) {
		List<String> texts = new ArrayList<>();
		if (value.isArray()) {
			value.forEach((element) -> texts.add(element.asString()));
		}
		else {
			texts.add(value.asString());
		}
		return String.join(", ", texts).replace("\n", "\\n");
	}

}
