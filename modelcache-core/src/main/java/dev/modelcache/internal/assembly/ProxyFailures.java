/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import javax.net.ssl.SSLException;

import dev.modelcache.internal.http.Certificates;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.HeadReader;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.proxy.ProxyConnectException;
import io.netty.handler.proxy.ProxyConnectionEvent;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;
import reactor.netty.NettyPipeline;

/**
 * Tells the failures of a proxy from those of the host that is asked through it, and says
 * which settings the proxy comes from. What a proxy says beside its status is not shown:
 * it may repeat the credentials.
 */
final class ProxyFailures {

	private static final int PROXY_AUTHENTICATION_REQUIRED = HttpStatus.PROXY_AUTHENTICATION_REQUIRED.value();

	/** What a server that is not a proxy answers. */
	private static final Set<Integer> NO_CONNECT = Set.of(404, 405, 501);

	/** A scheme, which no equals sign follows (RFC 9110, section 11.6.1). */
	private static final Pattern SCHEME = Pattern.compile("(?:^|,)\\s*([A-Za-z-]{1,20})(?=\\s+[^\\s=]|\\s*(?:,|$))");

	/** The schemes that proxies use. Any other word of a challenge is not shown. */
	private static final List<String> NAMED = List.of("NTLM", "Negotiate", "Kerberos", "Digest", "Bearer");

	private final ProxyRoutes routes;

	ProxyFailures(ProxyRoutes routes) {
		this.routes = routes;
	}

	/** Explains what a connector reports about a request. */
	Mono<ClientResponse> explained(ClientRequest request, ExchangeFunction next) {
		return Mono.defer(() -> {
			Proxy proxy = this.routes.route(request.url()).proxy();
			return next.exchange(request)
				.onErrorMap((failure) -> (proxy != null) ? explained(proxy, failure) : failure)
				.flatMap((response) -> (response.statusCode().value() != PROXY_AUTHENTICATION_REQUIRED)
						? Mono.just(response)
						: response.releaseBody()
							.then(Mono.error(() -> refused(proxy, "a proxy", "", 407,
									response.headers().header(HttpHeaders.PROXY_AUTHENTICATE)))));
		});
	}

	private static Throwable explained(Proxy proxy, Throwable failure) {
		if (ConnectionFailedException.in(failure) != null || Failures.hasCause(failure, SSLException.class)
				|| !Failures.hasCause(failure, IOException.class)) {
			return failure;
		}
		return Failures.hasCause(failure, ConnectException.class)
				? unreachable(proxy, proxy.name(), "does not accept connections", failure)
				: unreachable(proxy, proxy.name(), "or the host behind it broke the connection", failure);
	}

	/** Explains that no address of a proxy is known. */
	static ConnectionFailedException unknown(Proxy proxy, Throwable cause) {
		return unreachable(proxy, proxy.name(), "has an unknown host name", cause);
	}

	/** Explains that a proxy does not open a connection to a host. */
	private static ConnectionFailedException notConnected(@Nullable Proxy proxy, String name, InetSocketAddress host,
			Throwable cause) {
		return new ConnectionFailedException(Reason.PROXY_FAILED,
				"cannot be reached: " + name + " does not connect to " + host.getHostString() + ":" + host.getPort(),
				"Check the host name, the credentials of the proxy, and that it can reach that host; "
						+ settings(proxy),
				cause);
	}

	/** RFC 9110, sections 9.3.6, 11.7.1 and 15.5.8. */
	private static ConnectionFailedException refused(@Nullable Proxy proxy, String unnamed, String destination,
			int status, List<String> challenges) {
		String subject = "cannot be reached: " + ((proxy != null) ? proxy.name() : unnamed);
		String other = otherSchemes(challenges);
		if (status == PROXY_AUTHENTICATION_REQUIRED && other != null) {
			return denied(subject + " requires " + other + " authentication (407)",
					"Only Basic authentication is supported: use a proxy that accepts it, or a local one that logs in"
							+ " to this proxy");
		}
		// Some proxies answer 401 to wrong credentials.
		if (status == PROXY_AUTHENTICATION_REQUIRED || status == HttpStatus.UNAUTHORIZED.value()) {
			boolean configured = proxy != null && proxy.isConfigured();
			return (proxy == null || proxy.username() == null)
					? denied(
							subject + " requires credentials (" + status + ")",
							(proxy == null || configured)
									? "Set " + Proxy.KEYS
											+ (configured ? ".username and .password"
													: ".host, .port, .username and .password")
									: "Add them to the " + proxy.setting() + ", or set " + Proxy.KEYS
											+ ".host, .port, .username and .password")
					: denied(subject + " rejects the configured credentials (" + status + ")", "Correct " + (configured
							? Proxy.KEYS + ".username and .password" : "the credentials of the " + proxy.setting()));
		}
		if (NO_CONNECT.contains(status)) {
			return new ConnectionFailedException(Reason.PROXY_FAILED,
					subject + " does not support the method CONNECT (" + status + ")", wrongPort(proxy), null);
		}
		if (status >= 400 && status < 500 && status != 408 && status != 429) {
			return denied(subject + " refuses to connect to " + destination + " (" + status + ")",
					"Allow that host in the proxy, or use a mirror or fallback-url that the proxy allows");
		}
		return new ConnectionFailedException(Reason.PROXY_FAILED,
				subject + " answered " + status + " to the request to connect to " + destination,
				"Check the host name, and that the proxy can reach that host; " + settings(proxy), null);
	}

