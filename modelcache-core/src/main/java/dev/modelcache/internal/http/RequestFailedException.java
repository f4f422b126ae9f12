/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;

import dev.modelcache.FailedAttempt;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.source.Mirror;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;

/**
 * One request to one mirror did not bring what it should have. The message names the
 * mirror without user-info, query and fragment.
 */
public final class RequestFailedException extends RuntimeException implements FailedAttempt {

	private static final int LONGEST_TARGET = 200;

	private static final int LONGEST_PROBLEM = 1000;

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
	 * Creates an exception for a status that is not a success.
	 * @param reason what kind of failure
	 * @param mirror who failed
	 * @param status the status code
	 * @param retryAfter when the mirror may be asked again, or {@code null}
	 */
	public RequestFailedException(Reason reason, Mirror mirror, int status, @Nullable Duration retryAfter) {
		this(reason, mirror.uri(), "answered " + status, status, retryAfter);
	}

	/**
	 * Creates an exception for what happened at the end of redirects.
	 * @param reason what kind of failure
	 * @param uri the URL of the request
	 * @param at the URL that failed
	 * @param problem what happened, to follow that URL
	 * @param status the status code, or 0
	 * @param retryAfter when to ask again, or {@code null}
	 * @param cause what caused it, if anything did
	 */
	RequestFailedException(Reason reason, URI uri, URI at, String problem, int status, @Nullable Duration retryAfter,
			@Nullable Throwable cause) {
		this((at.equals(uri) ? RedactedUri.of(at) : cut(RedactedUri.of(at), LONGEST_TARGET)) + " "
				+ cut(problem, LONGEST_PROBLEM)
				+ (at.equals(uri) ? "" : " (redirected from " + RedactedUri.of(uri) + ")"), uri, reason, status,
				retryAfter, cause);
	}

	/**
	 * Heads may have 300 KiB, and what they say goes to logs, events and the endpoint.
	 */
	private static String cut(String text, int length) {
		return (text.length() > length) ? text.substring(0, length) + "…" : text;
	}

	private RequestFailedException(String message, URI uri, Reason reason, int status, @Nullable Duration retryAfter,
			@Nullable Throwable cause) {
		super(message, cause);
		this.uri = uri;
		this.host = Origin.of(uri).authority();
		this.reason = reason;
		this.status = status;
		this.retryAfter = retryAfter;
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
		this(reason, uri, uri, problem, status, retryAfter, cause);
	}

