/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.net.URI;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The part of a URI that may be shown in messages, logs and receipts: scheme, host, port
 * and path. User-info, query and fragment may hold credentials and are left out.
 */
public final class RedactedUri {

	private static final Pattern HOST_AND_PORT = Pattern.compile("[\\p{L}\\p{N}._~-]+(:\\d*)?");

	private RedactedUri() {
	}

	/**
	 * Returns what may be shown of a URI.
	 * @param uri the URI
	 * @return {@code scheme://host[:port]/path}; for {@code file:} the path; of an opaque
	 * URI the scheme and what stands before a {@code ?}
	 */
	public static String of(URI uri) {
		String scheme = (uri.getScheme() != null) ? uri.getScheme() + ":" : "";
		if (uri.isOpaque()) {
			return scheme + pathOf(uri.getRawSchemeSpecificPart());
		}
		if ("file".equalsIgnoreCase(uri.getScheme())) {
			return uri.getPath();
		}
		String authority = authorityOf(uri);
		return scheme + ((authority != null) ? "//" + authority : "") + uri.getRawPath();
	}

	private static @Nullable String authorityOf(URI uri) {
		if (uri.getHost() != null) {
			return uri.getHost() + ((uri.getPort() != -1) ? ":" + uri.getPort() : "");
		}
		String authority = uri.getRawAuthority();
		if (authority == null) {
			return null;
		}
		// RFC 2396 "registry-based": a host with an underscore, or a URL gone wrong. A
		// password that was not percent-encoded may be in it.
		String afterUserInfo = authority.substring(authority.lastIndexOf('@') + 1);
		return HOST_AND_PORT.matcher(afterUserInfo).matches() ? afterUserInfo : "?";
	}

	private static String pathOf(String opaque) {
		int query = opaque.indexOf('?');
		String path = (query != -1) ? opaque.substring(0, query) : opaque;
		int slash = path.indexOf('/');
		int at = path.lastIndexOf('@', (slash != -1) ? slash : path.length());
		return path.substring(at + 1);
	}

}