	private static String wrongPort(@Nullable Proxy proxy) {
		return "Check the host and the port of the proxy; " + settings(proxy);
	}

	/** Returns the schemes of challenges, or {@code null} if Basic is one of them. */
	private static @Nullable String otherSchemes(List<String> challenges) {
		List<String> schemes = challenges.stream()
			.map(ProxyFailures::withoutQuoted)
			.flatMap((challenge) -> SCHEME.matcher(challenge).results().map((scheme) -> scheme.group(1)))
			.toList();
		return (schemes.isEmpty() || schemes.stream().anyMatch("Basic"::equalsIgnoreCase)) ? null
				: schemes.stream().map(ProxyFailures::named).distinct().collect(Collectors.joining(" or "));
	}

	/** RFC 9110, section 5.6.4; without its end, all that follows. */
	private static String withoutQuoted(String challenge) {
		return challenge.replaceAll("\\\\.", "").replaceAll("\"[^\"]*+\"?", "");
	}

	private static String named(String scheme) {
		return NAMED.stream().filter(scheme::equalsIgnoreCase).findFirst().orElse("another kind of");
	}

	private static ConnectionFailedException denied(String problem, String action) {
		return new ConnectionFailedException(Reason.PROXY_DENIED, problem, action, null);
	}

	private static ConnectionFailedException unreachable(@Nullable Proxy proxy, String name, String problem,
			@Nullable Throwable cause) {
		return new ConnectionFailedException(Reason.PROXY_FAILED, "cannot be reached: " + name + " " + problem,
				"Check the host and the port of the proxy, and that it is running; " + settings(proxy), cause);
	}

	private static String settings(@Nullable Proxy proxy) {
		return (proxy != null) ? "it is configured by " + (proxy.isConfigured() ? "" : "the ") + proxy.setting()
				: "it is configured by the application's HTTP connector";
	}

	private static String nameOf(SocketAddress proxy) {
		return (proxy instanceof InetSocketAddress address)
				? "the proxy " + address.getHostString() + ":" + address.getPort() : "a proxy";
	}

	/** Apart, so that Netty is only asked for where it is. */
	static final class Netty {

		private Netty() {
		}

		/**
		 * Has a connection report the failures of the proxy that it goes to, if it does.
		 * @param channel the connection
		 * @param proxy the proxy, or {@code null} for one of the application's connector
		 */
		static void watch(Channel channel, @Nullable Proxy proxy) {
			ChannelPipeline pipeline = channel.pipeline();
			if (pipeline.get(NettyPipeline.ProxyHandler) instanceof ProxyHandler handler) {
				pipeline.addBefore(NettyPipeline.ProxyHandler, "modelCacheProxy", new Watch(handler, proxy));
				pipeline.addAfter(NettyPipeline.ProxyHandler, "modelCacheOpening", new Opening(handler, proxy));
				if (handler instanceof HttpProxyHandler) {
					pipeline.addFirst("modelCacheProxyAnswer", new Answer(handler, proxy));
				}
			}
		}

	}

	/**
	 * Stands behind the TLS of a proxy: its handshake is not that of the host, nor are
	 * its failures.
	 */
	static final class Tls extends ChannelInboundHandlerAdapter {

		private final Proxy proxy;

		private boolean connected;

		Tls(Proxy proxy) {
			this.proxy = proxy;
		}

		@Override
		public void userEventTriggered(ChannelHandlerContext context, Object event) {
			if (!(event instanceof SslHandshakeCompletionEvent end)) {
				context.fireUserEventTriggered(event);
			}
			else if (end.isSuccess()) {
				this.connected = true;
			}
			else {
				context.fireExceptionCaught(explained(end.cause()));
			}
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			context.fireExceptionCaught(Failures.hasCause(cause, SSLException.class) ? explained(cause) : cause);
		}

