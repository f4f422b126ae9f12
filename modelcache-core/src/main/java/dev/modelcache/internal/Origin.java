/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Origin of a URL: its scheme, host and port (RFC 6454). Credentials are sent to their
 * own origin only.
 *
 * @param scheme the scheme in lower case
 * @param host the host in lower case, empty for a local file
 * @param port the port, the default port of the scheme if the URL has none; -1 without a
 * host
 */
public record Origin(String scheme, String host, int port) {

	/**
	 * Hosts that {@link URI} takes for something else, such as {@code model_server}, but
	 * not unusual spellings of IPv4 addresses, which end in a number.
	 */
	private static final Pattern OTHER_HOST = Pattern
		.compile("(?:.*@)?(?!(?:[^:]*\\.)?(?:\\d+|0[xX][0-9A-Fa-f]*)\\.?(?::|$))([A-Za-z0-9_.-]+)(?::(\\d{1,5})?)?");

	/**
	 * Returns the origin of a URL.
	 * @param uri an absolute URL
	 * @return its origin
	 */
	public static Origin of(URI uri) {
		String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
		if (uri.getHost() != null) {
			return of(scheme, uri.getHost(), uri.getPort());
		}
		Matcher other = OTHER_HOST.matcher((uri.getRawAuthority() != null) ? uri.getRawAuthority() : "");
		if (!other.matches()) {
			return new Origin(scheme, "", -1);
		}
		return of(scheme, other.group(1), (other.group(2) != null) ? Integer.parseInt(other.group(2)) : -1);
	}

	private static Origin of(String scheme, String host, int port) {
		return new Origin(scheme, host.toLowerCase(Locale.ROOT), (port >= 0) ? port : defaultPort(scheme));
	}

	private static int defaultPort(String scheme) {
		return switch (scheme) {
			case "https" -> 443;
			case "http" -> 80;
			default -> -1;
		};
	}

	/**
	 * Returns {@code host:port}, the name of the mirror in meters and circuit breakers.
	 * @return the name, or {@code local} for a local file
	 */
	public String authority() {
		return this.host.isEmpty() ? "local" : this.host + ":" + this.port;
	}

}
