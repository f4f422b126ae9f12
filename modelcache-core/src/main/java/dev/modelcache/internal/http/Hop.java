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
import java.util.regex.Pattern;

import dev.modelcache.Digest;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.RedactedUri;
import dev.modelcache.internal.WebUrl;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.WebRequest.Following;
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

	/** The headers that are not secret, and that every origin gets. */
	private static final Set<String> SHARED = Set.of("accept", "range", "if-range");

	/** Some firewalls refuse names that they do not know, and libraries above all. */
	private static final String USER_AGENT = userAgent();

	private static final Pattern OTHER_SCHEME = Pattern.compile("\\s*(?!https?:)[a-z][a-z0-9+.-]*:",
			Pattern.CASE_INSENSITIVE);

	static Hop first(WebRequest request) {
		return new Hop(request, request.uri(), 0, true, request.publicOnly(), Set.of());
	}

	private static String userAgent() {
		String version = Hop.class.getPackage().getImplementationVersion();
		return "modelcache" + ((version != null) ? "/" + version : "");
	}

	/**
	 * RFC 9110, section 15.4: 300 is one where the server prefers a choice. Others are
	 * what curl makes of them.
	 */
	static boolean isRedirect(int status, HttpHeaders headers) {
		return switch (status) {
			case 301, 302, 303, 307, 308 -> true;
			default -> status >= 300 && status < 400 && headers.containsHeader(HttpHeaders.LOCATION);
		};
	}

	/** Returns the hop of another request for the same URL. */
	Hop of(WebRequest another) {
		return new Hop(another, this.uri, this.number, this.trusted, this.publicOnly, this.stated);
	}

	/**
	 * Returns the headers of the request at this hop. User-info in the URL of a redirect
	 * is for the redirect's target, and goes nowhere else.
	 */
	Map<String, String> headers() {
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		headers.put(HttpHeaders.ACCEPT, "*/*");
		headers.put(HttpHeaders.USER_AGENT, USER_AGENT);
		this.request.headers().forEach((name, value) -> {
			if (this.trusted || SHARED.contains(name.toLowerCase(Locale.ROOT))) {
				headers.put(name, value);
			}
		});
		String ofRedirect = credentialsOfRedirect();
		if (ofRedirect != null) {
			headers.putIfAbsent(HttpHeaders.AUTHORIZATION, ofRedirect);
		}
		if (this.request.anyCoding()) {
			headers.remove(HttpHeaders.ACCEPT_ENCODING);
		}
		else {
			// Otherwise neither the size nor the bytes would be those of the source.
			headers.put(HttpHeaders.ACCEPT_ENCODING, "identity");
		}
		return headers;
	}

	/** Returns what was sent up to this hop and must not be printed. */
	SentSecrets secrets() {
		Map<String, String> headers = new TreeMap<>(this.request.headers());
		String ofRedirect = credentialsOfRedirect();
		if (ofRedirect != null) {
			headers.put("credentials of a redirect", ofRedirect);
		}
		SentSecrets sent = new SentSecrets(this.request.uri(), headers);
		return (this.number > 0) ? sent.andLink(this.uri) : sent;
	}

	private @Nullable String credentialsOfRedirect() {
		return (this.number > 0) ? WebUrl.basicCredentials(this.uri) : null;
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
			throw tooMany(settings.maxRedirects(), headers.containsHeader(HttpHeaders.SET_COOKIE));
		}
		if (Origin.of(next).scheme().equals("http")) {
			if (Origin.of(this.uri).scheme().equals("https")) {
				throw refused("redirects from https to http, to " + RedactedUri.of(next),
						"Use an https URL of that host, if it has one, or another source");
			}
			if (!stays && !settings.insecureHttpAllowed()) {
				throw refused("redirects to http, which is not protected against eavesdropping and tampering",
						"Use an https URL of that host, if it has one, or set"
								+ " hooks.llm.download.allow-insecure-http=true");
			}
		}
		boolean guarded = !stays && connections.guardsRedirectsOf(this.request.uri());
		return new Hop(this.request, next, this.number + 1, this.trusted && stays, this.request.publicOnly() || guarded,
				StatedDigests.linked(headers, this));
	}

	private URI target(@Nullable String location) {
		if (location == null) {
			throw refused("redirects without a Location header");
		}
		URI next = WebUrl.resolve(this.uri, location);
		if (next == null) {
			// Not the location itself: its query may be a secret.
			throw refused(OTHER_SCHEME.matcher(location).lookingAt()
					? "redirects to a URL that is neither an https nor an http URL" : "redirects to an invalid URL");
		}
		return next;
	}

	private RequestFailedException tooMany(int redirects, boolean cookieWanted) {
		String problem = "redirects more than " + redirects + " times";
		if (!cookieWanted) {
			return refused(problem);
		}
		return refused(problem + " and requires a cookie; downloads do not store cookies",
				"Use a URL that needs no cookie, or set hooks.llm.download.headers.Cookie");
	}

	private RequestFailedException refused(String problem, String action) {
		return new RequestFailedException(Reason.BAD_REDIRECT, this.request.uri(), problem,
				new ConnectionFailedException(Reason.BAD_REDIRECT, problem, action, null));
	}

	private RequestFailedException refused(String problem) {
		return new RequestFailedException(Reason.BAD_REDIRECT, this.request.uri(), problem, null);
	}

}
