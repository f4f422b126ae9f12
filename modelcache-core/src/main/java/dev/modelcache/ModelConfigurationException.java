/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Thrown when the value of a configuration key is invalid.
 */
public final class ModelConfigurationException extends ModelCacheException {

	private final String key;

	/**
	 * Creates an exception.
	 * @param modelId the model's id, or {@code null} if no model is concerned
	 * @param key the configuration key, such as {@code hooks.llm.url}
	 * @param problem what is wrong with the value, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelConfigurationException(@Nullable String modelId, String key, String problem, String action) {
		super(ErrorCode.CONFIGURATION, modelId, key + ": " + problem, action, null);
		this.key = key;
	}

	/**
	 * Returns the configuration key whose value is invalid.
	 * @return the key
	 */
	public String key() {
		return this.key;
	}

}
