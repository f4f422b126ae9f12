/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The clients that send requests, chosen by which addresses they connect to.
 */
public final class HttpConnections {

	private final Supplier<WebClient> anywhere;

	private final Supplier<WebClient> publicOnly;

	private final Predicate<URI> guarded;

	private final Function<URI, @Nullable String> proxies;

	/** By whether they connect to public addresses alone. */
	private final Map<Boolean, WebClient> clients = new ConcurrentHashMap<>();

	/**
	 * Creates connections. A client is made when a request needs it.
	 * @param anywhere makes a client that connects to every address
	 * @param publicOnly makes a client that fails with a
	 * {@link ConnectionFailedException} instead of connecting to a private address
	 * @param guarded whether redirects of a configured URL may lead to public addresses
	 * alone; asked after the URL's host has answered
	 * @param proxies returns the name of the proxy for a URL, or {@code null} for none
	 */
	public HttpConnections(Supplier<WebClient> anywhere, Supplier<WebClient> publicOnly, Predicate<URI> guarded,
			Function<URI, @Nullable String> proxies) {
		this.anywhere = anywhere;
		this.publicOnly = publicOnly;
		this.guarded = guarded;
		this.proxies = proxies;
	}

	/**
	 * Creates connections without proxies.
	 * @param anywhere makes a client that connects to every address
	 * @param publicOnly makes a client that fails with a
	 * {@link ConnectionFailedException} instead of connecting to a private address
	 * @param guarded whether redirects of a configured URL may lead to public addresses
	 * alone; asked after the URL's host has answered
	 */
	public HttpConnections(Supplier<WebClient> anywhere, Supplier<WebClient> publicOnly, Predicate<URI> guarded) {
		this(anywhere, publicOnly, guarded, (url) -> null);
	}

	/**
	 * Returns connections that do not tell private addresses from public ones.
	 * @param client sends all requests
	 * @return the connections
	 */
	public static HttpConnections anywhere(WebClient client) {
		return new HttpConnections(() -> client, () -> client, (configured) -> false);
	}

	/**
	 * Returns the client for a request.
	 * @param toPublicAddresses whether it must not connect to private addresses
	 * @return the client
	 */
	public WebClient client(boolean toPublicAddresses) {
		return this.clients.computeIfAbsent(toPublicAddresses,
				(publicAddresses) -> (publicAddresses ? this.publicOnly : this.anywhere).get());
	}

	/**
	 * Has clients made anew for the requests that follow, because the event loops of the
	 * present ones may have ended.
	 */
	public void renew() {
		this.clients.clear();
	}

	/**
	 * Returns the proxy that requests for a URL go through.
	 * @param url the URL
	 * @return what errors call the proxy, or {@code null} for none
	 */
	public @Nullable String proxyOf(URI url) {
		return this.proxies.apply(url);
	}

	/**
	 * Returns whether redirects of a URL must lead to public addresses.
	 * @param configured the URL, whose host has answered
	 * @return {@code true} if they must
	 */
	public boolean guardsRedirectsOf(URI configured) {
		return this.guarded.test(configured);
	}

}
