/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;

/**
 * An HTTP request without a body, and which of its redirects are followed.
 *
 * @param method GET, HEAD, or POST
 * @param uri the URL, percent-encoded
 * @param headers headers for the URL's origin, credentials among them; names match in any
 * case
 * @param following which redirects are followed; another one is the answer
 * @param answer a header with which a redirect is the answer in any case, or {@code null}
 * for none
 * @param publicOnly whether the URL comes from elsewhere than the configuration, so that
 * it must not lead to a private address
 */
public record WebRequest(HttpMethod method, URI uri, Map<String, String> headers, Following following,
		@Nullable String answer, boolean publicOnly, boolean anyCoding) {

	/**
	 * Creates a request.
	 */
	public WebRequest {
		Map<String, String> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		copy.putAll(headers);
		headers = Collections.unmodifiableMap(copy);
	}

	/**
	 * Creates a request for a body, which follows redirects within the URL's origin.
	 * @param uri the URL
	 * @return the request
	 */
	public static WebRequest get(URI uri) {
		return new WebRequest(HttpMethod.GET, uri, Map.of(), Following.WITHIN_ORIGIN, null, false, false);
	}

	/**
	 * Creates a request for headers, which follows redirects within the URL's origin.
	 * @param uri the URL
	 * @return the request
	 */
	public static WebRequest head(URI uri) {
		return new WebRequest(HttpMethod.HEAD, uri, Map.of(), Following.WITHIN_ORIGIN, null, false, false);
	}

	/**
	 * Adds a header, or replaces it.
	 * @param name its name
	 * @param value its value
	 * @return the request with it
	 */
	public WebRequest header(String name, String value) {
		return headers(Map.of(name, value));
	}

	/**
	 * Adds headers, or replaces them.
	 * @param more the headers
	 * @return the request with them
	 */
	public WebRequest headers(Map<String, String> more) {
		Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		all.putAll(this.headers);
		all.putAll(more);
		return new WebRequest(this.method, this.uri, all, this.following, this.answer, this.publicOnly, this.anyCoding);
	}

	/**
	 * Adds a token (RFC 6750).
	 * @param token the token, or {@code null} to ask anonymously
	 * @return the request with it
	 */
	public WebRequest bearer(@Nullable String token) {
		return (token != null) ? header(HttpHeaders.AUTHORIZATION, "Bearer " + token) : this;
	}

	/**
	 * Follows redirects to other origins too. The credentials stay behind.
	 * @return the request that does
	 */
	public WebRequest followingAnywhere() {
		return new WebRequest(this.method, this.uri, this.headers, Following.ANYWHERE, this.answer, this.publicOnly,
				this.anyCoding);
	}

	/**
	 * Takes a redirect with a certain header as the answer.
	 * @param header the header's name
	 * @return the request that does
	 */
	public WebRequest followingUntil(String header) {
		return new WebRequest(this.method, this.uri, this.headers, this.following, header, this.publicOnly,
				this.anyCoding);
	}

	/**
	 * Connects to a public address alone.
	 * @return the request that does
	 */
	public WebRequest toPublicAddress() {
		return new WebRequest(this.method, this.uri, this.headers, this.following, this.answer, true, this.anyCoding);
	}

	/**
	 * Lets the server choose a content coding: it is not told that none is wanted.
	 * @return the request that does
	 */
	public WebRequest inAnyCoding() {
		return new WebRequest(this.method, this.uri, this.headers, this.following, this.answer, this.publicOnly, true);
	}

	/** Shows no header's value. */
	@Override
	public String toString() {
		return this.method + " " + RedactedUri.of(this.uri);
	}

	/**
	 * Which redirects are followed.
	 */
	public enum Following {

		/** Those within the origin, with all headers. */
		WITHIN_ORIGIN,

		/** All; what leaves the origin carries none of the origin's own headers. */
		ANYWHERE

	}

}
