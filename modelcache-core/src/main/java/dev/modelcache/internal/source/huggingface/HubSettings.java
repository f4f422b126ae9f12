/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * Which Hub to ask, and as whom.
 *
 * @param endpoint the Hub's address without a slash at its end, such as
 * {@code https://huggingface.co}; it may have a path
 * @param token who asks
 * @param cache the cache of the Hub's own tools, to be read where the Hub cannot be
 * asked; {@code null} for none
 */
public record HubSettings(URI endpoint, HubToken token, @Nullable Path cache) {

	/** The Hub itself. */
	public static final URI DEFAULT_ENDPOINT = URI.create("https://huggingface.co");

	/**
	 * Creates settings without a cache.
	 * @param endpoint the Hub's address
	 * @param token who asks
	 */
	public HubSettings(URI endpoint, HubToken token) {
		this(endpoint, token, null);
	}

}
