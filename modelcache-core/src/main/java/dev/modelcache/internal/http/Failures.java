/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import javax.net.ssl.SSLException;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.Origin;
import io.netty.channel.ChannelException;
import io.netty.handler.codec.CodecException;
import org.springframework.http.HttpHeaders;
import org.springframework.web.reactive.function.client.WebClientException;
import org.springframework.web.reactive.function.client.WebClientRequestException;
import reactor.core.Exceptions;

/**
 * Tells what exceptions and statuses mean, by their types and numbers alone, and makes
 * one exception of all failed requests.
 */
public final class Failures {

	/** What hosts answer to a signed link that they do not, or no longer, accept. */
	private static final Set<Integer> REFUSALS_OF_LINKS = Set.of(400, 401, 403);

	private Failures() {
	}

	/**
	 * Classifies what an HTTP client or the reader of a response raised.
	 * @param failure what was raised
	 * @param at where the request was
	 * @return our own exceptions as they are, everything else as a failed request;
	 * without details if they repeat what was sent
	 */
	static Throwable of(Throwable failure, Hop at) {
		Throwable meaning = of(failure, at.request().uri(), at.uri());
		return (meaning instanceof RequestFailedException failed && at.secrets().areIn(failed))
				? failed.withoutDetails() : meaning;
	}

	/**
	 * Classifies what an HTTP client or the reader of a response raised. A broken
	 * connection can come as a response exception of status 200, so only its cause
	 * counts.
	 * @param failure what was raised
	 * @param uri the URL of the request
	 * @return our own exceptions as they are, everything else as a failed request
	 */
	static Throwable of(Throwable failure, URI uri) {
		return of(failure, uri, uri);
	}

