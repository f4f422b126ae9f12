package dev.modelcache.autoconfigure;

import org.springframework.util.unit.DataSize;

/**
 * Checks the numbers of a model's keys.
 */
final class ModelChecks {

	private ModelChecks() {
	}

	/**
	 * Checks a model.
	 * @param keys the model's keys
	 * @param model the model
	 */
	static void check(ModelKeys keys, ModelProperties model) {
		if (model.getMaxRetries() < 0) {
			throw keys.wrong("max-retries", "is negative: " + model.getMaxRetries(), "Use 0 for a single try, or more");
		}
		if (model.getInferenceTimeoutMs() <= 0) {
			throw keys.wrong("inference-timeout-ms", "is not above 0: " + model.getInferenceTimeoutMs(),
					"Use a number of milliseconds above 0");
		}
		if (!(model.getTemperature() >= 0 && Double.isFinite(model.getTemperature()))) {
			throw keys.wrong("temperature", "is no temperature: " + model.getTemperature(), "Use 0 or more");
		}
		checkSize(keys, model);
		for (int i = 0; i < model.getFallbacks().size(); i++) {
			checkSize(keys.fallback(i), model.getFallbacks().get(i));
		}
	}

	private static void checkSize(ModelKeys keys, ModelSourceProperties model) {
		Integer size = model.getModelSizeMb();
		if (size != null && size <= 0) {
			throw keys.wrong("model-size-mb", "is not above 0: " + size,
					"Use an estimate in megabytes, or remove the key");
		}
		DataSize maxSize = model.getMaxSize();
		if (maxSize != null && maxSize.toBytes() <= 0) {
			throw keys.wrong("max-size", "is not above 0: " + maxSize, "Use a size such as 1GB, or remove the key");
		}
	}

}
