package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * The bytes could not be fetched. Every failed attempt is kept as a suppressed exception.
 */
public final class ModelTransferException extends ModelCacheException {

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause the last failure, if there is one
	 */
	public ModelTransferException(@Nullable String modelId, String problem, String action, @Nullable Throwable cause) {
		super(ErrorCode.TRANSFER, modelId, problem, action, cause);
	}

}
