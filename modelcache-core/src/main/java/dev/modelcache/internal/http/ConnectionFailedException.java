package dev.modelcache.internal.http;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * No connection to a host, for a reason that does not lie with the host.
 */
public final class ConnectionFailedException extends IOException {

	private final Kind kind;

	private final String action;

	/**
	 * Creates an exception.
	 * @param kind what kind of failure
	 * @param problem what happened, to follow the name of the URL
	 * @param action what to do, a sentence without its full stop
	 * @param cause what the client raised, if anything
	 */
	public ConnectionFailedException(Kind kind, String problem, String action, @Nullable Throwable cause) {
		super(problem, cause);
		this.kind = kind;
		this.action = action;
	}

	/**
	 * Returns the exception among a failure and its causes.
	 * @param failure the failure
	 * @return the exception, or {@code null} if it is none of them
	 */
	public static @Nullable ConnectionFailedException in(Throwable failure) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			if (t instanceof ConnectionFailedException found) {
				return found;
			}
		}
		return null;
	}

	/**
	 * Returns what kind of failure it is.
	 * @return the kind
	 */
	public Kind kind() {
		return this.kind;
	}

	/**
	 * Returns what happened.
	 * @return the problem, to follow the name of the URL
	 */
	public String problem() {
		return String.valueOf(getMessage());
	}

	/**
	 * Returns what to do.
	 * @return the action
	 */
	public String action() {
		return this.action;
	}

	/**
	 * The kinds of failures.
	 */
	public enum Kind {

		/** The host has a private address, and the request is for public ones. */
		PRIVATE_ADDRESS,

		/** A proxy requires other credentials, or refuses to connect to the host. */
		PROXY_DENIED,

		/** A proxy is not there, or does not reach the host. */
		PROXY_FAILED;

		/**
		 * Returns whether the same request may succeed later.
		 * @return {@code true} if it may
		 */
		public boolean isWorthRetrying() {
			return this == PROXY_FAILED;
		}

	}

}
