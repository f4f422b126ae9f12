/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

import org.jspecify.annotations.Nullable;
import org.springframework.http.client.reactive.ClientHttpConnector;
import reactor.netty.http.client.HttpClient;

/**
 * Rules that a {@link ClientHttpConnector} for downloads must follow. The connector must
 * use HTTP/1.1 and must neither follow redirects nor decompress responses;
 * {@link #prepare} configures a Reactor Netty client accordingly.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread.
 */
public interface ConnectorRules {

	/**
	 * Returns the maximum time to open a connection.
	 * @return the time
	 */
	Duration connectTimeout();

	/**
	 * Returns the HTTP or SOCKS proxy of all connections. A connector is created for each
	 * proxy in use, and one for the hosts without a proxy.
	 * @return its unresolved address, or {@code null} if none is configured
	 */
	@Nullable InetSocketAddress proxy();

	/**
	 * Returns whether the proxy speaks SOCKS instead of HTTP.
	 * @return {@code true} if it does
	 */
	default boolean hasSocksProxy() {
		return false;
	}

	/**
	 * Returns whether the proxy requires credentials.
	 * @return {@code true} if credentials are configured
	 */
	boolean hasProxyCredentials();

	/**
	 * Returns whether connections must not use a proxy, even if the connector would use
	 * one. Never {@code true} if a proxy is configured.
	 * @return {@code true} if the hosts are configured to be connected to directly
	 */
	boolean bypassesProxies();

	/**
	 * Returns whether a connection to an address is allowed. Must be called for every
	 * connection, because the results also determine which hosts have private addresses.
	 * @param address the address, unresolved if a proxy resolves it
	 * @return {@code true} if it is allowed
	 */
	boolean allows(InetSocketAddress address);

	/**
	 * Returns whether connections to a resolved address are allowed.
	 * @param address the address, with the host name that was resolved
	 * @return {@code true} if they are allowed
	 */
	boolean allows(InetAddress address);

	/**
	 * Creates the exception for a request to a host that has no allowed address.
	 * @param host the host
	 * @param cause the failure of the connector, or {@code null}
	 * @return the exception
	 */
	IOException refused(String host, @Nullable Throwable cause);

	/**
	 * Configures the protocol, compression, read sizes, timeouts, resolver and proxy of a
	 * Reactor Netty client. Its connections follow these rules.
	 * @param client the client
	 * @return the prepared client
	 */
	HttpClient prepare(HttpClient client);

	/**
	 * Returns trust managers for the connector that decide as the given ones. Their
	 * errors say why a certificate is not trusted, which messages then repeat.
	 * @param trust the factory of the trust managers that decide
	 * @return a factory, which is initialized
	 */
	default TrustManagerFactory explained(TrustManagerFactory trust) {
		return trust;
	}

	/**
	 * Returns key managers for the connector that choose as the given ones. Messages then
	 * say whether a server requires a certificate of the client.
	 * @param keys the factory of the key managers that choose
	 * @return a factory, which is initialized
	 */
	default KeyManagerFactory explained(KeyManagerFactory keys) {
		return keys;
	}

}
