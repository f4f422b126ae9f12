package dev.modelcache.source.api;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * No connection to a host, for a reason that does not lie with the host.
 */
public final class ConnectionFailedException extends IOException {

	private final Kind kind;

	/**
	 * Creates an exception.
	 * @param kind what kind of failure
	 * @param problem what happened, to follow the name of the URL
	 * @param cause what the client raised, if anything
	 */
	public ConnectionFailedException(Kind kind, String problem, @Nullable Throwable cause) {
		super(problem, cause);
		this.kind = kind;
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
	 * The kinds of failures.
	 */
	public enum Kind {

		/** The host has a private address, and the request is for public ones. */
		PRIVATE_ADDRESS("Check where the server redirects to; if that host is yours, name it in the URL, or set"
				+ " hooks.llm.download.block-private-redirects=false");

		private final String action;

		Kind(String action) {
			this.action = action;
		}

		/**
		 * Returns what to do.
		 * @return the action
		 */
		public String action() {
			return this.action;
		}

	}

}
