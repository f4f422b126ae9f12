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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.modelcache.ConnectorRules;
import dev.modelcache.DownloadOptions;
import dev.modelcache.internal.assembly.Settings.Proxy;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.http.NettyBuffers;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Origin;
import io.netty.channel.ChannelOption;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.transport.ProxyProvider;

/**
 * Makes the clients of downloads when the first request needs them: one for every
 * address, one for public addresses only.
 */
public final class DownloadConnections {

	private final Function<ConnectorRules, ClientHttpConnector> connectors;

	private final @Nullable Proxy proxy;

	private final Duration connectTimeout;

	private DownloadConnections(Function<ConnectorRules, ClientHttpConnector> connectors, Settings settings,
			DownloadOptions download) {
		this.connectors = connectors;
		this.proxy = settings.proxy(download);
		this.connectTimeout = download.connectTimeout();
	}

	/**
	 * Creates connections whose connectors check addresses.
	 * @param connectors makes a connector that observes rules
	 * @param settings reads the options
	 * @param download the options
	 * @return the connections
	 */
	public static HttpConnections checked(Function<ConnectorRules, ClientHttpConnector> connectors, Settings settings,
			DownloadOptions download) {
		DownloadConnections made = new DownloadConnections(connectors, settings, download);
		PublicAddresses addresses = new PublicAddresses();
		Boolean blocked = download.blockPrivateRedirects();
		return new HttpConnections(made.client(addresses, true), made.client(addresses, false),
				(configured) -> (blocked != null) ? blocked : addresses.isPublic(configured));
	}

	/**
	 * Creates connections of a connector that checks no addresses.
	 * @param connectors makes the connector
	 * @param settings reads the options
	 * @param download the options
	 * @return the connections
	 */
	public static HttpConnections unchecked(Function<ConnectorRules, ClientHttpConnector> connectors, Settings settings,
			DownloadOptions download) {
		Supplier<WebClient> client = new DownloadConnections(connectors, settings, download)
			.client(new PublicAddresses(), true);
		return new HttpConnections(client, client, (configured) -> false);
	}

	/**
	 * Makes a connector of Reactor Netty's.
	 * @param rules the rules of its connections
	 * @return the connector
	 */
	public static ClientHttpConnector nettyConnector(ConnectorRules rules) {
		return Netty.connector(rules);
	}

	private Supplier<WebClient> client(PublicAddresses addresses, boolean privateToo) {
		return () -> {
			Rules rules = new Rules(addresses, privateToo, null);
			return WebClient.builder()
				.clientConnector(new OtherHosts(this.connectors.apply(rules),
						(address) -> new Rules(addresses, privateToo, address)))
				.filter(new ProxyFailures(this.proxy)::explained)
				.filter((request, next) -> (this.proxy == null || rules.allows(addressOf(request.url())))
						? next.exchange(request)
						: Mono.error(() -> rules.refused(Origin.of(request.url()).host(), null)))
				.build();
		};
	}

	/**
	 * Returns the address as a proxy is told it. A filter of a connector does not see
	 * what goes to a proxy.
	 */
	private static InetSocketAddress addressOf(URI url) {
		String host = Origin.of(url).host();
		InetAddress literal = NetUtil.createInetAddressFromIpAddressString(host);
		int port = Math.max(0, url.getPort());
		return (literal != null) ? new InetSocketAddress(literal, port)
				: InetSocketAddress.createUnresolved(host, port);
	}

	/**
	 * Also asks hosts that {@link URI} does not take for one, such as one with an
	 * underscore. HTTP clients take the host from the URL, but Reactor Netty's may have
	 * it in its settings instead.
	 */
	private final class OtherHosts implements ClientHttpConnector {

		private static final int MOST = 64;

		private final ClientHttpConnector usual;

		private final Function<String, Rules> rules;

		/** By scheme and authority, the least recently used first. */
		private final Map<String, ClientHttpConnector> others = new LinkedHashMap<>(16, 0.75f, true) {

			@Override
			protected boolean removeEldestEntry(Map.Entry<String, ClientHttpConnector> eldest) {
				return size() > MOST;
			}

		};

