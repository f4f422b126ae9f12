/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.net.URI;
import java.util.Locale;
import java.util.Set;

import dev.modelcache.ModelOfflineException;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.springframework.http.client.reactive.ClientHttpConnector;
import reactor.core.publisher.Mono;

/**
 * Resolves no location but those of this machine, so that nothing is downloaded.
 */
final class RefusingResolver implements SourceResolver {

	private static final Set<String> LOCAL = Set.of("file", ClasspathSourceResolver.SCHEME);

	private static final String ACTION = "Annotate the test class with @AutoConfigureModelCache, which serves a tiny"
			+ " model from the loopback interface, use a classpath: URL, or set "
			+ ModelCacheContextCustomizer.ALLOW_DOWNLOADS + "=true for the real one";

	/** None of its own: the form of URLs is checked by their sources. */
	@Override
	public Set<String> schemes() {
		return Set.of();
	}

	@Override
	public boolean recognizes(URI url) {
		return !LOCAL.contains(url.getScheme().toLowerCase(Locale.ROOT));
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return Mono.error(() -> new ModelOfflineException(location.request().id(),
				location + " is not downloaded in tests", ACTION));
	}

	/** Refuses what a resolver of the application would send. */
	static ClientHttpConnector connector() {
		return (method, uri, callback) -> Mono
			.error(() -> new ModelOfflineException(null, "nothing is downloaded in tests", ACTION));
	}

}
