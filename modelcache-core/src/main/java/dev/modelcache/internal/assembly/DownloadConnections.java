/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

import dev.modelcache.ConnectorRules;
import dev.modelcache.DownloadOptions;
import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.assembly.ProxyRoutes.Route;
import dev.modelcache.internal.http.Certificates;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.http.client.HttpClient;

/**
 * Makes the clients of downloads when the first request needs them: one for every
 * address, one for public addresses only. A client has a connector for each proxy that it
 * uses.
 */
public final class DownloadConnections {

	private final Function<ConnectorRules, ClientHttpConnector> connectors;

	private final ProxyRoutes routes;

	private final ProxyFailures failures;

	private final Duration connectTimeout;

	private final Duration tlsHandshakeTimeout;

	private final Scheduler io;

	private DownloadConnections(Function<ConnectorRules, ClientHttpConnector> connectors, Settings settings,
			DownloadOptions download, Scheduler io) {
		this.connectors = connectors;
		this.routes = settings.proxies(download);
		this.failures = new ProxyFailures(this.routes);
		this.connectTimeout = download.connectTimeout();
		this.tlsHandshakeTimeout = download.tlsHandshakeTimeout();
		this.io = io;
	}

	/**
	 * Creates connections whose connectors check addresses.
	 * @param connectors makes a connector that observes rules
	 * @param settings reads the options
	 * @param download the options
	 * @param io where host names are resolved
	 * @return the connections
	 */
	public static HttpConnections checked(Function<ConnectorRules, ClientHttpConnector> connectors, Settings settings,
			DownloadOptions download, Scheduler io) {
		DownloadConnections made = new DownloadConnections(connectors, settings, download, io);
		PublicAddresses addresses = new PublicAddresses();
		Boolean blocked = download.blockPrivateRedirects();
		return new HttpConnections(made.client(addresses, true), made.client(addresses, false),
				(configured) -> (blocked != null) ? blocked : addresses.isPublic(configured), made::proxyOf);
	}

	/**
	 * Creates connections of a connector that checks no addresses.
	 * @param connectors makes the connector
	 * @param settings reads the options
	 * @param download the options
	 * @param io where host names are resolved
	 * @return the connections
	 */
	public static HttpConnections unchecked(Function<ConnectorRules, ClientHttpConnector> connectors, Settings settings,
			DownloadOptions download, Scheduler io) {
		DownloadConnections made = new DownloadConnections(connectors, settings, download, io);
		Supplier<WebClient> client = made.client(new PublicAddresses(), true);
		return new HttpConnections(client, client, (configured) -> false, made::proxyOf);
	}

	/**
	 * Makes a connector of Reactor Netty's.
	 * @param rules the rules of its connections
	 * @return the connector
	 */
	public static ClientHttpConnector nettyConnector(ConnectorRules rules) {
		return Netty.connector(rules);
	}

	private @Nullable String proxyOf(URI url) {
		Proxy proxy = this.routes.route(url).proxy();
		return (proxy != null) ? proxy.name() : null;
	}

	private Supplier<WebClient> client(PublicAddresses addresses, boolean privateToo) {
		return () -> {
			Connectors made = new Connectors(addresses, privateToo);
			return WebClient.builder()
				.clientConnector(made)
				.filter(this.failures::explained)
				.filter(made::prepared)
				.build();
		};
	}

	/**
	 * Returns the address as a proxy is told it. A filter of a connector does not see
	 * what goes to a proxy.
	 */
	private static InetSocketAddress addressOf(URI url) {
		Origin origin = Origin.of(url);
		InetAddress literal = DirectHosts.literal(origin.host());
		int port = Math.max(0, origin.port());
		return (literal != null) ? new InetSocketAddress(literal, port)
				: InetSocketAddress.createUnresolved(origin.host(), port);
	}

	/**
	 * A connector for each way to hosts. Also for hosts that {@link URI} does not take
	 * for one, such as one with an underscore: HTTP clients take the host from the URL,
	 * but Reactor Netty's may have it in its settings instead.
	 */
	private final class Connectors implements ClientHttpConnector {

		private static final int MOST = 64;

		private final PublicAddresses addresses;

		private final boolean privateToo;

		/** The least recently used first. */
		private final Map<Way, Connector> made = new RecentlyUsed<>(MOST);

		Connectors(PublicAddresses addresses, boolean privateToo) {
			this.addresses = addresses;
			this.privateToo = privateToo;
		}

		/**
		 * Makes the connector first, so that its failures are not failures of the host.
		 */
		Mono<ClientResponse> prepared(ClientRequest request, ExchangeFunction next) {
			try {
				Way way = way(request.url());
				Objects.requireNonNull(connector(way));
				Rules rules = new Rules(this.addresses, this.privateToo, way);
				if (way.route().proxy() != null && !rules.allows(addressOf(request.url()))) {
					return Mono.error(rules.refused(Origin.of(request.url()).host(), null));
				}
			}
			catch (ModelCacheException | IOException ex) {
				return Mono.error(ex);
			}
			catch (RuntimeException | LinkageError ex) {
				return Mono.error(Failures.ofClient(ex, request.url()));
			}
			return next.exchange(request);
		}