		OtherHosts(ClientHttpConnector usual, Function<String, Rules> rules) {
			this.usual = usual;
			this.rules = rules;
		}

		@Override
		public Mono<ClientHttpResponse> connect(HttpMethod method, URI url,
				Function<? super ClientHttpRequest, Mono<Void>> callback) {
			if (url.getHost() != null) {
				return this.usual.connect(method, url, callback);
			}
			Origin origin = Origin.of(url);
			String query = (url.getRawQuery() != null) ? "?" + url.getRawQuery() : "";
			return Mono.fromCallable(() -> other(origin))
				.flatMap((connector) -> connector.connect(method, URI.create(url.getRawPath() + query), callback));
		}

		private ClientHttpConnector other(Origin origin) throws IOException {
			String address = origin.scheme() + "://" + origin.authority();
			synchronized (this.others) {
				ClientHttpConnector known = this.others.get(address);
				if (known != null) {
					return known;
				}
				Rules rules = this.rules.apply(address);
				ClientHttpConnector made = DownloadConnections.this.connectors.apply(rules);
				if (!rules.prepared) {
					throw new ConnectionFailedException(Reason.NO_CLIENT,
							"has a host name that the application's HTTP connector does not support",
							"Use the connector of Reactor Netty, or another name or the address of the host", null);
				}
				this.others.put(address, made);
				return made;
			}
		}

	}

	private final class Rules implements ConnectorRules {

		private final PublicAddresses addresses;

		private final boolean privateToo;

		/** The scheme and authority of all requests, or null where URLs have them. */
		private final @Nullable String address;

		private volatile boolean prepared;

		Rules(PublicAddresses addresses, boolean privateToo, @Nullable String address) {
			this.addresses = addresses;
			this.privateToo = privateToo;
			this.address = address;
		}

		@Override
		public Duration connectTimeout() {
			return DownloadConnections.this.connectTimeout;
		}

		@Override
		public @Nullable InetSocketAddress proxy() {
			Proxy proxy = DownloadConnections.this.proxy;
			return (proxy != null) ? InetSocketAddress.createUnresolved(proxy.host(), proxy.port()) : null;
		}

		@Override
		public boolean hasProxyCredentials() {
			Proxy proxy = DownloadConnections.this.proxy;
			return proxy != null && proxy.username() != null;
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
			HttpClient addressed = (this.address != null) ? client.baseUrl(this.address) : client;
			return Netty.prepare(addressed, connectTimeout(), DownloadConnections.this.proxy);
		}

	}

	/** Apart, so that Netty is only loaded where it is used. */
	private static final class Netty {

		static ClientHttpConnector connector(ConnectorRules rules) {
			HttpClient client = rules.prepare(HttpClient.create());
			return new ReactorClientHttpConnector(
					(rules.proxy() != null) ? client : client.resolver(new CheckedResolvers(rules)));
		}

		static HttpClient prepare(HttpClient client, Duration connectTimeout, @Nullable Proxy proxy) {
			HttpClient plain = NettyBuffers.forDownloads(client.compress(false)
				.protocol(HttpProtocol.HTTP11)
				.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTimeout.toMillis())));
			HttpClient proxied = (proxy != null) ? through(proxy, connectTimeout, plain) : plain;
			return ProxyFailures.Reactor.watched(proxied, new ProxyFailures(proxy));
		}

		/**
		 * The proxy alone resolves names. Reactor Netty leaves that to it only where no
		 * resolver is set, and event loops of an application may come with one.
		 */
		private static HttpClient through(Proxy proxy, Duration connectTimeout, HttpClient client) {
			return client.proxy((spec) -> apply(proxy, connectTimeout, spec))
				.resolver(NoopAddressResolverGroup.INSTANCE);
		}

		private static void apply(Proxy proxy, Duration connectTimeout, ProxyProvider.TypeSpec spec) {
			ProxyProvider.Builder builder = spec.type(ProxyProvider.Proxy.HTTP)
				.host(proxy.host())
				.port(proxy.port())
				.connectTimeoutMillis(connectTimeout.toMillis());
			if (proxy.username() != null) {
				String password = (proxy.password() != null) ? proxy.password() : "";
				builder.username(proxy.username()).password((user) -> password);
			}
		}

	}

}
