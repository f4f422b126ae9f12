/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.regex.Pattern;

import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.Environment;

/**
 * Names of configuration keys with a common prefix, as written in a configuration file.
 *
 * @param modelId the id of the model that the keys describe, or {@code null}
 * @param prefix the prefix without a trailing dot
 */
record ModelKeys(@Nullable String modelId, String prefix) {

	private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]+");

	/** Keys directly below {@value ModelCacheProperties#PREFIX}. */
	static final ModelKeys GENERAL = new ModelKeys(null, ModelCacheProperties.PREFIX);

	/** Keys of the top-level model. */
	static final ModelKeys TOP_LEVEL = new ModelKeys(ModelCacheProperties.DEFAULT_MODEL, ModelCacheProperties.PREFIX);

	/**
	 * Returns the keys of a model below {@code models}.
	 * @param id the model's id
	 * @return the keys
	 */
	static ModelKeys ofModel(String id) {
		return new ModelKeys(id, entry(ModelCacheProperties.PREFIX + ".models", id));
	}

	/**
	 * Returns the name of a map's entry.
	 * @param map the name of the map
	 * @param key the entry's key; a key with other characters than letters, digits,
	 * dashes and underscores is enclosed in brackets
	 * @return the name
	 */
	static String entry(String map, String key) {
		return PLAIN.matcher(key).matches() ? map + "." + key : map + "[" + key + "]";
	}

	ModelKeys fallback(int index) {
		return new ModelKeys(this.modelId, this.prefix + ".fallbacks[" + index + "]");
	}

	String key(String name) {
		return this.prefix + "." + name;
	}

	/**
	 * Resolves a configured path, which may be relative to the working directory or start
	 * with {@code ~} for the home directory.
	 * @param name the name of the key
	 * @param text the configured path
	 * @param environment provides {@code HOME} and {@code user.home}
	 * @return the absolute path
	 */
	Path path(String name, String text, Environment environment) {
		String path = text.strip();
		if (path.isEmpty()) {
			throw wrong(name, "is empty", "Set a path, or remove the key");
		}
		return ModelCacheBuilder.path(this.modelId, key(name), path, environment::getProperty);
	}

	ModelConfigurationException wrong(String name, String problem, String action) {
		return new ModelConfigurationException(this.modelId, key(name), problem, action);
	}

}
