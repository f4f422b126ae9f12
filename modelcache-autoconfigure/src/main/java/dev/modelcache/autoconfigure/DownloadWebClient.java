package dev.modelcache.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.time.Duration;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.autoconfigure.ConnectionSettings.Proxy;
import dev.modelcache.internal.http.ConnectionFailedException.Kind;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.transfer.http.NettyClients;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.http.client.FilteredHostException;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.boot.http.client.reactive.ClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.JdkClientHttpConnectorBuilder;
import org.springframework.boot.http.client.reactive.ReactorClientHttpConnectorBuilder;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.ClassUtils;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;
import reactor.netty.transport.ProxyProvider;

/**
 * Builds the WebClient of downloads: Boot's connector and settings, but no redirects, no
 * compression, and none of the application's own WebClient customizations, whose headers
 * would go to every host a redirect leads to.
 */
final class DownloadWebClient {

	private static final Logger logger = LoggerFactory.getLogger(DownloadWebClient.class);

	private static final boolean ADDRESSES_CAN_BE_FILTERED = ClassUtils
		.isPresent("org.springframework.boot.http.client.InetAddressFilter", DownloadWebClient.class.getClassLoader());

	private DownloadWebClient() {
	}

	static HttpConnections create(ClientHttpConnectorBuilder<?> connector, HttpClientSettings base,
			ConnectionSettings connection, @Nullable Boolean privateRedirectsBlocked, @Nullable SslBundles bundles) {
		HttpClientSettings settings = base.withRedirects(HttpRedirects.DONT_FOLLOW)
			.withConnectTimeout(connection.connectTimeout());
		if (connection.sslBundle() != null) {
			settings = withBundle(settings, connection.sslBundle(), bundles);
		}
		if (ADDRESSES_CAN_BE_FILTERED) {
			return Filtered.create(connector, settings, connection, privateRedirectsBlocked);
		}
		if (Boolean.TRUE.equals(privateRedirectsBlocked)) {
			throw new ModelConfigurationException(null, "hooks.llm.download.block-private-redirects",
					"is true, but the clients of this version of Spring Boot do not check addresses",
					"Use Spring Boot 4.1 or later, or remove the key");
		}
		if (privateRedirectsBlocked == null) {
			logger.warn("Redirects of public hosts to private addresses are followed, because the clients of this "
					+ "version of Spring Boot do not check addresses. Use Spring Boot 4.1 or later, or set "
					+ "hooks.llm.download.block-private-redirects to false");
		}
		return HttpConnections.anywhere(client(connector, settings, connection));
	}

	private static HttpClientSettings withBundle(HttpClientSettings settings, String name,
			@Nullable SslBundles bundles) {
		try {
			if (bundles != null) {
				return settings.withSslBundle(bundles.getBundle(name));
			}
		}
		catch (NoSuchSslBundleException ex) {
			// Said below, with the key.
		}
		throw new ModelConfigurationException(null, "hooks.llm.download.ssl-bundle",
				"there is no SSL bundle '" + name + "'", "Define it below spring.ssl.bundle, or correct the name");
	}

	private static WebClient client(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
			ConnectionSettings connection) {
		return WebClient.builder()
			.clientConnector(build(connector, settings, connection))
			.filter(new ProxyFailures(connection.proxy())::explained)
			.build();
	}

	private static ClientHttpConnector build(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
			ConnectionSettings connection) {
		Proxy proxy = connection.proxy();
		if (connector instanceof ReactorClientHttpConnectorBuilder reactor) {
			return Reactor.build(reactor, settings, connection);
		}
		if (connector instanceof JdkClientHttpConnectorBuilder jdk) {
			return buildJdk(jdk, settings, proxy);
		}
		if (proxy != null) {
			throw new ModelConfigurationException(null, "hooks.llm.download.proxy.host",
					"only the connectors 'reactor' and 'jdk' take a proxy",
					"Set spring.http.clients.reactive.connector to one of them");
		}
		return connector.build(settings);
	}

