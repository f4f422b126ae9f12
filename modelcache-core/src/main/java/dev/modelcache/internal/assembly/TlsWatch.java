/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

import javax.net.ssl.KeyManager;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.StandardConstants;
import javax.net.ssl.TrustManager;

import dev.modelcache.internal.http.Certificates;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.MergedRecords;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.NettyPipeline;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;

/**
 * Explains TLS connections that are not made by what the server sent in plain text: its
 * version and its alerts (RFC 8446, sections 4.1.3 and 6), and whether it asked for a
 * certificate of the client. Also names hosts to servers as curl does.
 */
final class TlsWatch {

	/** The name of the handler of TLS to a proxy. */
	static final String PROXY = "modelCacheProxyTls";

	private static final Logger logger = LoggerFactory.getLogger(TlsWatch.class);

	/** RFC 8446, section 5.1. */
	private static final int ALERT = 21;

	private static final int HANDSHAKE = 22;

	private static final int SERVER_HELLO = 2;

	private static final int TLS_1_2 = 0x303;

	private static final int HANDSHAKE_FAILURE = 40;

	private static final int PROTOCOL_VERSION = 70;

	private static final int INSUFFICIENT_SECURITY = 71;

	private static final int UNRECOGNIZED_NAME = 112;

	private static final int HEADER = 5;

	private static final String REFUSED = "refused the TLS handshake with alert ";

	private final Duration handshakeTimeout;

	private final ClientKeys keys;

	TlsWatch(Duration handshakeTimeout, ClientKeys keys) {
		this.handshakeTimeout = handshakeTimeout;
		this.keys = keys;
	}

	/** Netty takes its native library where that is on the class path. */
	static String implementation() {
		return OpenSsl.isAvailable() ? OpenSsl.versionString() + " (netty-tcnative)" : "the JDK's";
	}

	/** Has a client explain certificates, unless the application configured its TLS. */
	HttpClient secure(HttpClient client) {
		if (client.configuration().sslProvider() == null && logger.isDebugEnabled()) {
			logger.debug("TLS of downloads: {}", implementation());
		}
		return (client.configuration().sslProvider() != null) ? client
				: client.secure((spec) -> spec.sslContext(Http11SslContextSpec.forClient()
					.configure((context) -> context.trustManager(Certificates.ofJvm()[0])
						.keyManager(this.keys.none())
						.ciphers(cipherSuites(), SupportedCipherSuiteFilter.INSTANCE))));
	}

