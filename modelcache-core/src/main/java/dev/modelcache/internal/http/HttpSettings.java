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
 * @param largestAnswer the maximum size of an answer that is read into memory
 * @param maxRedirects the maximum number of redirects of one request
 * @param insecureHttpAllowed whether a redirect may lead to plain http
 */
public record HttpSettings(Duration responseTimeout, DataSize largestAnswer, int maxRedirects,
		boolean insecureHttpAllowed) {

	/**
	 * The list of a repository of ten thousand files; registries take manifests of the
	 * same size (OCI distribution specification 1.1, "Pushing Manifests").
	 */
	public static final DataSize LARGEST_ANSWER = DataSize.ofMegabytes(4);

}
