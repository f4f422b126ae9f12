package dev.modelcache;

/**
 * How a model file came to be where it is, seen from this process.
 */
public enum ModelOutcome {

	/** This process fetched it. */
	DOWNLOADED,

	/** It was there, or another process fetched it while this one waited. */
	CACHED,

	/**
	 * It was found, with the expected digest, in another tool's store or elsewhere in
	 * this cache.
	 */
	ADOPTED

}
