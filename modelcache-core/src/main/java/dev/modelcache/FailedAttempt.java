package dev.modelcache;

/**
 * A failed request among the suppressed exceptions of a {@link ModelCacheException}.
 */
public interface FailedAttempt {

	/**
	 * Returns what happened.
	 * @return the problem, without user-info, query and fragment of any URL
	 */
	String problem();

}
