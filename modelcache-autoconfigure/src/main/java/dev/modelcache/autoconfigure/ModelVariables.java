/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.PropertySources;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Environment variables of models. In a variable, an underscore stands for each character
 * of an id that is not a letter or a digit, or for none:
 * {@code HOOKS_LLM_MODELS_MY_MODEL_URL} is the URL of the configured model
 * {@code my-model}, {@code my_model}, {@code my.model} or {@code myModel}. Relaxed
 * binding finds only some of them. If no such model is configured, a variable that says
 * where a model is, such as its URL, defines {@code my-model}.
 */
final class ModelVariables {

	/** Begins the names of all variables of this project. */
	static final String PREFIX = "HOOKS_LLM_";

	private static final String MODELS = PREFIX + "MODELS";

	private static final String MODELS_KEY = ModelCacheProperties.PREFIX + ".models";

	/** A property of a model: the key that ends with the id, and the id. */
	private static final Pattern PROPERTY = Pattern
		.compile("(?i)(hooks\\.llm\\.models(?:\\.([^.\\[]+)|\\[([^\\]]+)])).*");

	/** The keys that say which model is meant. */
	private static final Set<String> DEFINING = Set.of("url", "model-path", "model-type", "model-name");

	/** The keys of the configured models, by the letters and digits of their ids. */
	private final Map<String, String> models = new LinkedHashMap<>();

	/**
	 * Creates variables.
	 * @param sources the sources of properties that define models
	 * @param variables the names of the variables, which may define more
	 */
	ModelVariables(PropertySources sources, Set<String> variables) {
		for (PropertySource<?> source : sources) {
			if (source instanceof EnumerablePropertySource<?> properties
					&& !(source instanceof SystemEnvironmentPropertySource)) {
				for (String name : properties.getPropertyNames()) {
					Matcher property = PROPERTY.matcher(name);
					if (property.matches()) {
						String id = (property.group(2) != null) ? property.group(2) : property.group(3);
						this.models.putIfAbsent(ConfigurationKeys.uniform(id), property.group(1));
					}
				}
			}
		}
		Map<String, String> defined = new HashMap<>();
		for (String variable : new TreeSet<>(variables)) {
			List<String> words = words(variable);
			if (words != null && key(words) == null) {
				define(words, defined);
			}
		}
		defined.forEach(this.models::putIfAbsent);
	}

	private static void define(List<String> words, Map<String, String> defined) {
		for (int i = 1; i < words.size(); i++) {
			String key = ConfigurationKeys.ofModel(words.subList(i, words.size()));
			if (key != null) {
				String id = String.join("-", words.subList(0, i));
				if (DEFINING.contains(key)) {
					defined.putIfAbsent(ConfigurationKeys.uniform(id), ModelKeys.entry(MODELS_KEY, id));
				}
				return;
			}
		}
	}

	/**
	 * Returns the key that a variable sets.
	 * @param variable the name of the variable
	 * @return the key, or {@code null} if the variable is not that of a model
	 */
	@Nullable String key(String variable) {
		List<String> words = words(variable);
		return (words != null) ? key(words) : null;
	}

	private @Nullable String key(List<String> words) {
		for (int i = words.size() - 1; i > 0; i--) {
			String model = this.models.get(ConfigurationKeys.uniform(String.join("", words.subList(0, i))));
			String key = (model != null) ? ConfigurationKeys.ofModel(words.subList(i, words.size())) : null;
			if (key != null) {
				return model + "." + key;
			}
		}
		return null;
	}

	/**
	 * Returns whether a variable that sets no key would end the start if it were bound:
	 * it names a model that does not exist, or has a value for a group of keys.
	 * @param variable the name of the variable
	 */
	boolean isIgnored(String variable) {
		String name = variable.substring(variable.toUpperCase(Locale.ROOT).indexOf(PREFIX)).toUpperCase(Locale.ROOT);
		return name.equals(MODELS) || words(variable) != null
				|| ConfigurationKeys.isGroup(ConfigurationPropertyName.adapt(name.toLowerCase(Locale.ROOT), '_'));
	}

	/** Returns what follows the prefix of models, in lower case, or {@code null}. */
	private static @Nullable List<String> words(String variable) {
		String name = variable.toUpperCase(Locale.ROOT);
		int start = name.indexOf(MODELS + "_");
		if (start < 0) {
			return null;
		}
		String rest = name.substring(start + MODELS.length() + 1).toLowerCase(Locale.ROOT);
		return Arrays.stream(rest.split("_")).filter((word) -> !word.isEmpty()).toList();
	}

}
