/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import org.springframework.util.unit.DataSize;

/**
 * Validates the numeric keys of a model.
 */
final class ModelChecks {

	private ModelChecks() {
	}

	/**
	 * Validates a model.
	 * @param keys the model's keys
	 * @param model the model
	 */
	static void check(ModelKeys keys, ModelProperties model) {
		checkAttempts(keys, model);
		checkSize(keys, model);
		for (int i = 0; i < model.getFallbacks().size(); i++) {
			checkSize(keys.fallback(i), model.getFallbacks().get(i));
		}
	}

	/**
	 * Validates the keys for the use of the top-level model.
	 * @param properties the properties
	 */
	static void checkUse(ModelCacheProperties properties) {
		if (properties.getInferenceTimeoutMs() <= 0) {
			throw ModelKeys.TOP_LEVEL.wrong("inference-timeout-ms",
					"must be greater than 0, but is " + properties.getInferenceTimeoutMs(),
					"Use a number of " + "milliseconds greater than 0");
		}
		if (!(properties.getTemperature() >= 0 && Double.isFinite(properties.getTemperature()))) {
			throw ModelKeys.TOP_LEVEL.wrong("temperature",
					"must be a number of 0 or more, but is " + "" + properties.getTemperature(), "Use 0 or more");
		}
	}

	@SuppressWarnings("deprecation")
	private static void checkAttempts(ModelKeys keys, ModelProperties model) {
		Integer attempts = model.getMaxAttempts();
		Integer old = model.getMaxRetries();
		if (attempts != null && old != null && !attempts.equals(old)) {
			throw keys.wrong("max-retries", "is " + old + ", but max-attempts, which replaces it, is " + attempts,
					"Remove max-retries");
		}
		if (model.attempts() < 0) {
			throw keys.wrong((attempts != null) ? "max-attempts" : "max-retries", "is negative: " + model.attempts(),
					"Use 1 for a single attempt, or more");
		}
	}

	private static void checkSize(ModelKeys keys, ModelSourceProperties model) {
		Integer size = model.getModelSizeMb();
		if (size != null && size <= 0) {
			throw keys.wrong("model-size-mb", "must be greater than 0, but is " + size,
					"Use an estimate in megabytes, or remove the key");
		}
		DataSize maxSize = model.getMaxSize();
		if (maxSize != null && maxSize.toBytes() <= 0) {
			throw keys.wrong("max-size", "must be greater than 0, but is " + maxSize,
					"Use a size such as 1GB, or " + "remove the key");
		}
	}

}
