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
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Origin;
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
		Throwable meaning = of(failure, at.request().uri());
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
		Throwable error = Exceptions.unwrap(failure);
		if (error instanceof RequestFailedException || error instanceof ModelCacheException) {
			return error;
		}
		ConnectionFailedException explained = ConnectionFailedException.in(error);
		if (explained != null) {
			return new RequestFailedException(explained.reason(), uri, explained.problem(), error);
		}
		if (hasCause(error, CertificateException.class, CertPathValidatorException.class,
				CertPathBuilderException.class, SSLPeerUnverifiedException.class)) {
			return new RequestFailedException(Reason.UNTRUSTED, uri, "cannot be trusted: " + root(error), error);
		}
		if (hasCause(error, SSLException.class)) {
			return new RequestFailedException(Reason.TLS_FAILED, uri, "broke the TLS connection: " + root(error),
					error);
		}
		if (hasCause(error, UnknownHostException.class)) {
			return new RequestFailedException(Reason.UNREACHABLE, uri, "has an unknown host name", error);
		}
		if (hasCause(error, ConnectException.class, NoRouteToHostException.class)) {
			return new RequestFailedException(Reason.UNREACHABLE, uri, "does not accept connections", error);
		}
		if (error instanceof WebClientException
				|| hasCause(error, IOException.class, ChannelException.class, CodecException.class)) {
			String where = (error instanceof WebClientRequestException) ? "broke the connection before it answered"
					: "broke the connection";
			return new RequestFailedException(Reason.RESET, uri, where, error);
		}
		return new RequestFailedException(Reason.ILLEGAL_RESPONSE, uri,
				"cannot be read: " + FailureBoundary.describe(error), error);
	}

	/** Classifies what was raised instead of an HTTP client. */
	static Throwable ofClient(Throwable failure, URI uri) {
		return (failure instanceof ModelCacheException) ? failure : new RequestFailedException(Reason.NO_CLIENT, uri,
				"cannot be asked, because there is no HTTP client: " + FailureBoundary.describe(failure), failure);
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
		if (!Origin.of(answered).equals(Origin.of(asked)) && REFUSALS_OF_LINKS.contains(status)) {
			return new RequestFailedException(Reason.LINK_REFUSED, asked,
					"redirects to " + RedactedUri.of(answered) + ", which answered " + status, status, null);
		}
		Reason reason = reason(status);
		Duration pause = reason.isWorthRetrying() ? Pauses.wanted(headers, clock) : null;
		String problem = "answered " + status + (answered.equals(asked) ? "" : " at " + RedactedUri.of(answered));
		if (pause != null && pause.compareTo(Pauses.LONGEST) > 0) {
			return new RequestFailedException(Reason.TOO_BUSY, asked,
					problem + " and wants to be left alone for " + pause.toSeconds() + " s", status, pause);
		}
		return new RequestFailedException(reason, asked, problem, status, pause);
	}

	private static Reason reason(int status) {
		return switch (status) {
			case 404, 410 -> Reason.NOT_FOUND;
			case 401, 403 -> Reason.ACCESS_DENIED;
			case 429 -> Reason.TOO_MANY_REQUESTS;
			case 408, 425 -> Reason.SERVER_ERROR;
			default ->
				(status >= 500) ? Reason.SERVER_ERROR : (status >= 400) ? Reason.REFUSED : Reason.ILLEGAL_RESPONSE;
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

	/** The type of the deepest cause; its text may hold what must not be printed. */
	private static String root(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return root.getClass().getSimpleName();
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
		Set<Reason> reasons = failures.stream()
			.map(RequestFailedException::reason)
			.collect(Collectors.toCollection(() -> EnumSet.noneOf(Reason.class)));
		RequestFailedException last = failures.get(failures.size() - 1);
		String problem = String.valueOf(last.getMessage());
		if (reasons.equals(Set.of(Reason.NOT_FOUND))) {
			return new ModelNotFoundException(id, problem, "Correct the URL, or configure a mirror or fallback");
		}
		if (reasons.equals(Set.of(Reason.ACCESS_DENIED))) {
			return new ModelAccessDeniedException(id, problem,
					"Give credentials for that host: hooks.llm.download.headers.Authorization or user-info in the URL;"
							+ " a gated model also wants its licence accepted on its web page");
		}
		if (reasons.equals(Set.of(Reason.PROXY_DENIED))) {
			return new ModelAccessDeniedException(id, problem, action(last), last);
		}
		if (reasons.equals(Set.of(Reason.LINK_REFUSED))) {
			return new ModelAccessDeniedException(id, problem,
					"Check that the first host may give you the file at all, that a proxy does not keep its redirects,"
							+ " and that the clock is right: such links soon expire");
		}
		if (reasons.equals(Set.of(Reason.OTHER_DIGEST))) {
			return new ModelIntegrityException(id, problem,
					"Check which of the two is right: correct the expected digest, or use another source");
		}
		if (reasons.equals(Set.of(Reason.NOT_A_MODEL))) {
			return new ModelFormatException(id, problem,
					"Open the URL in a browser: a login page or a proxy's page may be in the way");
		}
		return new ModelTransferException(id,
				problem + " (" + failures.size() + " failed " + ((failures.size() == 1) ? "request" : "requests") + ")",
				action(last), last);
	}

	private static String action(RequestFailedException last) {
		ConnectionFailedException explained = ConnectionFailedException.in(last);
		if (explained != null) {
			return explained.action();
		}
		return switch (last.reason()) {
			case UNREACHABLE, TIMEOUT, RESET, STALLED, TOO_SLOW ->
				"Check the network, the proxy and the host name; a mirror or fallback-url helps when a host is down";
			case SERVER_ERROR, TOO_MANY_REQUESTS, TOO_BUSY, CIRCUIT_OPEN ->
				"Wait for the server to recover, or configure a mirror or fallback-url";
			case TLS_FAILED ->
				"Check that the URL's port accepts https, and that a proxy or firewall does not break TLS";
			case NO_CLIENT -> "Check hooks.llm.download.ssl-bundle, and the application's HTTP connector";
			case UNTRUSTED -> "Configure hooks.llm.download.ssl-bundle with the certificate authority of that host";
			case BAD_REDIRECT -> "Use the https URL that the server redirects to, or another source";
			case UNPROVABLE -> "Configure expected-checksum for this model";
			default -> "Check what the server sends at that URL, or configure a mirror or fallback-url";
		};
	}

}
