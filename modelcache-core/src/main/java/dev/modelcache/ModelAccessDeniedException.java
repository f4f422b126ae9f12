package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The source, or a proxy, requires credentials that were not given or are not enough, or
 * refuses access.
 */
public final class ModelAccessDeniedException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 */
	public ModelAccessDeniedException(@Nullable String modelId, String problem, String action) {
		this(modelId, problem, action, null);
	}

	/**
	 * Creates an exception with a cause.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the failed request, if there is one
	 */
	public ModelAccessDeniedException(@Nullable String modelId, String problem, String action,
			@Nullable Throwable cause) {
		super(ErrorCode.ACCESS_DENIED, modelId, problem, action, cause);
	}

}
