package dev.modelcache.autoconfigure;

import java.net.InetSocketAddress;
import java.net.ProxySelector;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.autoconfigure.ConnectionSettings.Proxy;
import dev.modelcache.source.api.ConnectionFailedException;
import dev.modelcache.source.api.ConnectionFailedException.Kind;
import dev.modelcache.source.api.HttpConnections;
import dev.modelcache.transfer.http.NettyClients;
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
		return HttpConnections
			.anywhere(WebClient.builder().clientConnector(build(connector, settings, connection.proxy())).build());
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

	private static ClientHttpConnector build(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
			@Nullable Proxy proxy) {
		if (connector instanceof ReactorClientHttpConnectorBuilder reactor) {
			return Reactor.build(reactor, settings, proxy);
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
		return jdk.withHttpClientCustomizer((client) -> {
			// HTTP/2 would put all ranges of a file on one connection, in one window.
			client.version(java.net.http.HttpClient.Version.HTTP_1_1);
			if (proxy != null) {
				client.proxy(ProxySelector.of(InetSocketAddress.createUnresolved(proxy.host(), proxy.port())));
			}
		}).build(settings);
	}

	/** Apart, so that Netty is only asked for where it is. */
	private static final class Reactor {

		static ClientHttpConnector build(ReactorClientHttpConnectorBuilder reactor, HttpClientSettings settings,
				@Nullable Proxy proxy) {
			return reactor.withHttpClientCustomizer((client) -> {
				HttpClient plain = NettyClients.forDownloads(client.compress(false).protocol(HttpProtocol.HTTP11));
				return (proxy != null) ? plain.proxy((spec) -> apply(proxy, spec)) : plain;
			}).build(settings);
		}

		private static void apply(Proxy proxy, ProxyProvider.TypeSpec spec) {
			ProxyProvider.Builder builder = spec.type(ProxyProvider.Proxy.HTTP).host(proxy.host()).port(proxy.port());
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
			return new HttpConnections(client(connector, settings, addresses.any(), connection),
					client(connector, settings, addresses.publicOnly(), connection),
					(configured) -> (privateRedirectsBlocked != null) ? privateRedirectsBlocked
							: addresses.isPublic(configured));
		}

		private static WebClient client(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings,
				InetAddressFilter addresses, ConnectionSettings connection) {
			InetAddressFilter configured = settings.inetAddressFilter();
			HttpClientSettings filtered = settings
				.withInetAddressFilter((configured != null) ? configured.and(addresses) : addresses);
			return WebClient.builder()
				.clientConnector(build(connector, filtered, connection.proxy()))
				.filter(Filtered::explained)
				.build();
		}

		/** Tells failures of a rule or a proxy from those of the host. */
		private static Mono<ClientResponse> explained(ClientRequest request, ExchangeFunction next) {
			return next.exchange(request)
				.onErrorMap((failure) -> hasCause(failure, FilteredHostException.class),
						(failure) -> new ConnectionFailedException(Kind.PRIVATE_ADDRESS,
								"leads to the private address of " + request.url().getHost(), failure));
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
