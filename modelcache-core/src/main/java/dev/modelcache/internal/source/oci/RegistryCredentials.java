/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.List;
import java.util.Map;

import dev.modelcache.internal.http.SentSecrets;
import dev.modelcache.source.Credentials;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import reactor.core.publisher.Mono;

/**
 * What a registry is told to let a repository be read: nothing at first, then what its
 * challenge asks for. A token that has expired is refused, and another one is asked for
 * where the last one came from.
 * <p>
 * Two of the same repository of the same registry are equal.
 */
final class RegistryCredentials implements Credentials {

	private final RegistryTokens tokens;

	private Map<String, String> headers = Map.of();

	private @Nullable Mono<Boolean> renewal;

	RegistryCredentials(RegistryTokens tokens) {
		this.tokens = tokens;
	}

	@Override
	public Mono<Map<String, String>> headers() {
		return Mono.fromSupplier(this::current);
	}

	@Override
	public Mono<Boolean> refused(Map<String, String> headers, List<String> challenges) {
		return Mono.defer(() -> settle(headers, challenges));
	}

	/**
	 * A refusal of headers that were replaced meanwhile is settled already. The renewal
	 * is not cancelled with the request that began it: others may wait for it.
	 */
	private synchronized Mono<Boolean> settle(Map<String, String> refused, List<String> challenges) {
		if (!refused.equals(this.headers)) {
			return Mono.just(true);
		}
		if (this.renewal == null) {
			this.renewal = this.tokens.authorization(challenges, new SentSecrets(URI.create(""), refused))
				.map((authorization) -> replace(Map.of(HttpHeaders.AUTHORIZATION, authorization)))
				.doOnTerminate(this::ended)
				.cache();
		}
		return this.renewal;
	}

	private synchronized Map<String, String> current() {
		return this.headers;
	}

	/** Returns whether anything changed: Basic credentials are the same every time. */
	private synchronized boolean replace(Map<String, String> headers) {
		boolean changed = !headers.equals(this.headers);
		this.headers = headers;
		return changed;
	}

	private synchronized void ended() {
		this.renewal = null;
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof RegistryCredentials that && this.tokens.scope().equals(that.tokens.scope());
	}

	@Override
	public int hashCode() {
		return this.tokens.scope().hashCode();
	}

	/** Shows no credentials. */
	@Override
	public String toString() {
		return "credentials of " + this.tokens.scope();
	}

}
