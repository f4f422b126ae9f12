/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;

import dev.modelcache.ModelCacheBuilder;
import org.springframework.core.env.Environment;

/**
 * Resolves configured paths, which may be relative to the working directory or start with
 * {@code ~} for the home directory.
 */
final class LocalPaths {

	private final Environment environment;

	LocalPaths(Environment environment) {
		this.environment = environment;
	}

	/**
	 * Resolves a path.
	 * @param keys the keys that contain the path
	 * @param name the name of the key
	 * @param text the configured path
	 * @return the absolute path
	 */
	Path read(ModelKeys keys, String name, String text) {
		String path = text.strip();
		if (path.isEmpty()) {
			throw keys.wrong(name, "is empty", "Set a path, or remove the key");
		}
		return ModelCacheBuilder.path(keys.modelId(), keys.key(name), path, this.environment::getProperty);
	}

}
