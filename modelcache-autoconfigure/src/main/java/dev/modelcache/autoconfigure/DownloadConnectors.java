/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.util.function.Function;

import dev.modelcache.ConnectorRules;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.ModelConfigurationException;
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
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.http.client.reactive.ClientHttpConnector;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

/**
 * Creates the connectors for downloads: the connector and settings of Spring Boot, but
 * without redirects, compression, and the application's WebClient customizations, whose
 * headers would be sent to every redirect target.
 */
final class DownloadConnectors implements Function<ConnectorRules, ClientHttpConnector> {

	private static final Logger logger = LoggerFactory.getLogger(DownloadConnectors.class);

	private static final boolean ADDRESSES_CAN_BE_FILTERED = ClassUtils
		.isPresent("org.springframework.boot.http.client.InetAddressFilter", DownloadConnectors.class.getClassLoader());

	private final ClientHttpConnectorBuilder<?> connector;

	private final HttpClientSettings settings;

	private DownloadConnectors(ClientHttpConnectorBuilder<?> connector, HttpClientSettings settings) {
		this.connector = connector;
		this.settings = settings;
	}

	/**
	 * Configures a builder to use the connectors of Spring Boot.
	 * @param builder the builder
	 * @param download the properties
	 * @param connector the application's connector
	 * @param base the application's settings of HTTP clients
	 * @param bundles the application's SSL bundles, or {@code null} if there are none
	 * @throws ModelConfigurationException if the connector does not support the
	 * configuration
	 */
	static void configure(ModelCacheBuilder builder, DownloadProperties download,
			ClientHttpConnectorBuilder<?> connector, HttpClientSettings base, @Nullable SslBundles bundles) {
		// Times of downloads are their own: spring.http.clients.read-timeout suits small
		// answers.
		HttpClientSettings settings = base.withRedirects(HttpRedirects.DONT_FOLLOW).withReadTimeout(null);
		if (StringUtils.hasText(download.getSslBundle())) {
			settings = withBundle(settings, download.getSslBundle(), bundles);
		}
		boolean proxied = StringUtils.hasText(download.getProxy().getHost());
		checkProxy(connector, proxied, proxied && download.getProxy().getUsername() != null);
		if (!ADDRESSES_CAN_BE_FILTERED) {
			checkBlocked(download.getBlockPrivateRedirects());
		}
		builder.connectors(new DownloadConnectors(connector, settings), ADDRESSES_CAN_BE_FILTERED);
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
		throw ModelKeys.GENERAL.wrong("download.ssl-bundle", "the SSL bundle '" + name + "' does not exist",
				"Define it below spring.ssl.bundle, or correct the name");
	}

	/** Returns a bundle whose errors say why a certificate is not trusted. */
	private static SslBundle explained(SslBundle bundle, ConnectorRules rules) {
		SslManagerBundle managers = bundle.getManagers();
		return SslBundle.of(bundle.getStores(), bundle.getKey(), bundle.getOptions(), bundle.getProtocol(),
				SslManagerBundle.of(rules.explained(managers.getKeyManagerFactory()),
						rules.explained(managers.getTrustManagerFactory())));
	}

	private static void checkProxy(ClientHttpConnectorBuilder<?> connector, boolean proxied, boolean login) {
		boolean jdk = connector instanceof JdkClientHttpConnectorBuilder;
		if (proxied && !jdk && !(connector instanceof ReactorClientHttpConnectorBuilder)) {
			throw ModelKeys.GENERAL.wrong("download.proxy.host",
					"only the connectors 'reactor' and 'jdk' support a " + "proxy",
					"Set spring.http.clients.reactive.connector to one of them");
		}
		if (jdk && login) {
			throw ModelKeys.GENERAL.wrong("download.proxy.username",
					"only the connector 'reactor' supports credentials for a proxy",
					"Set spring.http.clients.reactive.connector=reactor, or remove the key");
		}
	}

