package dev.modelcache;

/**
 * What to do when a file at {@code model-path} is not the model, and was not put there by
 * this cache. It is never deleted.
 */
public enum ModelPathConflict {

	/** Fails, and says what stands there and what was expected. */
	FAIL,

	/** Serves the file as it is, unverified. */
	KEEP,

	/**
	 * Moves the file aside, to {@code <name>.replaced-<time>}, when the model is
	 * published.
	 */
	REPLACE

}
