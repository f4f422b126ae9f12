/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.stream.Stream;

import dev.modelcache.ConnectorRules;
import dev.modelcache.internal.assembly.ProxyRoutes.Route;
import dev.modelcache.internal.http.NettyBuffers;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.proxy.Socks4ProxyHandler;
import io.netty.handler.proxy.Socks5ProxyHandler;
import io.netty.resolver.AddressResolverGroup;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.netty.NettyPipeline;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.transport.NameResolverProvider;

/**
 * Prepares Reactor Netty's clients for one way to hosts.
 * <p>
 * A connection is always opened to the addresses of {@link CheckedResolvers}: those of
 * the host, or those of the proxy. Through an HTTP proxy, https is tunnelled and plain
 * http is requested by absolute URLs (RFC 9112, section 3.2.2), because many proxies open
 * tunnels to port 443 alone. Reactor Netty itself would tunnel both.
 */
final class NettyClients {

	/** As long as the longest time-out of a response. */
	private static final Duration LONGEST_TUNNEL = Duration.ofMinutes(10);

	private static final int HTTP_PORT = 80;

	private final ConnectorRules rules;

	private final Route route;

	private final TlsWatch tls;

	private final Scheduler io;

	NettyClients(ConnectorRules rules, Route route, TlsWatch tls, Scheduler io) {
		this.rules = rules;
		this.route = route;
		this.tls = tls;
		this.io = io;
	}