	private static void checkBlocked(@Nullable Boolean privateRedirectsBlocked) {
		if (Boolean.TRUE.equals(privateRedirectsBlocked)) {
			throw ModelKeys.GENERAL.wrong("download.block-private-redirects",
					"is true, but the clients of this version of Spring Boot do not check addresses",
					"Use Spring Boot 4.1 or later, or remove the key");
		}
		if (privateRedirectsBlocked == null) {
			logger.warn("Redirects of public hosts to private addresses are followed, because the clients of this "
					+ "version of Spring Boot do not check addresses. Use Spring Boot 4.1 or later, or set "
					+ "hooks.llm.download.block-private-redirects to false");
		}
	}

	@Override
	public ClientHttpConnector apply(ConnectorRules rules) {
		HttpClientSettings settings = this.settings.withConnectTimeout(rules.connectTimeout());
		if (settings.sslBundle() != null) {
			settings = settings.withSslBundle(explained(settings.sslBundle(), rules));
		}
		return ADDRESSES_CAN_BE_FILTERED ? Filtered.build(this, settings, rules) : build(settings, rules);
	}

	private ClientHttpConnector build(HttpClientSettings settings, ConnectorRules rules) {
		InetSocketAddress proxy = rules.proxy();
		if (this.connector instanceof ReactorClientHttpConnectorBuilder reactor) {
			return Reactor.build(reactor, settings, rules);
		}
		if (this.connector instanceof JdkClientHttpConnectorBuilder jdk) {
			// HTTP/2 would put all ranges of a file on one connection, in one window.
			JdkClientHttpConnectorBuilder plain = jdk
				.withHttpClientCustomizer((client) -> client.version(HttpClient.Version.HTTP_1_1));
			if (rules.bypassesProxies()) {
				plain = plain.withHttpClientCustomizer((client) -> client.proxy(HttpClient.Builder.NO_PROXY));
			}
			else if (proxy != null) {
				checkJdkProxy(rules);
				plain = plain.withHttpClientCustomizer((client) -> client.proxy(ProxySelector.of(proxy)));
			}
			return plain.build(settings);
		}
		return this.connector.build(settings);
	}

	/** The JDK's client connects to a proxy by HTTP alone, and without credentials. */
	private static void checkJdkProxy(ConnectorRules rules) {
		if (rules.hasSocksProxy() || rules.hasProxyCredentials()) {
			throw ModelKeys.GENERAL.wrong("download.proxy",
					"the connector 'jdk' supports no "
							+ (rules.hasSocksProxy() ? "SOCKS proxy" : "credentials for a proxy"),
					"Set spring.http.clients.reactive.connector=reactor, or leave the host out with "
							+ "hooks.llm.download.proxy.no-proxy");
		}
	}

	/** Separate class so that Netty is only loaded if it is used. */
	private static final class Reactor {

		static ClientHttpConnector build(ReactorClientHttpConnectorBuilder reactor, HttpClientSettings settings,
				ConnectorRules rules) {
			return reactor.withHttpClientCustomizer(rules::prepare).build(settings);
		}

	}

	/** Separate class because Spring Boot supports address filters since 4.1. */
	private static final class Filtered implements InetAddressFilter {

		private final ConnectorRules rules;

		private Filtered(ConnectorRules rules) {
			this.rules = rules;
		}

		static ClientHttpConnector build(DownloadConnectors connectors, HttpClientSettings settings,
				ConnectorRules rules) {
			InetAddressFilter addresses = new Filtered(rules);
			InetAddressFilter configured = settings.inetAddressFilter();
			ClientHttpConnector connector = connectors.build(
					settings.withInetAddressFilter((configured != null) ? configured.and(addresses) : addresses),
					rules);
			return (method, url, callback) -> connector.connect(method, url, callback)
				.onErrorMap((failure) -> explained(failure, rules));
		}

		private static Throwable explained(Throwable failure, ConnectorRules rules) {
			for (Throwable t = failure; t != null; t = t.getCause()) {
				if (t instanceof FilteredHostException refusal) {
					return rules.refused(refusal.getHost(), failure);
				}
			}
			return failure;
		}

		@Override
		public boolean matches(InetSocketAddress address) {
			return this.rules.allows(address);
		}

		@Override
		public boolean matches(InetAddress address) {
			return this.rules.allows(address);
		}

	}

}
