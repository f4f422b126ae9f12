/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Duration;

import org.springframework.util.unit.DataSize;

/**
 * Limits of HTTP requests.
 *
 * @param responseTimeout the maximum time until the headers of a response arrive, and
 * until the last byte of an answer that is read into memory
 * @param longestResponseTimeout what that time grows to for a host that takes requests
 * and does not answer in time
 * @param largestAnswer the maximum size of an answer that is read into memory
 * @param maxRedirects the maximum number of redirects of one request
 * @param insecureHttpAllowed whether a redirect may lead to plain http
 */
public record HttpSettings(Duration responseTimeout, Duration longestResponseTimeout, DataSize largestAnswer,
		int maxRedirects, boolean insecureHttpAllowed) {

	/**
	 * The list of a repository of ten thousand files; registries take manifests of the
	 * same size (OCI distribution specification 1.1, "Pushing Manifests").
	 */
	public static final DataSize LARGEST_ANSWER = DataSize.ofMegabytes(4);

	/**
	 * Creates limits whose time-out does not grow.
	 * @param responseTimeout the maximum time until the headers of a response arrive
	 * @param largestAnswer the maximum size of an answer that is read into memory
	 * @param maxRedirects the maximum number of redirects of one request
	 * @param insecureHttpAllowed whether a redirect may lead to plain http
	 */
	public HttpSettings(Duration responseTimeout, DataSize largestAnswer, int maxRedirects,
			boolean insecureHttpAllowed) {
		this(responseTimeout, responseTimeout, largestAnswer, maxRedirects, insecureHttpAllowed);
	}

}
