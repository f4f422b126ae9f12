/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.web;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import dev.modelcache.internal.WebUrl;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/**
 * Resolves {@code https:} and {@code http:} URLs. Asks no network: what the file should
 * be is what the configuration says, and its size comes with the first response.
 * <p>
 * The configured headers belong to the origin of the model's {@code url}; a mirror or
 * fallback of another origin does not get them. User-info in a URL becomes Basic
 * credentials (RFC 7617) for that URL's origin, unless a configured {@code Authorization}
 * header goes there already.
 */
public final class HttpSourceResolver implements SourceResolver {

	private final Map<String, String> configuredHeaders;

	/**
	 * Creates a resolver.
	 * @param configuredHeaders headers for the origin of each model's {@code url}
	 */
	public HttpSourceResolver(Map<String, String> configuredHeaders) {
		this.configuredHeaders = Map.copyOf(configuredHeaders);
	}

	@Override
	public Set<String> schemes() {
		return Set.of("https", "http");
	}

	@Override
	public Mono<ResolvedModel> resolve(SourceLocation location) {
		return Mono.fromSupplier(() -> {
			Mirror mirror = new Mirror(WebUrl.withoutUserInfo(location.uri()), headersFor(location));
			return new ResolvedModel(new RemoteFile(fileName(location.uri()), List.of(mirror), null, null));
		});
	}

	private Map<String, String> headersFor(SourceLocation location) {
		Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
		if (location.ofConfiguredOrigin()) {
			headers.putAll(this.configuredHeaders);
		}
		String credentials = WebUrl.basicCredentials(location.uri());
		if (credentials != null) {
			headers.putIfAbsent(HttpHeaders.AUTHORIZATION, credentials);
		}
		return headers;
	}

	private static String fileName(URI location) {
		String path = location.getPath();
		return path.substring(path.lastIndexOf('/') + 1);
	}

}