	private static ClientHttpConnector buildJdk(JdkClientHttpConnectorBuilder jdk, HttpClientSettings settings,
			@Nullable Proxy proxy) {
		// HTTP/2 would put all ranges of a file on one connection, in one window.
		JdkClientHttpConnectorBuilder plain = jdk
			.withHttpClientCustomizer((client) -> client.version(java.net.http.HttpClient.Version.HTTP_1_1));
		if (proxy == null) {
			return plain.build(settings);
		}
		if (proxy.username() != null) {
			throw new ModelConfigurationException(null, "hooks.llm.download.proxy.username",
					"only the connector 'reactor' sends credentials to a proxy",
					"Set spring.http.clients.reactive.connector=reactor, or remove the key");
		}
		ProxySelector selector = ProxySelector.of(InetSocketAddress.createUnresolved(proxy.host(), proxy.port()));
		return plain.withHttpClientCustomizer((client) -> client.proxy(selector)).build(settings);
	}

	/** Apart, so that Netty is only asked for where it is. */
	private static final class Reactor {

		static ClientHttpConnector build(ReactorClientHttpConnectorBuilder reactor, HttpClientSettings settings,
				ConnectionSettings connection) {
			Proxy proxy = connection.proxy();
			return reactor.withHttpClientCustomizer((client) -> {
				HttpClient plain = NettyClients.forDownloads(client.compress(false).protocol(HttpProtocol.HTTP11));
				HttpClient proxied = (proxy != null) ? through(proxy, connection.connectTimeout(), plain) : plain;
				return ProxyFailures.Reactor.watched(proxied, new ProxyFailures(proxy));
			}).build(settings);
		}

		/**
		 * The proxy alone resolves names. Reactor Netty leaves that to it only where no
		 * resolver is set, and Boot's event loops come with one.
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

	/** Apart, because Spring Boot has filters of addresses since 4.1. */
	private static final class Filtered {

		static HttpConnections create(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
				ConnectionSettings connection, @Nullable Boolean privateRedirectsBlocked) {
			PublicAddresses addresses = new PublicAddresses();
			WebClient any = client(connector, settings, addresses.any(), connection);
			WebClient publicOnly = client(connector, settings, addresses.publicOnly(), connection);
			return new HttpConnections(() -> any, () -> publicOnly, (configured) -> (privateRedirectsBlocked != null)
					? privateRedirectsBlocked : addresses.isPublic(configured));
		}

		private static WebClient client(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
				InetAddressFilter addresses, ConnectionSettings connection) {
			InetAddressFilter configured = settings.inetAddressFilter();
			HttpClientSettings filtered = settings
				.withInetAddressFilter((configured != null) ? configured.and(addresses) : addresses);
			return DownloadWebClient.client(connector, filtered, connection)
				.mutate()
				.filter((request, next) -> (connection.proxy() == null || addresses.matches(addressOf(request.url())))
						? explained(request, next) : Mono.error(() -> privateAddress(request, null)))
				.build();
		}

		/**
		 * The address as a proxy is told it. Boot's filter of the JDK's client does not
		 * see what goes to a proxy.
		 */
		private static InetSocketAddress addressOf(URI url) {
			InetAddress literal = NetUtil.createInetAddressFromIpAddressString(url.getHost());
			int port = Math.max(0, url.getPort());
			return (literal != null) ? new InetSocketAddress(literal, port)
					: InetSocketAddress.createUnresolved(url.getHost(), port);
		}

		/** Tells failures of a rule from those of the host. */
		private static Mono<ClientResponse> explained(ClientRequest request, ExchangeFunction next) {
			return next.exchange(request)
				.onErrorMap((failure) -> hasCause(failure, FilteredHostException.class),
						(failure) -> privateAddress(request, failure));
		}

		private static ConnectionFailedException privateAddress(ClientRequest request, @Nullable Throwable failure) {
			return new ConnectionFailedException(Kind.PRIVATE_ADDRESS,
					"leads to the private address of " + request.url().getHost(),
					"Check where the server redirects to; if that host is yours, name it in the URL, or set"
							+ " hooks.llm.download.block-private-redirects=false",
					failure);
		}

		private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
			for (Throwable t = failure; t != null; t = t.getCause()) {
				if (type.isInstance(t)) {
					return true;
				}
			}
			return false;
		}

	}

}
