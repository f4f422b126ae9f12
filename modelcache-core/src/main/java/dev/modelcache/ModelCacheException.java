package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * A model could not be had. The message says what happened, to which model, and what to
 * do; no message holds user-info, query or fragment of a URL, nor a header's value.
 */
public abstract sealed class ModelCacheException extends RuntimeException
		permits ModelNotFoundException, ModelAccessDeniedException, ModelTransferException, ModelIntegrityException,
		ModelFormatException, ModelStorageException, ModelLockTimeoutException, ModelOfflineException,
		ModelConfigurationException, ModelCancelledException {

	private final ErrorCode code;

	private final @Nullable String modelId;

	private final String problem;

	private final String action;

	/**
	 * Creates an exception.
	 * @param code its kind
	 * @param modelId the model's id, or {@code null} where none is concerned
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause what caused it, if anything did
	 */
	ModelCacheException(ErrorCode code, @Nullable String modelId, String problem, String action,
			@Nullable Throwable cause) {
		super(((modelId != null) ? "Model '" + modelId + "': " : "") + problem + ". " + action + ".", cause);
		this.code = code;
		this.modelId = modelId;
		this.problem = problem;
		this.action = action;
	}

	/**
	 * Returns the kind of failure, as health and the endpoint show it.
	 * @return the code
	 */
	public ErrorCode code() {
		return this.code;
	}

	/**
	 * Returns the model's id.
	 * @return the id, or {@code null} where no model is concerned
	 */
	public @Nullable String modelId() {
		return this.modelId;
	}

	/**
	 * Returns what happened, without the model's id and the action.
	 * @return the problem
	 */
	public String problem() {
		return this.problem;
	}

	/**
	 * Returns what to do now.
	 * @return the action
	 */
	public String action() {
		return this.action;
	}

	/**
	 * The kinds of failure.
	 */
	public enum ErrorCode {

		/** The source, or the configuration, does not have it. */
		NOT_FOUND,
		/** The source wants credentials that were not given or are not enough. */
		ACCESS_DENIED,
		/** The bytes could not be fetched. */
		TRANSFER,
		/** The bytes are not the expected ones. */
		INTEGRITY,
		/** The bytes are no model. */
		FORMAT,
		/** The disk does not take it. */
		STORAGE,
		/** Another process holds the lock and makes no progress. */
		LOCK_TIMEOUT,
		/** It is not cached, and the network must not be used. */
		OFFLINE,
		/** The configuration is wrong. */
		CONFIGURATION,
		/** Somebody cancelled it. */
		CANCELLED

	}

}
