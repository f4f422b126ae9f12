/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.net.URI;
import java.util.Map;

import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;

/**
 * URL from which a file can be downloaded, with the request headers for its origin.
 *
 * @param uri the URL of the file, without user-info
 * @param headers request headers for the origin of the URL, including credentials; never
 * sent to another origin, never logged
 * @param credentials additional headers for that origin that can be renewed
 * @param stated the digest that the source of this URL states, if the file has no
 * expected digest; {@code null} otherwise
 */
public record Mirror(URI uri, Map<String, String> headers, Credentials credentials, @Nullable ExpectedDigest stated) {

	/**
	 * Creates a mirror.
	 */
	public Mirror {
		headers = Map.copyOf(headers);
	}

	/**
	 * Creates a mirror whose headers never change.
	 * @param uri the URL of the file
	 * @param headers request headers for the origin of the URL
	 */
	public Mirror(URI uri, Map<String, String> headers) {
		this(uri, headers, Credentials.NONE);
	}

	/**
	 * Creates a mirror whose source states no digest of its own.
	 * @param uri the URL of the file, without user-info
	 * @param headers request headers for the origin of the URL
	 * @param credentials additional headers for that origin
	 */
	public Mirror(URI uri, Map<String, String> headers, Credentials credentials) {
		this(uri, headers, credentials, null);
	}

	/**
	 * Returns this mirror with the digest that its source states.
	 * @param digest the digest, or {@code null} if the source states none
	 * @return a mirror with the same URL, headers and credentials
	 */
	public Mirror stating(@Nullable ExpectedDigest digest) {
		return new Mirror(this.uri, this.headers, this.credentials, digest);
	}

	/**
	 * Returns the URL without user-info, query and fragment.
	 * @return the URL in a form that can be logged
	 */
	@Override
	public String toString() {
		return RedactedUri.of(this.uri);
	}

}
