package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The source, or the configuration, does not have the model.
 */
public final class ModelNotFoundException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelNotFoundException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.NOT_FOUND, modelId, problem, action, null);
	}

}