	/**
	 * Those of this JVM, of which Netty's list has a part. The default context would need
	 * the key store of the JVM, and the trust store once more.
	 * @return the cipher suites, or {@code null} for Netty's list
	 */
	private static @Nullable List<String> cipherSuites() {
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(new KeyManager[0], new TrustManager[0], null);
			return List.of(context.getDefaultSSLParameters().getCipherSuites());
		}
		catch (GeneralSecurityException ex) {
			logger.debug("The cipher suites of this JVM are unknown", ex);
			return null;
		}
	}

	/** Has a connection speak TLS to its proxy, with what the client trusts. */
	void secure(HttpClient client, Proxy proxy, Channel channel) {
		SslContext context = Objects.requireNonNull(client.configuration().sslProvider()).getSslContext();
		SslHandler handler = context.newHandler(channel.alloc(), proxy.host(), proxy.port());
		SSLParameters parameters = handler.engine().getSSLParameters();
		parameters.setEndpointIdentificationAlgorithm("HTTPS");
		handler.engine().setSSLParameters(parameters);
		name(proxy.host(), handler.engine());
		handler.setHandshakeTimeoutMillis(this.handshakeTimeout.toMillis());
		channel.pipeline().addFirst(PROXY, handler);
	}

	/** Prepares a connection before it is opened. */
	void watch(Channel channel, InetSocketAddress host) {
		ChannelPipeline pipeline = channel.pipeline();
		if (!(pipeline.get(NettyPipeline.SslHandler) instanceof SslHandler tls)) {
			pipeline.addFirst("modelCacheNoTls", new PlainHttp(host));
			return;
		}
		tls.setHandshakeTimeoutMillis(this.handshakeTimeout.toMillis());
		name(host.getHostString(), tls.engine());
		Records records = new Records();
		pipeline.addBefore(NettyPipeline.SslHandler, "modelCacheRecords", records);
		pipeline.addAfter(NettyPipeline.SslHandler, "modelCacheRecordsMerged", new MergedRecords());
		pipeline.addAfter(NettyPipeline.SslHandler, "modelCacheTls", new Explanations(tls.engine(), records, host));
	}

	/**
	 * The JDK sends no name without a dot, and none with an underscore. Servers may tell
	 * upper case from lower case.
	 */
	private static void name(String host, SSLEngine engine) {
		SSLParameters parameters = engine.getSSLParameters();
		List<SNIServerName> names = parameters.getServerNames();
		boolean other = names != null && !names.isEmpty()
				&& !(names.get(0) instanceof SNIHostName own && own.getAsciiName().equalsIgnoreCase(host));
		if (DirectHosts.literal(host) != null || other) {
			return;
		}
		String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
		byte[] sent = name.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.US_ASCII);
		try {
			parameters.setServerNames(List.of(serverName(sent)));
			engine.setSSLParameters(parameters);
		}
		catch (IllegalArgumentException ex) {
			// A name that cannot be sent.
		}
	}

	private static SNIServerName serverName(byte[] name) {
		try {
			return new SNIHostName(name);
		}
		catch (IllegalArgumentException ex) {
			// The JDK's own class takes no underscore. BoringSSL takes this one neither.
			return new SNIServerName(StandardConstants.SNI_HOST_NAME, name) {
			};
		}
	}

	/**
	 * Looks at the beginning of what a server sends: its first records are not encrypted.
	 */
	private static final class Records extends ChannelInboundHandlerAdapter {

		/** The header of a record, and the beginning of what it contains. */
		private final byte[] head = new byte[HEADER + 6];

		private int known;

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			if (this.known < this.head.length && message instanceof ByteBuf bytes) {
				int more = Math.min(bytes.readableBytes(), this.head.length - this.known);
				bytes.getBytes(bytes.readerIndex(), this.head, this.known, more);
				this.known += more;
			}
			context.fireChannelRead(message);
		}

		/** Returns the alert in place of a handshake, or -1. */
		int alert() {
			return (this.known > HEADER + 1 && this.head[0] == ALERT) ? Byte.toUnsignedInt(this.head[HEADER + 1]) : -1;
		}

		boolean isOldVersion() {
			boolean hello = this.known == this.head.length && this.head[0] == HANDSHAKE
					&& this.head[HEADER] == SERVER_HELLO;
			int version = (this.head[HEADER + 4] << 8) + this.head[HEADER + 5];
			return alert() == PROTOCOL_VERSION || (hello && version < TLS_1_2);
		}

	}

	private final class Explanations extends ChannelInboundHandlerAdapter {

		private final SSLEngine engine;

		private final Records records;

		private final InetSocketAddress host;

		private boolean connected;

		Explanations(SSLEngine engine, Records records, InetSocketAddress host) {
			this.engine = engine;
			this.records = records;
			this.host = host;
		}

		@Override
		public void userEventTriggered(ChannelHandlerContext context, Object event) {
			if (event instanceof SslHandshakeCompletionEvent end) {
				this.connected |= end.isSuccess();
				context.fireUserEventTriggered(
						end.isSuccess() ? event : new SslHandshakeCompletionEvent(explained(end.cause())));
			}
			else {
				context.fireUserEventTriggered(event);
			}
		}

		/** What is sent answers a request: a certificate is not required. */
		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			TlsWatch.this.keys.forget(this.engine);
			context.fireChannelRead(message);
		}

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			boolean ofTls = Failures.hasCause(cause, SSLException.class)
					|| (!this.connected && Failures.hasCause(cause, IOException.class)
							&& !Failures.hasCause(cause, ConnectException.class));
			context.fireExceptionCaught(ofTls ? explained(cause) : cause);
		}

		private Throwable explained(Throwable cause) {
			if (ConnectionFailedException.in(cause) != null) {
				return cause;
			}
			int port = this.host.getPort();
			if (Failures.hasCause(cause, NotSslRecordException.class)) {
				return failed("does not speak TLS at port " + port,
						"Correct the port or the scheme of the URL; a proxy or firewall may also answer in plain text",
						cause);
			}
			if (Failures.hasCause(cause, SslHandshakeTimeoutException.class)) {
				return failed(
						"did not finish the TLS handshake within " + TlsWatch.this.handshakeTimeout.toMillis() + " ms",
						"Check the network, or increase hooks.llm.download.tls-handshake-timeout", cause);
			}
			if (this.records.isOldVersion()) {
				return failed("supports no version of TLS that is safe, such as 1.2 or 1.3",
						"The operator of the host must enable TLS 1.2 or later; a mirror or fallback-url may help",
						cause);
			}
			Boolean sent = TlsWatch.this.keys.sentTo(this.engine);
			if (sent != null) {
				return sent
						? failed("broke the TLS connection after it received the certificate of the client",
								"Check that the server accepts the certificate in the key store of"
										+ " hooks.llm.download.ssl-bundle: its authority and its period of validity",
								cause)
						: failed("requires a certificate of the client",
								"Set hooks.llm.download.ssl-bundle to an SSL bundle whose key store contains one of an"
										+ " authority that the server accepts",
								cause);
			}
			if (this.connected) {
				return failed("broke the TLS connection",
						"Check the network, and that no proxy or firewall breaks TLS; a mirror or fallback-url may help",
						cause);
			}
			int alert = this.records.alert();
			return switch (alert) {
				case -1 -> !Failures.hasCause(cause, SSLException.class)
						? failed("closed the connection during the TLS handshake", Reason.TLS_FAILED.action(), cause)
						: cause;
				case HANDSHAKE_FAILURE, INSUFFICIENT_SECURITY -> failed(REFUSED + alert + " (handshake failure)",
						"Check the host name in the URL; otherwise the operator of the host must enable common cipher"
								+ " suites of TLS 1.2 or later, or a proxy or firewall refuses the host",
						cause);
				case UNRECOGNIZED_NAME -> failed("has no certificate for the name " + this.host.getHostString(),
						"Use a host name in the URL that the server knows", cause);
				default -> failed(REFUSED + alert, Reason.TLS_FAILED.action(), cause);
			};
		}

		private static ConnectionFailedException failed(String problem, String action, Throwable cause) {
			return new ConnectionFailedException(Reason.TLS_FAILED, problem, action, cause);
		}

	}

	/** Tells a server that answers plain http by TLS. */
	private static final class PlainHttp extends ChannelInboundHandlerAdapter {

		private static final int ENOUGH = 2048;

		/** The words of nginx, Apache, Go and Tomcat, below a status of 400. */
		private static final Pattern WANTS_TLS = Pattern
			.compile("HTTP/1\\.[01] 400 .*(plain HTTP request was sent to HTTPS"
					+ "|plain HTTP to an SSL|HTTP request to an HTTPS server|requires TLS)", Pattern.DOTALL);

		private final InetSocketAddress host;

		PlainHttp(InetSocketAddress host) {
			this.host = host;
		}

		@Override
		public void channelRead(ChannelHandlerContext context, Object message) {
			context.pipeline().remove(this);
			if (message instanceof ByteBuf bytes && bytes.readableBytes() >= 2 && isOfTls(bytes)) {
				ReferenceCountUtil.release(message);
				context.fireExceptionCaught(new ConnectionFailedException(Reason.TLS_FAILED,
						"speaks TLS at port " + this.host.getPort(), "Use https: in the URL", null));
				context.close();
				return;
			}
			context.fireChannelRead(message);
		}

		private static boolean isOfTls(ByteBuf bytes) {
			int start = bytes.readerIndex();
			boolean alert = bytes.getUnsignedByte(start) == ALERT && bytes.getUnsignedByte(start + 1) == TLS_1_2 >> 8;
			return alert || WANTS_TLS
				.matcher(bytes.toString(start, Math.min(bytes.readableBytes(), ENOUGH), StandardCharsets.ISO_8859_1))
				.lookingAt();
		}

	}

}
