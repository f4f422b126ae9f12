package dev.modelcache;

/**
 * The attempts to acquire models that nobody waits for.
 */
public interface BackgroundAttempts {

	/**
	 * Returns whether a model counts for the application's health: not before its first
	 * use, where models are only acquired then.
	 * @param modelId the model's id
	 * @return {@code true} if it counts
	 */
	boolean counts(String modelId);

	/**
	 * Starts an attempt if the model is missing or failed, none is under way, and enough
	 * time has passed since the last one. Never blocks.
	 * @param modelId the model's id
	 */
	void startIfDue(String modelId);

	/**
	 * Starts an attempt at once, whatever came of the last one, unless one is under way.
	 * Never blocks.
	 * @param modelId the model's id
	 */
	void start(String modelId);

}