		private Way way(URI url) {
			Origin origin = Origin.of(url);
			return new Way(DownloadConnections.this.routes.route(url),
					(url.getHost() == null) ? origin.scheme() + "://" + origin.authority() : null);
		}

		private ClientHttpConnector connector(Way way) throws IOException {
			Connector connector;
			synchronized (this.made) {
				connector = this.made.computeIfAbsent(way, Connector::new);
			}
			return connector.get();
		}

		@Override
		public Mono<ClientHttpResponse> connect(HttpMethod method, URI url,
				Function<? super ClientHttpRequest, Mono<Void>> callback) {
			String query = (url.getRawQuery() != null) ? "?" + url.getRawQuery() : "";
			URI sent = (url.getHost() != null) ? url : URI.create(url.getRawPath() + query);
			return Mono.defer(() -> {
				try {
					return connector(way(url)).connect(method, sent, callback);
				}
				catch (IOException ex) {
					return Mono.error(ex);
				}
			});
		}

		/**
		 * A connector that is made when it is needed. Applications make some, which may
		 * take long: that holds up only those who go the same way.
		 */
		private final class Connector {

			private final Way way;

			private @Nullable ClientHttpConnector made;

			Connector(Way way) {
				this.way = way;
			}

			synchronized ClientHttpConnector get() throws IOException {
				if (this.made == null) {
					Rules rules = new Rules(Connectors.this.addresses, Connectors.this.privateToo, this.way);
					ClientHttpConnector connector = DownloadConnections.this.connectors.apply(rules);
					Proxy proxy = this.way.route().proxy();
					if (proxy != null && proxy.type() == Proxy.Type.HTTPS && !rules.prepared) {
						throw new ConnectionFailedException(Reason.NO_CLIENT,
								"cannot be reached: the application's HTTP connector does not support TLS to "
										+ proxy.name(),
								"Use the connector of Reactor Netty, or an http: URL in the " + proxy.setting(), null);
					}
					if (this.way.address() != null && !rules.prepared) {
						throw new ConnectionFailedException(Reason.NO_CLIENT,
								"has a host name that the application's HTTP connector does not support",
								"Use the connector of Reactor Netty, or another name or the address of the host", null);
					}
					this.made = connector;
				}
				return this.made;
			}

		}

	}

	/**
	 * A way to hosts.
	 *
	 * @param route the proxy, if any
	 * @param address the scheme and authority of all requests, or {@code null} where URLs
	 * have them
	 */
	private record Way(Route route, @Nullable String address) {

	}

	private final class Rules implements ConnectorRules {

		private final PublicAddresses addresses;

		private final boolean privateToo;

		private final Way way;

		private final ClientKeys keys = new ClientKeys();

		private volatile boolean prepared;

		Rules(PublicAddresses addresses, boolean privateToo, Way way) {
			this.addresses = addresses;
			this.privateToo = privateToo;
			this.way = way;
		}

		@Override
		public Duration connectTimeout() {
			return DownloadConnections.this.connectTimeout;
		}

		@Override
		public @Nullable InetSocketAddress proxy() {
			Proxy proxy = this.way.route().proxy();
			return (proxy != null) ? proxy.address() : null;
		}

		@Override
		public TrustManagerFactory explained(TrustManagerFactory trust) {
			return Certificates.explained(trust);
		}

		@Override
		public KeyManagerFactory explained(KeyManagerFactory chosen) {
			return this.keys.noting(chosen);
		}

		@Override
		public boolean hasSocksProxy() {
			Proxy proxy = this.way.route().proxy();
			return proxy != null && proxy.isSocks();
		}

		@Override
		public boolean hasProxyCredentials() {
			Proxy proxy = this.way.route().proxy();
			return proxy != null && proxy.username() != null;
		}

		@Override
		public boolean bypassesProxies() {
			return this.way.route().direct();
		}

		@Override
		public boolean allows(InetSocketAddress address) {
			return this.addresses.admit(address) || this.privateToo;
		}

		@Override
		public boolean allows(InetAddress address) {
			return this.addresses.admit(address) || this.privateToo;
		}

		@Override
		public IOException refused(String host, @Nullable Throwable cause) {
			return new ConnectionFailedException(Reason.PRIVATE_ADDRESS, "redirects to the private address of " + host,
					"Check where the server redirects to; if you trust that host, use it in the URL, or set "
							+ "hooks.llm.download.block-private-redirects=false",
					cause);
		}

		@Override
		public HttpClient prepare(HttpClient client) {
			this.prepared = true;
			HttpClient addressed = (this.way.address() != null) ? client.baseUrl(this.way.address()) : client;
			return Netty.prepare(addressed, this, DownloadConnections.this);
		}

	}

	/** Apart, so that Netty is only loaded where it is used. */
	private static final class Netty {

		static ClientHttpConnector connector(ConnectorRules rules) {
			return new ReactorClientHttpConnector(rules.prepare(HttpClient.create()));
		}

		static HttpClient prepare(HttpClient client, Rules rules, DownloadConnections connections) {
			return new NettyClients(rules, rules.way.route(), new TlsWatch(connections.tlsHandshakeTimeout, rules.keys),
					connections.io)
				.prepare(client);
		}

	}

}
