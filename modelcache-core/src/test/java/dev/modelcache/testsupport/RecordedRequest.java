/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * A request as it reached the server.
 *
 * @param method the method
 * @param path the path, without the query
 * @param query the query, or {@code null}
 * @param headers the values by name; names match in any case
 * @param body the body, as far as it has a length
 * @param connection the number of the connection, from 1; equal where it was kept alive
 */
public record RecordedRequest(String method, String path, @Nullable String query, Map<String, List<String>> headers,
		String body, int connection) {

	/**
	 * Creates a recorded request.
	 */
	public RecordedRequest {
		Map<String, List<String>> copy = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		copy.putAll(headers);
		headers = Collections.unmodifiableMap(copy);
	}

	/**
	 * Returns the first value of a header.
	 * @param name its name, in any case
	 * @return the value, or {@code null}
	 */
	public @Nullable String header(String name) {
		List<String> values = this.headers.get(name);
		return (values != null) ? values.get(0) : null;
	}

	/**
	 * Returns the range that is asked for.
	 * @return the {@code Range} header, such as {@code bytes=0-99}, or {@code null}
	 */
	public @Nullable String range() {
		return header("Range");
	}

}
