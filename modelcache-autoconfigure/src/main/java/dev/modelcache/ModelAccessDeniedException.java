package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The source wants credentials that were not given or are not enough.
 */
public final class ModelAccessDeniedException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelAccessDeniedException(@Nullable String modelId, String problem, String action) {
		super(ErrorCode.ACCESS_DENIED, modelId, problem, action, null);
	}

}
