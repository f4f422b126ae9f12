/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import dev.modelcache.Digest;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.WebRequest.Following;
import dev.modelcache.source.Origin;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * A request on its way through redirects (RFC 9110, section 15.4): where it is, and what
 * it may say there.
 *
 * @param request the request
 * @param uri where it is now
 * @param number how many redirects brought it there
 * @param trusted whether it never left the request's origin, so that its headers go along
 * @param publicOnly whether it must not connect to a private address
 * @param stated the digests of the file that were stated on the way
 */
record Hop(WebRequest request, URI uri, int number, boolean trusted, boolean publicOnly, Set<Digest> stated) {

	/** The headers that are no secret, and that every origin gets. */
	private static final Set<String> SHARED = Set.of("accept", "range", "if-range");

	static Hop first(WebRequest request) {
		return new Hop(request, request.uri(), 0, true, request.publicOnly(), Set.of());
	}

	static boolean isRedirect(int status) {
		return switch (status) {
			case 301, 302, 303, 307, 308 -> true;
			default -> false;
		};
	}

	/** Returns the hop of another request for the same URL. */
	Hop of(WebRequest another) {
		return new Hop(another, this.uri, this.number, this.trusted, this.publicOnly, this.stated);
	}

	/** Returns the headers of the request at this hop. */
	Map<String, String> headers() {
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		headers.put(HttpHeaders.ACCEPT, "*/*");
		this.request.headers().forEach((name, value) -> {
			if (this.trusted || SHARED.contains(name.toLowerCase(Locale.ROOT))) {
				headers.put(name, value);
			}
		});
		// Otherwise neither the size nor the bytes would be those of the source.
		headers.put(HttpHeaders.ACCEPT_ENCODING, "identity");
		return headers;
	}

	/** Returns what was sent up to this hop and must not be printed. */
	SentSecrets secrets() {
		SentSecrets sent = new SentSecrets(this.request.uri(), this.request.headers());
		return (this.number > 0) ? sent.andLink(this.uri) : sent;
	}

	/**
	 * Follows a redirect. A request that has left its origin stays untrusted, even if a
	 * later hop leads back.
	 * @param headers the headers of the redirect
	 * @param settings limits
	 * @param connections tell whether other origins must have public addresses
	 * @return the next hop, or {@code null} where the redirect is the answer
	 * @throws RequestFailedException if it must not, or cannot, be followed
	 */
	@Nullable Hop follow(HttpHeaders headers, HttpSettings settings, HttpConnections connections) {
		if (this.request.answer() != null && headers.containsHeader(this.request.answer())) {
			return null;
		}
		URI next = target(headers.getFirst(HttpHeaders.LOCATION));
		boolean stays = Origin.of(next).equals(Origin.of(this.request.uri()));
		if (!stays && this.request.following() != Following.ANYWHERE) {
			return null;
		}
		if (this.number >= settings.maxRedirects()) {
			throw refused("redirects more than " + settings.maxRedirects() + " times");
		}
		if (Origin.of(next).scheme().equals("http")) {
			if (Origin.of(this.uri).scheme().equals("https")) {
				throw refused("redirects from https to http, to " + RedactedUri.of(next));
			}
			if (!stays && !settings.insecureHttpAllowed()) {
				throw refused("redirects to http, which hooks.llm.download.allow-insecure-http does not allow");
			}
		}
		boolean guarded = !stays && connections.guardsRedirectsOf(this.request.uri());
		return new Hop(this.request, next, this.number + 1, this.trusted && stays, this.request.publicOnly() || guarded,
				StatedDigests.linked(headers, this));
	}

	private URI target(@Nullable String location) {
		if (location == null) {
			throw refused("redirects without saying where to");
		}
		URI next;
		try {
			next = this.uri.resolve(URI.create(location));
		}
		catch (IllegalArgumentException ex) {
			// The exception's text holds the location, query and all.
			throw refused("redirects to something that is no URL");
		}
		if (next.getHost() != null && Set.of("https", "http").contains(Origin.of(next).scheme())) {
			return next;
		}
		throw refused("redirects to something that is neither an https nor an http URL");
	}

	private RequestFailedException refused(String problem) {
		return new RequestFailedException(Reason.BAD_REDIRECT, this.request.uri(), problem, null);
	}

}
