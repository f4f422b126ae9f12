package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The bytes are no model: an HTML page, an error document, a truncated file.
 */
public final class ModelFormatException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelFormatException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.FORMAT, modelId, problem, action, null);
	}

}
