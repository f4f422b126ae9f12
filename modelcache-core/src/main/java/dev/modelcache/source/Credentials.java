/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.util.List;
import java.util.Map;

import reactor.core.publisher.Mono;

/**
 * Request headers that authenticate requests to an origin and can be renewed, such as a
 * token that expires during a long transfer. A rejected request whose credentials are
 * renewed does not count as failed.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread; requests that are rejected at
 * the same time share one renewal. <em>Blocking</em>: must not block.
 */
public interface Credentials {

	/** No credentials. */
	Credentials NONE = new Credentials() {

		@Override
		public Mono<Map<String, String>> headers() {
			return Mono.just(Map.of());
		}

		@Override
		public Mono<Boolean> refused(Map<String, String> headers, List<String> challenges) {
			return Mono.just(false);
		}

		@Override
		public String toString() {
			return "none";
		}

	};

	/**
	 * Returns the headers to send now.
	 * @return the headers; sent to the mirror's origin only, never logged
	 */
	Mono<Map<String, String>> headers();

	/**
	 * Renews the credentials after the mirror's own origin has answered 401.
	 * @param headers the headers of the rejected request, as returned by
	 * {@link #headers()}
	 * @param challenges the values of its {@code WWW-Authenticate} headers (RFC 9110,
	 * section 11.6.1)
	 * @return whether {@link #headers()} now returns other headers, so that the request
	 * can be repeated once; fails with a {@link dev.modelcache.ModelCacheException} if
	 * credentials are wrong or missing
	 */
	Mono<Boolean> refused(Map<String, String> headers, List<String> challenges);

}