	/**
	 * Prepares a client. A proxy that the application configured for its client is used
	 * where no setting says otherwise.
	 * @param client the client
	 * @return the client for downloads
	 */
	HttpClient prepare(HttpClient client) {
		HttpClient plain = NettyBuffers.forDownloads(this.tls.secure(client)
			.compress(false)
			.protocol(HttpProtocol.HTTP11)
			.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(this.rules.connectTimeout().toMillis())));
		Proxy proxy = this.route.proxy();
		boolean own = plain.configuration().hasProxy() && !isOfJvm() && !this.route.direct()
				&& (proxy == null || proxy.setting().startsWith("environment"));
		if (own) {
			return plain.doOnChannelInit((observer, channel, address) -> {
				watchTls(channel, address);
				ProxyFailures.Netty.watch(channel, null);
			});
		}
		HttpClient routed = plain.noProxy()
			.resolver(new CheckedResolvers(this.rules, proxy, namesOf(plain), this.io))
			.doOnChannelInit((observer, channel, address) -> {
				watchTls(channel, address);
				if (proxy != null && address instanceof InetSocketAddress host) {
					goThrough(proxy, channel, host);
					if (proxy.type() == Proxy.Type.HTTPS) {
						this.tls.secure(plain, proxy, channel);
						channel.pipeline()
							.addAfter(TlsWatch.PROXY, "modelCacheProxyExplained", new ProxyFailures.Tls(proxy));
					}
				}
				channel.pipeline().addFirst("modelCacheConnect", new ShareOfTimeout());
			});
		// The addresses of the proxy are not those that a redirect leads to.
		return (proxy != null) ? routed.resolvedAddressesSelector((configuration, addresses) -> addresses) : routed;
	}

	/**
	 * Spring Boot's clients take the proxies of the JVM's properties, and Reactor Netty
	 * takes that of http for https, too. {@link ProxyRoutes} reads them as the JDK does.
	 */
	private static boolean isOfJvm() {
		return Stream.of("http.proxyHost", "https.proxyHost", "socksProxyHost")
			.anyMatch((key) -> System.getProperty(key) != null);
	}

	/** Returns the resolver of the application, or {@code null} if it has none. */
	private static @Nullable AddressResolverGroup<?> namesOf(HttpClient client) {
		NameResolverProvider provider = client.configuration().getNameResolverProvider();
		return (provider != null && provider.equals(NameResolverProvider.builder().build())) ? null
				: client.configuration().resolver();
	}

	private void watchTls(Channel channel, @Nullable SocketAddress address) {
		if (address instanceof InetSocketAddress host) {
			this.tls.watch(channel, host);
		}
	}

	private void goThrough(Proxy proxy, Channel channel, InetSocketAddress host) {
		ChannelPipeline pipeline = channel.pipeline();
		boolean tls = pipeline.get(NettyPipeline.SslHandler) != null;
		if (!proxy.isSocks() && !tls) {
			pipeline.addAfter(NettyPipeline.HttpCodec, "modelCacheAbsoluteUrl", new AbsoluteUrls(proxy, host));
		}
		else {
			pipeline.addFirst(NettyPipeline.ProxyHandler, handler(proxy));
			ProxyFailures.Netty.watch(channel, proxy);
			Tunnel tunnel = new Tunnel(host);
			pipeline.addAfter(NettyPipeline.ProxyHandler, "modelCacheTunnel", tunnel);
			pipeline.addFirst("modelCacheToProxy", tunnel.new ToProxy());
		}
	}

	private static ProxyHandler handler(Proxy proxy) {
		String user = proxy.username();
		String password = Objects.requireNonNullElse(proxy.password(), "");
		ProxyHandler handler = switch (proxy.type()) {
			case HTTP, HTTPS -> (user != null) ? new HttpProxyHandler(proxy.address(), user, password)
					: new HttpProxyHandler(proxy.address());
			case SOCKS4 -> new Socks4ProxyHandler(proxy.address(), user);
			case SOCKS5 -> new Socks5ProxyHandler(proxy.address(), user, password);
		};
		// A proxy may look at the host first: the time-out of the response includes that,
		// and this only frees a connection of which nothing comes any more.
		handler.setConnectTimeoutMillis(LONGEST_TUNNEL.toMillis());
		return handler;
	}

	/** Gives each address of a host its share of the time to connect. */
	private static final class ShareOfTimeout extends ChannelOutboundHandlerAdapter {

		@Override
		public void connect(ChannelHandlerContext context, SocketAddress remote, SocketAddress local,
				ChannelPromise promise) {
			if (remote instanceof CheckedResolvers.Candidate candidate) {
				context.channel().config().setConnectTimeoutMillis(candidate.connectTimeoutMillis());
			}
			context.connect(remote, local, promise);
		}

	}

	/**
	 * Stands behind Netty's handler of proxies, which is told the host and not the
	 * address of the proxy.
	 */
	private static final class Tunnel extends ChannelOutboundHandlerAdapter {

		private final InetSocketAddress host;

		private @Nullable SocketAddress address;

		Tunnel(InetSocketAddress host) {
			this.host = host;
		}

		@Override
		public void connect(ChannelHandlerContext context, SocketAddress remote, SocketAddress local,
				ChannelPromise promise) {
			this.address = remote;
			context.connect(this.host, local, promise);
		}

		/** Stands before Netty's handler of proxies. */
		private final class ToProxy extends ChannelOutboundHandlerAdapter {

			@Override
			public void connect(ChannelHandlerContext context, SocketAddress remote, SocketAddress local,
					ChannelPromise promise) {
				context.connect((Tunnel.this.address != null) ? Tunnel.this.address : remote, local, promise);
			}

		}

	}

	/** Requests plain http of a proxy. */
	private static final class AbsoluteUrls extends ChannelOutboundHandlerAdapter {

		private final String origin;

		private final @Nullable String authorization;

		AbsoluteUrls(Proxy proxy, InetSocketAddress host) {
			this.origin = "http://" + HttpUtil.formatHostnameForHttp(host)
					+ ((host.getPort() != HTTP_PORT) ? ":" + host.getPort() : "");
			this.authorization = (proxy.username() != null) ? basic(proxy.username(), proxy.password()) : null;
		}

		private static String basic(String username, @Nullable String password) {
			String login = username + ":" + ((password != null) ? password : "");
			return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8));
		}

		@Override
		public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
			if (message instanceof HttpRequest request) {
				request.setUri(this.origin + request.uri());
				if (this.authorization != null) {
					request.headers().set(HttpHeaderNames.PROXY_AUTHORIZATION, this.authorization);
				}
			}
			context.write(message, promise);
		}

	}

}
