package dev.modelcache.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A text could not be classified.
 */
public class ClassificationException extends RuntimeException {

	/**
	 * Creates an exception.
	 * @param problem what happened, a sentence without its full stop
	 * @param action what to do, a sentence without its full stop
	 * @param cause what caused it, if anything did
	 */
	public ClassificationException(String problem, String action, @Nullable Throwable cause) {
		super(problem + ". " + action + ".", cause);
	}

}