	private static Throwable of(Throwable failure, URI asked, URI at) {
		// The path of a link may be a secret.
		URI where = at.equals(asked) ? asked : at.resolve("/");
		Throwable error = Exceptions.unwrap(failure);
		if (error instanceof RequestFailedException || error instanceof ModelCacheException) {
			return error;
		}
		ConnectionFailedException explained = ConnectionFailedException.in(error);
		if (explained != null) {
			boolean ofRedirect = explained.reason() == Reason.PRIVATE_ADDRESS;
			return new RequestFailedException(explained.reason(), asked, ofRedirect ? asked : where,
					explained.problem(), 0, null, error);
		}
		ConnectionFailedException untrusted = Certificates.explain(error, null);
		if (untrusted != null) {
			return new RequestFailedException(Reason.UNTRUSTED, asked, where, untrusted.problem(), 0, null, untrusted);
		}
		if (hasCause(error, SSLException.class)) {
			return new RequestFailedException(Reason.TLS_FAILED, asked, where, "broke the TLS connection", 0, null,
					error);
		}
		if (hasCause(error, UnknownHostException.class)) {
			return new RequestFailedException(Reason.UNREACHABLE, asked, where, "has an unknown host name", 0, null,
					error);
		}
		if (hasCause(error, ConnectException.class, NoRouteToHostException.class)) {
			return new RequestFailedException(Reason.UNREACHABLE, asked, where, "does not accept connections", 0, null,
					error);
		}
		if (error instanceof WebClientException
				|| hasCause(error, IOException.class, ChannelException.class, CodecException.class)) {
			String problem = (error instanceof WebClientRequestException) ? "broke the connection before it answered"
					: "broke the connection";
			return new RequestFailedException(Reason.RESET, asked, where, problem, 0, null, error);
		}
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, asked, where,
				"cannot be read: " + FailureBoundary.describe(error), 0, null, error);
	}

	/**
	 * Classifies what was raised instead of an HTTP client.
	 * @param failure what was raised
	 * @param uri the URL of the request
	 * @return our own exceptions as they are, everything else as a failed request
	 */
	public static Throwable ofClient(Throwable failure, URI uri) {
		return (failure instanceof ModelCacheException) ? failure : new RequestFailedException(Reason.NO_CLIENT, uri,
				"cannot be requested, because no HTTP client can be created: " + FailureBoundary.describe(failure),
				failure);
	}

	/**
	 * Tells what a status means that brings no bytes (RFC 9110, section 15).
	 * @param asked the URL of the request
	 * @param answered where the request ended up
	 * @param status neither 200, 206 or 416 nor a redirect that is followed
	 * @param headers the response's headers
	 * @param clock tells how far away a date is
	 * @return the failure
	 */
	static RequestFailedException of(URI asked, URI answered, int status, HttpHeaders headers, Clock clock) {
		boolean ofRedirect = !answered.equals(asked) && SignedUrl.isSigned(answered);
		if ((ofRedirect || !Origin.of(answered).equals(Origin.of(asked))) && REFUSALS_OF_LINKS.contains(status)) {
			return new RequestFailedException(Reason.LINK_REFUSED, asked, answered, "answered " + status, status, null,
					null);
		}
		if (REFUSALS_OF_LINKS.contains(status) && SignedUrl.isSigned(answered)) {
			return new RequestFailedException(Reason.LINK_EXPIRED, asked, answered,
					"answered " + status + ": " + SignedUrl.state(answered, clock.instant()), status, null, null);
		}
		Reason reason = reason(status);
		Duration pause = reason.isWorthRetrying() ? Pauses.wanted(headers, clock) : null;
		if (pause != null && pause.compareTo(Pauses.LONGEST) > 0) {
			return new RequestFailedException(Reason.TOO_BUSY, asked, answered,
					"answered " + status + " and asks for a pause of " + pause.toSeconds() + " s", status, pause, null);
		}
		return new RequestFailedException(reason, asked, answered, "answered " + status + meaning(status), status,
				pause, null);
	}

	private static Reason reason(int status) {
		return switch (status) {
			case 202 -> Reason.NOT_READY;
			case 404, 410 -> Reason.NOT_FOUND;
			case 401, 403 -> Reason.ACCESS_DENIED;
			case 429 -> Reason.TOO_MANY_REQUESTS;
			case 408, 421, 425 -> Reason.SERVER_ERROR;
			case 511 -> Reason.LOGIN_REQUIRED;
			default ->
				(status >= 500) ? Reason.SERVER_ERROR : (status >= 400) ? Reason.REFUSED : Reason.ILLEGAL_RESPONSE;
		};
	}

	/** Says what a status means that few people know. */
	private static String meaning(int status) {
		return switch (status) {
			case 202 -> ": the file is not ready yet";
			case 204, 205 -> ": there is nothing at the URL";
			case 406, 415 -> ": it does not send the file in the requested form";
			case 421 -> ": it does not serve this host name on this connection";
			case 425 -> ": the request came too early";
			case 431 -> ": the headers of the request are too large";
			case 451 -> ": the file is unavailable for legal reasons";
			case 511 -> ": the network requires a login";
			default -> "";
		};
	}

	/**
	 * Returns whether a failure or one of its causes is of a type.
	 * @param failure the failure
	 * @param types the types
	 * @return {@code true} if it is of any of them
	 */
	@SafeVarargs
	public static boolean hasCause(Throwable failure, Class<? extends Throwable>... types) {
		for (Throwable t = failure; t != null; t = t.getCause()) {
			for (Class<? extends Throwable> type : types) {
				if (type.isInstance(t)) {
					return true;
				}
			}
		}
		return false;
	}

	/**
	 * Makes one exception of all failed requests: a specific one where all failed alike,
	 * else one that says what happened last. The requests are its suppressed exceptions.
	 * @param modelId the model's id
	 * @param failures the failed requests in their order; at least one
	 * @return the summary
	 */
	public static ModelCacheException summarize(String modelId, List<RequestFailedException> failures) {
		ModelCacheException summary = describe(modelId, failures);
		failures.forEach(summary::addSuppressed);
		return summary;
	}

	private static ModelCacheException describe(String id, List<RequestFailedException> failures) {
		RequestFailedException last = failures.get(failures.size() - 1);
		String problem = String.valueOf(last.getMessage());
		String action = last.action();
		Set<ErrorCode> codes = failures.stream()
			.map((failure) -> failure.reason().code())
			.collect(Collectors.toCollection(() -> EnumSet.noneOf(ErrorCode.class)));
		return switch ((codes.size() == 1) ? last.reason().code() : ErrorCode.TRANSFER) {
			case NOT_FOUND -> new ModelNotFoundException(id, problem, action);
			case ACCESS_DENIED -> new ModelAccessDeniedException(id, problem, action, last);
			case INTEGRITY -> new ModelIntegrityException(id, problem, action);
			case FORMAT -> new ModelFormatException(id, problem, action);
			default -> new ModelTransferException(id, problem + " (" + failures.size() + " failed "
					+ ((failures.size() == 1) ? "request" : "requests") + ")", action, last);
		};
	}

}
