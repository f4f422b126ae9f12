/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;

import dev.modelcache.internal.http.RequestFailedException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * No connection to a host, for a reason that does not lie with the host.
 */
public final class ConnectionFailedException extends IOException {

	private final Reason reason;

	private final String action;

	/**
	 * Creates an exception.
	 * @param reason what kind of failure
	 * @param problem what happened, to follow the name of the URL
	 * @param action what to do, a sentence without its full stop
	 * @param cause what the client raised, if anything
	 */
	public ConnectionFailedException(Reason reason, String problem, String action, @Nullable Throwable cause) {
		super(problem, cause);
		this.reason = reason;
		this.action = action;
	}

	/**
	 * Returns the exception among a failure and its causes.
	 * @param failure the failure
	 * @return the exception, or {@code null} if it is not one of them
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
	public Reason reason() {
		return this.reason;
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

}
