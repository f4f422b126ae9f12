/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.net.URI;
import java.util.Set;

import reactor.core.publisher.Mono;

/**
 * Resolves the URL of a model to its files, their mirrors and their expected digests.
 * Define a bean of this type to support another URL scheme.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: must not
 * block. <em>Errors</em>: a {@link dev.modelcache.ModelCacheException}.
 */
public interface SourceResolver {

	/**
	 * Returns the supported schemes.
	 * @return the schemes in lower case, without the colon
	 */
	Set<String> schemes();

	/**
	 * Returns whether this resolver takes precedence for a URL with the scheme of another
	 * resolver, for example because it knows the host.
	 * @param url the URL
	 * @return {@code true} to resolve the URL with this resolver
	 */
	default boolean recognizes(URI url) {
		return false;
	}

	/**
	 * Checks the syntax of a URL when the application starts, before the URL is resolved.
	 * @param url a URL with one of the {@link #schemes()}
	 * @throws IllegalArgumentException if the URL is malformed; the message continues a
	 * sentence that starts with the name of the key, and contains no part of the URL
	 */
	default void check(URI url) {
	}

	/**
	 * Returns the canonical form of a URL, which is used in its place from then on.
	 * @param url a URL that {@link #check} has accepted
	 * @return the same location with all defaults filled in
	 */
	default URI canonical(URI url) {
		return url;
	}

	/**
	 * Resolves one location of a model.
	 * @param location the location; its URL has one of the {@link #schemes()}
	 * @return the files of the model
	 */
	Mono<ResolvedModel> resolve(SourceLocation location);

	/**
	 * Resolves a location from local data of other tools, such as the Hugging Face cache,
	 * without accessing the network.
	 * @param location the location
	 * @return the files of the model, or empty if unknown
	 */
	default Mono<ResolvedModel> known(SourceLocation location) {
		return Mono.empty();
	}

}
