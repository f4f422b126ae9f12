/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.assembly.Proxy.Type;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.StringUtils;

/**
 * Chooses the proxy for a URL: the configured one, else that of the JVM's system
 * properties, else that of the environment variables, which are read as curl reads them.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class ProxyRoutes {

	private static final Logger logger = LoggerFactory.getLogger(ProxyRoutes.class);

	/** What curl uses for a proxy without a port. */
	private static final int DEFAULT_PORT = 1080;

	/** What curl uses for one that is spoken to by TLS. */
	private static final int DEFAULT_TLS_PORT = 443;

	/** A name, with characters beyond ASCII perhaps, or an IPv6 address. */
	private static final Pattern HOST = Pattern.compile("[\\p{L}\\p{N}_.-]+|[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?");

	/** As curl reads it, with one to three slashes. */
	private static final Pattern URL = Pattern.compile("([^:/?#]*):/{1,3}(.*)");

	private final @Nullable Proxy configured;

	private final DirectHosts direct;

	private final Function<String, @Nullable String> environment;

	/** The settings whose proxies were named in the log. */
	private final Set<String> logged = ConcurrentHashMap.newKeySet();

	/**
	 * Creates the routes.
	 * @param configured the configured proxy, or {@code null} for none
	 * @param direct the hosts that are connected to without any proxy
	 * @param environment returns environment variables
	 */
	ProxyRoutes(@Nullable Proxy configured, List<String> direct, Function<String, @Nullable String> environment) {
		this.configured = configured;
		this.direct = new DirectHosts(direct);
		this.environment = environment;
	}

	/**
	 * Returns the way to a host.
	 * @param url the URL of a request
	 * @return the way
	 * @throws ModelConfigurationException if an environment variable names no proxy
	 */
	Route route(URI url) {
		Origin origin = Origin.of(url);
		if (this.direct.contain(origin.host(), origin.port())) {
			return Route.DIRECT;
		}
		if (this.configured != null) {
			return new Route(this.configured, false);
		}
		Route route = ofJvm(url);
		if (route == null) {
			route = ofEnvironment(origin);
		}
		if (route.proxy() != null) {
			log(route.proxy(), origin.scheme());
		}
		return route;
	}

	private void log(Proxy proxy, String scheme) {
		if (this.logged.add(proxy.setting())) {
			logger.info("Downloads of {} URLs use {} ({})", scheme, proxy.name(), proxy.setting());
		}
	}

	/**
	 * Returns the way of the system properties, or {@code null} if they name no proxy.
	 */
	private static @Nullable Route ofJvm(URI url) {
		ProxySelector selector = ProxySelector.getDefault();
		if (selector == null) {
			return null;
		}
		String scheme = url.getScheme().toLowerCase(Locale.ROOT);
		for (java.net.Proxy proxy : selector.select(url)) {
			if (proxy.address() instanceof InetSocketAddress address) {
				boolean socks = proxy.type() == java.net.Proxy.Type.SOCKS;
				String prefix = socks ? "java.net.socks." : scheme + ".proxy";
				return new Route(new Proxy(socks ? Type.SOCKS5 : Type.HTTP, address.getHostString(), address.getPort(),
						System.getProperty(socks ? prefix + "username" : prefix + "User"),
						System.getProperty(socks ? prefix + "password" : prefix + "Password"),
						"system property " + (socks ? "socksProxyHost" : prefix + "Host")), false);
			}
		}
		return Stream.of(scheme + ".proxyHost", "socksProxyHost")
			.anyMatch((name) -> StringUtils.hasText(System.getProperty(name))) ? Route.DIRECT : null;
	}

	private Route ofEnvironment(Origin origin) {
		String variable = variable(origin.scheme());
		if (variable == null) {
			return Route.UNSPECIFIED;
		}
		String except = Stream.of("no_proxy", "NO_PROXY")
			.map(this::text)
			.filter(StringUtils::hasText)
			.findFirst()
			.orElse("");
		return new DirectHosts(except).contain(origin.host(), origin.port()) ? Route.DIRECT
				: new Route(parse(variable, text(variable)), false);
	}

	/**
	 * A web server hands the header {@code Proxy} of a request to CGI programs as
	 * {@code HTTP_PROXY} (httpoxy.org), so it is not read in one.
	 */
	private @Nullable String variable(String scheme) {
		boolean cgi = scheme.equals("http") && StringUtils.hasText(text("REQUEST_METHOD"));
		return Stream
			.of(scheme + "_proxy", cgi ? "" : scheme.toUpperCase(Locale.ROOT) + "_PROXY", "all_proxy", "ALL_PROXY")
			.filter((name) -> StringUtils.hasText(text(name)))
			.findFirst()
			.orElse(null);
	}

	private String text(String variable) {
		String value = variable.isEmpty() ? null : this.environment.apply(variable);
		return (value != null) ? value.strip() : "";
	}

	private static Proxy parse(String variable, String value) {
		Matcher url = URL.matcher(value);
		String scheme = url.matches() ? url.group(1).toLowerCase(Locale.ROOT) : "http";
		String authority = (url.matches() ? url.group(2) : value).split("[/?#]", 2)[0];
		int at = authority.lastIndexOf('@');
		String[] login = (at >= 0) ? authority.substring(0, at).split(":", 2) : new String[0];
		String place = authority.substring(at + 1);
		int colon = place.startsWith("[") ? place.indexOf(':', Math.max(0, place.indexOf(']')))
				: place.lastIndexOf(':');
		String host = (colon >= 0) ? place.substring(0, colon) : place;
		if (host.startsWith("[") && host.endsWith("]")) {
			host = host.substring(1, host.length() - 1);
		}
		Type type = type(variable, scheme);
		return new Proxy(type, valid(variable, host),
				port(variable, type, (colon >= 0) ? place.substring(colon + 1) : ""),
				(login.length > 0) ? decoded(login[0]) : null, (login.length > 1) ? decoded(login[1]) : null,
				"environment variable " + variable);
	}

	private static Type type(String variable, String scheme) {
		return switch (scheme) {
			case "http" -> Type.HTTP;
			case "https" -> Type.HTTPS;
			case "socks", "socks5", "socks5h" -> Type.SOCKS5;
			case "socks4", "socks4a" -> Type.SOCKS4;
			default -> throw wrong(variable, "names a proxy of an unsupported kind, " + scheme);
		};
	}

	private static String valid(String variable, String host) {
		if (!HOST.matcher(host).matches()) {
			throw wrong(variable, "contains no valid host");
		}
		return host;
	}

	private static int port(String variable, Type type, String text) {
		if (text.isEmpty()) {
			return (type == Type.HTTPS) ? DEFAULT_TLS_PORT : DEFAULT_PORT;
		}
		int port = text.matches("\\d{1,5}") ? Integer.parseInt(text) : 0;
		if (port < 1 || port > 65535) {
			throw wrong(variable, "contains no valid port");
		}
		return port;
	}

	/** What is not percent-encoded correctly counts as it is. */
	private static String decoded(String text) {
		try {
			return StringUtils.uriDecode(text, StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			return text;
		}
	}

	/** The value is not shown: it may contain a password. */
	private static ModelConfigurationException wrong(String variable, String problem) {
		return new ModelConfigurationException(null, "environment variable " + variable, problem,
				"Use an address such as http://proxy.example.com:3128 or socks5://proxy.example.com:1080, or set "
						+ Proxy.KEYS + ".host and .port instead");
	}

	/**
	 * A way to a host.
	 *
	 * @param proxy the proxy, or {@code null} for none
	 * @param direct whether no proxy must be used; with neither, an HTTP client may use
	 * one that the application configured for it
	 */
	record Route(@Nullable Proxy proxy, boolean direct) {

		static final Route DIRECT = new Route(null, true);

		static final Route UNSPECIFIED = new Route(null, false);

	}

}
