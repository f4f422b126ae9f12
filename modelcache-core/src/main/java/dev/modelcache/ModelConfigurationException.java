package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The configuration is wrong; the key tells where.
 */
public final class ModelConfigurationException extends ModelCacheException {

	private final String key;

	/**
	 * Creates an exception.
	 * @param modelId the model's id, or {@code null} where none is concerned
	 * @param key the configuration key, such as {@code hooks.llm.url}
	 * @param problem what is wrong with its value, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelConfigurationException(@Nullable String modelId, String key, String problem, String action) {
		super(ErrorCode.CONFIGURATION, modelId, key + ": " + problem, action, null);
		this.key = key;
	}

	/**
	 * Returns the configuration key whose value is wrong.
	 * @return the key
	 */
	public String key() {
		return this.key;
	}

}
