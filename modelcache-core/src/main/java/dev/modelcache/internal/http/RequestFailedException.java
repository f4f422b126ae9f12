/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;

import dev.modelcache.FailedAttempt;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;

/**
 * One request to one mirror did not bring what it should have. The message names the
 * mirror without user-info, query and fragment.
 */
public final class RequestFailedException extends RuntimeException implements FailedAttempt {

	private final transient URI uri;

	private final String host;

	private final Reason reason;

	private final int status;

	private final @Nullable Duration retryAfter;

	/**
	 * Creates an exception.
	 * @param reason what kind of failure
	 * @param mirror who failed
	 * @param problem what happened, to follow the mirror's name
	 * @param cause what caused it, if anything did
	 */
	public RequestFailedException(Reason reason, Mirror mirror, String problem, @Nullable Throwable cause) {
		this(reason, mirror.uri(), problem, cause);
	}

	/**
	 * Creates an exception.
	 * @param reason what kind of failure
	 * @param uri the URL of the request
	 * @param problem what happened, to follow the URL
	 * @param cause what caused it, if anything did
	 */
	public RequestFailedException(Reason reason, URI uri, String problem, @Nullable Throwable cause) {
		this(reason, uri, problem, 0, null, cause);
	}

	/**
	 * Creates an exception for a status that is no success.
	 * @param reason what kind of failure
	 * @param mirror who failed
	 * @param status the status code
	 * @param retryAfter when the mirror wants to be asked again, or {@code null}
	 */
	public RequestFailedException(Reason reason, Mirror mirror, int status, @Nullable Duration retryAfter) {
		this(reason, mirror.uri(), "answered " + status, status, retryAfter);
	}

	/**
	 * Creates an exception with a status or a time to wait.
	 * @param reason what kind of failure
	 * @param uri the URL of the request
	 * @param problem what happened, to follow the URL
	 * @param status the status code, or 0
	 * @param retryAfter when to ask again, or {@code null}
	 */
	RequestFailedException(Reason reason, URI uri, String problem, int status, @Nullable Duration retryAfter) {
		this(reason, uri, problem, status, retryAfter, null);
	}

	private RequestFailedException(Reason reason, URI uri, String problem, int status, @Nullable Duration retryAfter,
			@Nullable Throwable cause) {
		super(RedactedUri.of(uri) + " " + problem, cause);
		this.uri = uri;
		this.host = Origin.of(uri).authority();
		this.reason = reason;
		this.status = status;
		this.retryAfter = retryAfter;
	}

	@Override
	public String problem() {
		return String.valueOf(getMessage());
	}

	/**
	 * Returns the failure without the words of the server and the client, which repeat
	 * what was sent.
	 * @return the same failure, by its kind and status alone
	 */
	public RequestFailedException withoutDetails() {
		return new RequestFailedException(this.reason, this.uri, "failed (" + word() + ")", this.status,
				this.retryAfter);
	}

	/**
	 * Returns what kind of failure it is.
	 * @return the kind
	 */
	public Reason reason() {
		return this.reason;
	}

	/**
	 * Returns who failed.
	 * @return the mirror's {@code host:port}, or {@code local}
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns when the mirror wants to be asked again.
	 * @return the delay, or {@code null} where it did not say
	 */
	public @Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	/**
	 * Returns the kind and status as one word from a bounded set, for meters.
	 * @return the word, such as {@code status-503} or {@code stalled}
	 */
	public String word() {
		return (this.status != 0) ? "status-" + this.status
				: this.reason.name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

	/**
	 * The kinds of failed requests.
	 */
	public enum Reason {

		/** No connection: refused, no such host, no route. */
		UNREACHABLE(true),
		/** No response headers in time. */
		TIMEOUT(true),
		/** The connection broke. */
		RESET(true),
		/**
		 * The TLS connection was not made, or broke; the certificate was not to blame.
		 */
		TLS_FAILED(true),
		/** The body brought no byte for too long. */
		STALLED(true),
		/**
		 * The mirror sent fewer bytes in a minute than {@code download.min-speed} wants.
		 */
		TOO_SLOW(true),
		/** The body ended before it should have. */
		SHORT_BODY(true),
		/** The body went on after it should have ended. */
		LONG_BODY(true),
		/** The server failed: 5xx, and 408, 425. */
		SERVER_ERROR(true),
		/** The server wants to be asked less often: 429. */
		TOO_MANY_REQUESTS(true),
		/** The server wants to be left alone for longer than a transfer waits. */
		TOO_BUSY(false),
		/** The file is another one than that of the requests before. */
		CHANGED(true),
		/** The answer is larger than what is read into memory. */
		TOO_LARGE(false),
		/** The response contradicts the request or itself. */
		ILLEGAL_RESPONSE(true),
		/** The server does not have it: 404, 410. */
		NOT_FOUND(false),
		/** The server wants other credentials: 401, 403. */
		ACCESS_DENIED(false),
		/** The link that the mirror has just given is refused by another host. */
		LINK_REFUSED(false),
		/** The server says that the file has another digest than the expected one. */
		OTHER_DIGEST(false),
		/** The server refuses the request: any other 4xx. */
		REFUSED(false),
		/** The body is an HTML page. */
		NOT_A_MODEL(false),
		/** A redirect that must not, or cannot, be followed. */
		BAD_REDIRECT(false),
		/** A redirect leads to a private address, which is not allowed. */
		PRIVATE_ADDRESS(false),
		/** A proxy requires other credentials, or refuses to connect to the host. */
		PROXY_DENIED(false),
		/** A proxy is not there, or does not reach the host. */
		PROXY_FAILED(true),
		/** Nothing would tell a whole body from a cut one. */
		UNPROVABLE(false),
		/** The server's certificate is not trusted. */
		UNTRUSTED(false),
		/** There is no HTTP client: the connector or its certificates cannot be used. */
		NO_CLIENT(false),
		/** The mirror failed too often lately and is left alone for a while. */
		CIRCUIT_OPEN(false);

		private final boolean worthRetrying;

		Reason(boolean worthRetrying) {
			this.worthRetrying = worthRetrying;
		}

		/**
		 * Returns whether the same request may succeed later.
		 * @return {@code true} if it may
		 */
		public boolean isWorthRetrying() {
			return this.worthRetrying;
		}

		/**
		 * Returns whether the failure speaks against the mirror's host, so that its
		 * circuit breaker counts it.
		 * @return {@code true} if it does
		 */
		public boolean isHostFailure() {
			return this == UNREACHABLE || this == TIMEOUT || this == RESET || this == TLS_FAILED
					|| this == SERVER_ERROR;
		}

	}

}