	private RequestFailedException(RequestFailedException failure, String message) {
		super(message, failure);
		this.uri = failure.uri;
		this.host = failure.host;
		this.reason = failure.reason;
		this.status = failure.status;
		this.retryAfter = failure.retryAfter;
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
	 * Returns the failure of a request that went through a proxy, which may be to blame.
	 * @param at where the request was
	 * @param proxy the name of the proxy
	 * @return the same failure, with both in its message
	 */
	RequestFailedException through(URI at, String proxy) {
		return new RequestFailedException(
				problem() + " (requested from " + Origin.of(at).authority() + " through " + proxy + ")", this.uri,
				this.reason, this.status, this.retryAfter, getCause());
	}

	/**
	 * Adds to what happened.
	 * @param detail what else there is to say
	 * @return the same failure, which says it
	 */
	RequestFailedException withDetail(String detail) {
		return new RequestFailedException(this, getMessage() + " " + detail);
	}

	/**
	 * Returns what kind of failure it is.
	 * @return the kind
	 */
	public Reason reason() {
		return this.reason;
	}

	/**
	 * Returns the status that the server answered.
	 * @return the status code, or 0 where the failure is another one
	 */
	public int status() {
		return this.status;
	}

	/**
	 * Returns what was asked for, which may contain secrets.
	 * @return the URL of the mirror
	 */
	public URI uri() {
		return this.uri;
	}

	/**
	 * Returns who failed.
	 * @return the mirror's {@code host:port}, or {@code local}
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns when the mirror may be asked again.
	 * @return the delay, or {@code null} where it did not say
	 */
	public @Nullable Duration retryAfter() {
		return this.retryAfter;
	}

	/**
	 * Returns whether a host fails so when it serves all the connections that it can.
	 * @return {@code true} for 429, 503, and connections that are refused or reset, also
	 * during the TLS handshake
	 */
	public boolean isOfABusyHost() {
		return this.status == 503 || this.reason == Reason.TOO_MANY_REQUESTS || this.reason == Reason.RESET
				|| this.reason == Reason.TLS_FAILED || this.reason == Reason.UNREACHABLE;
	}

	/**
	 * Returns the failure as that of a host that serves other requests at the moment.
	 * @return a failure that is worth a retry, at any time
	 */
	public RequestFailedException ofABusyHost() {
		return new RequestFailedException(Reason.TOO_MANY_REQUESTS, this.uri, "refused another request", this.status,
				null, this);
	}

	/**
	 * Returns what to do, which may depend on more than the kind.
	 * @return a sentence without its full stop
	 */
	public String action() {
		ConnectionFailedException explained = ConnectionFailedException.in(this);
		if (explained != null) {
			return explained.action();
		}
		return switch (this.status) {
			case 204, 205 -> Reason.NOT_FOUND.action();
			case 421 -> "Use a host name in the URL that the server knows, or configure a mirror or fallback-url";
			case 431 -> "Send fewer or shorter hooks.llm.download.headers to that host, or configure a mirror or"
					+ " fallback-url";
			case 451 -> "Configure a mirror or fallback-url, or use another model";
			default -> this.reason.action();
		};
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
	 * The kinds of failed requests: what an acquisition says that failed by nothing else,
	 * and what to do. The table in {@code docs/errors.md} is made of it.
	 */
	public enum Reason {

		/** No connection: refused, no such host, no route. */
		UNREACHABLE(true, ErrorCode.TRANSFER, Action.NETWORK),
		/** No response headers in time. */
		TIMEOUT(true, ErrorCode.TRANSFER,
				"If the server needs longer, for example because it first fetches the file itself, increase"
						+ " hooks.llm.download.response-timeout; otherwise check the network and the proxy"),
		/** The connection broke. */
		RESET(true, ErrorCode.TRANSFER, Action.NETWORK),
		/**
		 * The TLS connection was not made, or broke; the certificate was not to blame.
		 */
		TLS_FAILED(true, ErrorCode.TRANSFER,
				"Check that the URL's port accepts https, and that a proxy or firewall does not break TLS"),
		/** No byte of the body arrived for too long. */
		STALLED(true, ErrorCode.TRANSFER, Action.NETWORK),
		/**
		 * The mirror sent fewer bytes in a minute than {@code download.min-speed}
		 * requires.
		 */
		TOO_SLOW(true, ErrorCode.TRANSFER, Action.NETWORK),
		/** The body ended before it should have. */
		SHORT_BODY(true, ErrorCode.TRANSFER, Action.SERVER),
		/** The body went on after it should have ended. */
		LONG_BODY(true, ErrorCode.TRANSFER, Action.SERVER),
		/** The server failed: 5xx, and 408, 425. */
		SERVER_ERROR(true, ErrorCode.TRANSFER, Action.WAIT),
		/** The server has accepted the request and not yet made the file: 202. */
		NOT_READY(true, ErrorCode.TRANSFER,
				"The server is still preparing the file: try again later, or configure a mirror or fallback-url"),
		/** The network requires a login before it lets anything through: 511. */
		LOGIN_REQUIRED(true, ErrorCode.TRANSFER,
				"The network answered instead of the server: log in to it with a browser, or ask its operator"),
		/** The server received too many requests: 429. */
		TOO_MANY_REQUESTS(true, ErrorCode.TRANSFER, Action.WAIT),
		/** The server asks for a longer pause than a transfer waits. */
		TOO_BUSY(false, ErrorCode.TRANSFER, Action.WAIT),
		/** The file is another one than that of the requests before. */
		CHANGED(true, ErrorCode.TRANSFER, Action.SERVER),
		/** The answer is larger than what is read into memory. */
		TOO_LARGE(false, ErrorCode.TRANSFER, Action.SERVER),
		/** The response contradicts the request or itself. */
		ILLEGAL_RESPONSE(true, ErrorCode.TRANSFER, Action.SERVER),
		/** The body is encoded, though its bytes as they are were asked for. */
		ENCODED(true, ErrorCode.TRANSFER,
				"Configure the server to send the file as it is, without a Content-Encoding, or use another source"),
		/**
		 * The part that was sent is not the one that was requested, or its range is not
		 * stated.
		 */
		BAD_RANGE(true, ErrorCode.TRANSFER, Action.SERVER),
		/** The server does not have these bytes of a file that has them: 416. */
		NO_SUCH_RANGE(true, ErrorCode.TRANSFER, Action.SERVER),
		/** The server does not have it: 404, 410. */
		NOT_FOUND(false, ErrorCode.NOT_FOUND, "Correct the URL, or configure a mirror or fallback"),
		/** The server requires other credentials: 401, 403. */
		ACCESS_DENIED(false, ErrorCode.ACCESS_DENIED,
				"Give credentials for that host: hooks.llm.huggingface.token for a Hugging Face Hub, otherwise"
						+ " hooks.llm.download.headers.Authorization or user-info in the URL; for a gated model,"
						+ " also accept its licence on its web page"),
		/** The link that the mirror has just given is refused by another host. */
		LINK_REFUSED(false, ErrorCode.ACCESS_DENIED,
				"Check that you have access to the file at the first host, that no proxy caches its redirects, and"
						+ " that this machine's clock is right, because such links expire soon"),
		/** The configured URL carries a signature, which is not, or no longer, valid. */
		LINK_EXPIRED(false, ErrorCode.ACCESS_DENIED,
				"Configure a new signed URL, or a URL that does not expire; if the URL is new, check this machine's clock"),
		/** The server says that the file has another digest than the expected one. */
		OTHER_DIGEST(false, ErrorCode.INTEGRITY,
				"Check which digest is right: correct the expected one, or use another source"),
		/** The server says that the file has another size than the lock file. */
		OTHER_SIZE(false, ErrorCode.INTEGRITY,
				"To keep the locked state, use a source that still has it; to accept the new one, delete the entry"
						+ " from the lock file and start again"),
		/** The server refuses the request: any other 4xx. */
		REFUSED(false, ErrorCode.TRANSFER, Action.SERVER),
		/** The body is an HTML page, or a text. */
		NOT_A_MODEL(true, ErrorCode.FORMAT,
				"Open the URL in a browser: a login page or a proxy's page may be in the way"),
		/** A redirect that must not, or cannot, be followed. */
		BAD_REDIRECT(false, ErrorCode.TRANSFER, "Check where the server redirects to, or use another source"),
		/** A redirect leads to a private address, which is not allowed. */
		PRIVATE_ADDRESS(false, ErrorCode.TRANSFER, Action.SERVER),
		/** A proxy requires other credentials, or refuses to connect to the host. */
		PROXY_DENIED(false, ErrorCode.ACCESS_DENIED, Action.NETWORK),
		/** A proxy is not reachable, or does not reach the host. */
		PROXY_FAILED(true, ErrorCode.TRANSFER, Action.NETWORK),
		/** A whole body cannot be distinguished from a truncated one. */
		UNPROVABLE(false, ErrorCode.TRANSFER, "Configure expected-checksum for this model"),
		/** The server's certificate is not trusted. */
		UNTRUSTED(false, ErrorCode.TRANSFER,
				"Configure hooks.llm.download.ssl-bundle with the certificate authority of that host"),
		/**
		 * No HTTP client can be created: the connector or its certificates cannot be
		 * used.
		 */
		NO_CLIENT(false, ErrorCode.TRANSFER,
				"Check hooks.llm.download.ssl-bundle, and the application's HTTP connector"),
		/** The mirror failed too often recently and gets no requests for a while. */
		CIRCUIT_OPEN(false, ErrorCode.TRANSFER, Action.WAIT);

		private final boolean worthRetrying;

		private final ErrorCode code;

		private final String action;

		Reason(boolean worthRetrying, ErrorCode code, String action) {
			this.worthRetrying = worthRetrying;
			this.code = code;
			this.action = action;
		}

		/**
		 * Returns whether the same request may succeed later.
		 * @return {@code true} if it may
		 */
		public boolean isWorthRetrying() {
			return this.worthRetrying;
		}

		/**
		 * Returns how an acquisition fails all requests of which failed like this.
		 * @return the code
		 */
		public ErrorCode code() {
			return this.code;
		}

		/**
		 * Returns what to do, where the failure itself does not say.
		 * @return a sentence without its full stop
		 */
		public String action() {
			return this.action;
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

	/**
	 * What to do about several kinds.
	 */
	private static final class Action {

		static final String NETWORK = "Check the network, the proxy and the host name; a mirror or fallback-url helps"
				+ " when a host is down";

		static final String WAIT = "Wait for the server to recover, or configure a mirror or fallback-url";

		static final String SERVER = "Check what the server sends at that URL, or configure a mirror or fallback-url";

		private Action() {
		}

	}

}
