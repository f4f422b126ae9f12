package dev.modelcache;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.http.client.reactive.ClientHttpConnector;
import reactor.netty.http.client.HttpClient;

/**
 * What a {@link ClientHttpConnector} for downloads has to observe. It follows no
 * redirects, decompresses nothing and uses HTTP/1.1; {@link #prepare} does all of it for
 * Reactor Netty.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
public interface ConnectorRules {

	/**
	 * Returns the maximum time to open a connection.
	 * @return the time
	 */
	Duration connectTimeout();

	/**
	 * Returns the proxy of all connections.
	 * @return its unresolved address, or {@code null} if none is configured
	 */
	@Nullable InetSocketAddress proxy();

	/**
	 * Returns whether the proxy requires credentials.
	 * @return {@code true} if credentials are configured
	 */
	boolean hasProxyCredentials();

	/**
	 * Returns whether a connection to an address is allowed. To be asked for every
	 * connection: the answers also tell hosts with private addresses from others.
	 * @param address the address; unresolved where a proxy resolves it
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
	 * Creates the failure of a request for whose host no address is allowed.
	 * @param host the host
	 * @param cause the failure of the connector, or {@code null}
	 * @return the failure
	 */
	IOException refused(String host, @Nullable Throwable cause);

	/**
	 * Prepares a client of Reactor Netty: protocol, compression, sizes of reads,
	 * time-out, proxy. Addresses are not checked.
	 * @param client the client
	 * @return the prepared client
	 */
	HttpClient prepare(HttpClient client);

}