		private ConnectionFailedException explained(Throwable cause) {
			ConnectionFailedException known = ConnectionFailedException.in(cause);
			ConnectionFailedException untrusted = (known != null) ? known : Certificates.explain(cause, null);
			return (untrusted != null) ? new ConnectionFailedException(untrusted.reason(),
					"cannot be reached: " + this.proxy.name() + " " + untrusted.problem(), untrusted.action(), cause)
					: unreachable(this.proxy, this.proxy.name(),
							this.connected ? "broke the TLS connection" : "does not make a TLS connection", cause);
		}

	}

	/**
	 * Stands behind Netty's handler of proxies, explains what that raises, and begins
	 * what follows when the tunnel is open: a TLS handshake has all of its time, and does
	 * not take the proxy's failure for its own.
	 */
	private static final class Opening extends ChannelInboundHandlerAdapter {

		private final ProxyHandler handler;

		private final @Nullable Proxy proxy;

		Opening(ProxyHandler handler, @Nullable Proxy proxy) {
			this.handler = handler;
			this.proxy = proxy;
		}

		@Override
		public void channelActive(ChannelHandlerContext context) {
			// The proxy's connection is.
		}

		@Override
		public void userEventTriggered(ChannelHandlerContext context, Object event) {
			context.fireUserEventTriggered(event);
			if (event instanceof ProxyConnectionEvent) {
				context.fireChannelActive();
			}
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			boolean unexplained = cause instanceof ProxyConnectException && ConnectionFailedException.in(cause) == null;
			context.fireExceptionCaught(unexplained ? notConnected(this.proxy, nameOf(this.handler.proxyAddress()),
					this.handler.destinationAddress(), cause) : cause);
		}

	}

	/**
	 * Reads the answer of an HTTP proxy before Netty's codec does, which would take
	 * neither a bare line feed nor more than 8 KB of headers, nor another status than 200
	 * (RFC 9110, section 9.3.6), and hands on the shortest answer that opens a tunnel.
	 */
	private static final class Answer extends ByteToMessageDecoder {

		private static final byte[] OPEN = "HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

		private final HeadReader reader = new HeadReader();

		private final ProxyHandler handler;

		private final @Nullable Proxy proxy;

		private boolean refused;

		Answer(ProxyHandler handler, @Nullable Proxy proxy) {
			this.handler = handler;
			this.proxy = proxy;
		}

		@Override
		protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
			if (this.refused) {
				in.skipBytes(in.readableBytes());
				return;
			}
			String name = nameOf(this.handler.proxyAddress());
			try {
				ResponseHead head = this.reader.read(in);
				if (head == null) {
					return;
				}
				if (HttpStatusClass.valueOf(head.status()) == HttpStatusClass.SUCCESS) {
					out.add(Unpooled.wrappedBuffer(OPEN));
					context.pipeline().remove(this);
					return;
				}
				InetSocketAddress host = this.handler.destinationAddress();
				refuse(context, refused(this.proxy, name, host.getHostString() + ":" + host.getPort(), head.status(),
						head.values(HttpHeaders.PROXY_AUTHENTICATE)));
			}
			catch (ConnectionFailedException ex) {
				refuse(context, new ConnectionFailedException(Reason.PROXY_FAILED,
						"cannot be reached: " + name + " " + ex.problem(), wrongPort(this.proxy), ex));
			}
		}

		private void refuse(ChannelHandlerContext context, ConnectionFailedException failure) {
			this.refused = true;
			context.fireExceptionCaught(failure);
		}

	}

	/** Stands before Netty's handler of proxies. */
	private static final class Watch extends ChannelDuplexHandler {

		private final ProxyHandler handler;

		private final @Nullable Proxy proxy;

		Watch(ProxyHandler handler, @Nullable Proxy proxy) {
			this.handler = handler;
			this.proxy = proxy;
		}

		@Override
		public void connect(ChannelHandlerContext context, SocketAddress remote, SocketAddress local,
				ChannelPromise promise) {
			ChannelPromise connected = context.newPromise();
			connected.addListener((ChannelFuture future) -> {
				if (future.isSuccess()) {
					promise.trySuccess();
				}
				else {
					promise.tryFailure(unreachable(this.proxy, name(), problem(future.cause()), future.cause()));
				}
			});
			context.connect(remote, local, connected);
		}

		private static String problem(Throwable cause) {
			return (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException)
					? "has an unknown host name" : "does not accept connections";
		}

		private String name() {
			return nameOf(this.handler.proxyAddress());
		}

		@Override
		public void channelInactive(ChannelHandlerContext context) {
			if (!this.handler.connectFuture().isDone()) {
				context.fireExceptionCaught(unreachable(this.proxy, name(), "broke the connection", null));
			}
			context.fireChannelInactive();
		}

	}

}
