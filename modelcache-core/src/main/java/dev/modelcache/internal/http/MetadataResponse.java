/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.nio.charset.StandardCharsets;

import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;

/**
 * An answer about a model, of any status.
 *
 * @param uri who answered, after the redirects that were followed
 * @param status the status code
 * @param headers the headers
 * @param body the body, byte for byte; empty where there was none, and of a redirect
 */
public record MetadataResponse(URI uri, int status, HttpHeaders headers, byte[] body) {

	/**
	 * Returns the first value of a header.
	 * @param name its name, in any case
	 * @return the value without surrounding blanks, or {@code null}
	 */
	public @Nullable String header(String name) {
		String value = this.headers.getFirst(name);
		return (value != null) ? value.strip() : null;
	}

	/**
	 * Returns whether it is a success.
	 * @return {@code true} for 2xx
	 */
	public boolean isSuccess() {
		return this.status >= 200 && this.status < 300;
	}

	/**
	 * Returns whether it points elsewhere: a redirect that was not followed.
	 * @return {@code true} for a redirect
	 */
	public boolean isRedirect() {
		return Hop.isRedirect(this.status, this.headers);
	}

	/**
	 * Returns the body as text.
	 * @return the text, read as UTF-8
	 */
	public String text() {
		return new String(this.body, StandardCharsets.UTF_8);
	}

	/** Shows neither headers nor body. */
	@Override
	public String toString() {
		return this.status + " from " + RedactedUri.of(this.uri);
	}

}
