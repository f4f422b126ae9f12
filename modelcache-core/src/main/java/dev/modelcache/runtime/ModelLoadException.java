package dev.modelcache.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A published model could not be loaded into memory. Its file stays, and so does the
 * version that is loaded already.
 */
public final class ModelLoadException extends RuntimeException {

	private final String modelId;

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause what caused it, if anything did
	 */
	public ModelLoadException(String modelId, String problem, String action, @Nullable Throwable cause) {
		super("Model '" + modelId + "': " + problem + ". " + action + ".", cause);
		this.modelId = modelId;
	}

	/**
	 * Returns the model's id.
	 * @return the id
	 */
	public String modelId() {
		return this.modelId;
	}

}
