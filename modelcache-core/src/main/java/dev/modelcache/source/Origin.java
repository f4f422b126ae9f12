/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.net.URI;
import java.util.Locale;

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
	 * Returns the origin of a URL.
	 * @param uri an absolute URL
	 * @return its origin
	 */
	public static Origin of(URI uri) {
		String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
		if (uri.getHost() == null) {
			return new Origin(scheme, "", -1);
		}
		int port = (uri.getPort() >= 0) ? uri.getPort() : defaultPort(scheme);
		return new Origin(scheme, uri.getHost().toLowerCase(Locale.ROOT), port);
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
