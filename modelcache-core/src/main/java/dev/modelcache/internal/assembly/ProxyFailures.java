/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;

import javax.net.ssl.SSLException;

import dev.modelcache.internal.assembly.Settings.Proxy;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.proxy.ProxyHandler;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;
import reactor.netty.NettyPipeline;
import reactor.netty.http.client.HttpClient;

/**
 * Tells the failures of a proxy from those of the host that is asked through it, and says
 * which settings the proxy comes from. What a proxy says beside its status is not shown:
 * it may repeat the credentials.
 */
final class ProxyFailures {

	private static final String KEYS = "hooks.llm.download.proxy";

	private static final int PROXY_AUTHENTICATION_REQUIRED = HttpStatus.PROXY_AUTHENTICATION_REQUIRED.value();

	private final @Nullable Proxy configured;

	ProxyFailures(@Nullable Proxy configured) {
		this.configured = configured;
	}

	/** Explains what a connector reports about a request. */
	Mono<ClientResponse> explained(ClientRequest request, ExchangeFunction next) {
		return next.exchange(request)
			.onErrorMap((failure) -> explained(request.url(), failure))
			.flatMap((response) -> (response.statusCode().value() != PROXY_AUTHENTICATION_REQUIRED)
					? Mono.just(response)
					: response.releaseBody().then(Mono.error(() -> refused(nameOf(proxyOf(request.url())), "", 407))));
	}

	private Throwable explained(URI url, Throwable failure) {
		InetSocketAddress proxy = proxyOf(url);
		if (proxy == null || ConnectionFailedException.in(failure) != null
				|| Failures.hasCause(failure, SSLException.class) || !Failures.hasCause(failure, IOException.class)) {
			return failure;
		}
		String name = nameOf(proxy);
		return Failures.hasCause(failure, ConnectException.class)
				? unreachable(name, "does not accept the " + "connection", failure)
				: unreachable(name, "or the host behind it broke the connection", failure);
	}

	private @Nullable InetSocketAddress proxyOf(URI url) {
		if (this.configured != null) {
			return InetSocketAddress.createUnresolved(this.configured.host(), this.configured.port());
		}
		ProxySelector selector = ProxySelector.getDefault();
		return (selector == null) ? null
				: selector.select(url)
					.stream()
					.map(java.net.Proxy::address)
					.filter(InetSocketAddress.class::isInstance)
					.map(InetSocketAddress.class::cast)
					.findFirst()
					.orElse(null);
	}

	/** RFC 9110, sections 9.3.6 and 15.5.8. */
	private ConnectionFailedException refused(String proxy, String destination, int status) {
		String subject = "cannot be reached: " + proxy;
		if (status == PROXY_AUTHENTICATION_REQUIRED) {
			return (this.configured == null || this.configured.username() == null)
					? denied(subject + " requires credentials (407)",
							"Set " + KEYS
									+ ((this.configured != null) ? ".username and .password"
											: ".host, .port, .username and .password"))
					: denied(subject + " rejects the configured credentials (407)",
							"Correct " + KEYS + ".username and .password");
		}
		if (status >= 400 && status < 500 && status != 408 && status != 429) {
			return denied(subject + " refuses to connect to " + destination + " (" + status + ")",
					"Allow that host in the proxy, or use a mirror or fallback-url that the proxy allows");
		}
		return new ConnectionFailedException(Reason.PROXY_FAILED,
				subject + " answered " + status + " to the request to connect to " + destination,
				"Check the host name, and that the proxy can reach that host; " + settings(), null);
	}

	private static ConnectionFailedException denied(String problem, String action) {
		return new ConnectionFailedException(Reason.PROXY_DENIED, problem, action, null);
	}

	private ConnectionFailedException unreachable(String proxy, String problem, @Nullable Throwable cause) {
		return new ConnectionFailedException(Reason.PROXY_FAILED, "cannot be reached: " + proxy + " " + problem,
				"Check that the proxy is running; " + settings(), cause);
	}

	private String settings() {
		return (this.configured != null) ? "it is configured by " + KEYS + ".host and .port"
				: "it is configured by system properties such as https.proxyHost, or by the application's HTTP "
						+ "connector";
	}

	private static String nameOf(@Nullable SocketAddress proxy) {
		return (proxy instanceof InetSocketAddress address)
				? "the proxy " + address.getHostString() + ":" + address.getPort() : "a proxy";
	}

	/** Apart, so that Netty is only asked for where it is. */
	static final class Reactor {

		private Reactor() {
		}

		/** Has a client report the failures of whatever proxy it connects to. */
		static HttpClient watched(HttpClient client, ProxyFailures failures) {
			return client.doOnChannelInit((observer, channel, address) -> {
				ChannelPipeline pipeline = channel.pipeline();
				if (pipeline.get(NettyPipeline.ProxyHandler) instanceof ProxyHandler proxy) {
					pipeline.addBefore(NettyPipeline.ProxyHandler, "modelCacheProxy", new Watch(proxy, failures));
				}
			});
		}

	}

	/** Stands between Netty's codec and its handler of proxies until a tunnel is open. */
	private static final class Watch extends ChannelDuplexHandler {

		private final ProxyHandler proxy;

		private final ProxyFailures failures;

		private boolean refused;

		Watch(ProxyHandler proxy, ProxyFailures failures) {
			this.proxy = proxy;
			this.failures = failures;
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
					promise.tryFailure(this.failures.unreachable(name(), problem(future.cause()), future.cause()));
				}
			});
			context.connect(remote, local, connected);
		}

		private static String problem(Throwable cause) {
			return (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException)
					? "has an unknown host name" : "does not accept connections";
		}

		private String name() {
			return nameOf(this.proxy.proxyAddress());
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			if (!this.refused && message instanceof HttpResponse response
					&& response.status().codeClass() != HttpStatusClass.SUCCESS) {
				this.refused = true;
				InetSocketAddress destination = this.proxy.destinationAddress();
				context.fireExceptionCaught(this.failures.refused(name(),
						destination.getHostString() + ":" + destination.getPort(), response.status().code()));
			}
			if (this.refused) {
				ReferenceCountUtil.release(message);
			}
			else {
				context.fireChannelRead(message);
			}
		}

		@Override
		public void channelInactive(ChannelHandlerContext context) {
			if (!this.refused && !this.proxy.isConnected()) {
				this.refused = true;
				context.fireExceptionCaught(this.failures.unreachable(name(), "broke the connection", null));
			}
			context.fireChannelInactive();
		}

	}

}
