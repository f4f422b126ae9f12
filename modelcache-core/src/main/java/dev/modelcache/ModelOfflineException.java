package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The model is not cached, and the network must not be used.
 */
public final class ModelOfflineException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelOfflineException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.OFFLINE, modelId, problem, action, null);
	}

}
