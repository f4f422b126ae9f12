/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.assembly;

import java.net.URI;
import java.util.Locale;
import java.util.Set;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.WebUrl;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.Origin;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * Checks the URLs of models. No message shows a URL: a malformed one cannot be redacted
 * reliably, and the key says where it is.
 */
final class SourceUrls {

	/** The schemes of single files; all others are those of repositories. */
	private static final Set<String> OF_FILES = Set.of("https", "http", "file");

	private final SourceResolvers sources;

	private final boolean insecureHttpAllowed;

	private final Keys keys;

	SourceUrls(SourceResolvers sources, boolean insecureHttpAllowed, Keys keys) {
		this.sources = sources;
		this.insecureHttpAllowed = insecureHttpAllowed;
		this.keys = keys;
	}

	/**
	 * Checks a URL.
	 * @param model the model that it belongs to
	 * @param name the name of its key
	 * @param url the URL
	 * @return the URL by which the model is known everywhere
	 */
	URI check(ModelRequest model, String name, URI url) {
		checkScheme(model, name, url);
		switch (url.getScheme().toLowerCase(Locale.ROOT)) {
			case "file" -> checkFileUrl(model, name, url);
			case "https", "http" -> {
				return checkWebUrl(model, name, url);
			}
			default -> {
				return checkBySource(model, name, url);
			}
		}
		return url;
	}

	private void checkScheme(ModelRequest model, String name, URI url) {
		String scheme = url.getScheme();
		if (scheme == null) {
			throw wrong(model, name, "has no scheme", "Start the URL with one of " + supported());
		}
		if (!this.sources.schemes().contains(scheme.toLowerCase(Locale.ROOT))) {
			// What is not a URL at all may begin with a user's name:
			// "user:password@host".
			boolean credentials = url.isOpaque() && url.getRawSchemeSpecificPart().contains("@");
			throw wrong(model, name, "has an unknown scheme" + (credentials ? "" : ", '" + scheme + ":'"),
					"Use one of " + supported());
		}
		if (scheme.equalsIgnoreCase("http") && !this.insecureHttpAllowed) {
			throw wrong(model, name, "uses plain HTTP, which is not protected against eavesdropping and tampering",
					"Use https, or set " + this.keys.key("download.allow-insecure-http") + "=true");
		}
	}

	private URI checkBySource(ModelRequest model, String name, URI url) {
		try {
			return this.sources.check(url);
		}
		catch (IllegalArgumentException ex) {
			throw wrong(model, name, String.valueOf(ex.getMessage()), "Correct the URL");
		}
	}

	private void checkFileUrl(ModelRequest model, String name, URI url) {
		if (url.isOpaque() || StringUtils.hasLength(url.getRawAuthority())) {
			throw wrong(model, name, "is a file: URL without an absolute path", "Use file:///path with three slashes");
		}
		if (url.getRawQuery() != null || url.getRawFragment() != null) {
			throw wrong(model, name, "is a file: URL with a query or a fragment",
					"Percent-encode '?' as %3F and '#' as %23");
		}
		checkFileName(model, name, url);
	}

	private URI checkWebUrl(ModelRequest model, String name, URI url) {
		URI plain = WebUrl.withPlainHost(url);
		int port = Origin.of(plain).port();
		if (!WebUrl.hasHost(plain) || port <= 0 || port > 65535) {
			throw wrong(model, name, "has no valid host or port",
					"Use https://host/path or https://host:port/path; a host consists of letters, digits, dashes, "
							+ "underscores and dots, and special characters in a password must be percent-encoded");
		}
		checkFileName(model, name, plain);
		return plain;
	}

	private void checkFileName(ModelRequest model, String name, URI url) {
		if (fileName(url) == null) {
			throw wrong(model, name, "has no file name", "Append the file name of the model to the URL's path");
		}
	}

	private static ModelConfigurationException wrong(ModelRequest model, String name, String problem, String action) {
		return ModelCompletion.wrong(model, name, problem, action);
	}

	private String supported() {
		return String.join(", ",
				this.sources.schemes()
					.stream()
					.filter((scheme) -> this.insecureHttpAllowed || !scheme.equals("http"))
					.map((scheme) -> scheme + ":")
					.toList());
	}

	/**
	 * Returns the name of the file that a URL names.
	 * @param url the URL
	 * @return the last segment of its path, decoded, or {@code null} if it has none or
	 * names a repository
	 */
	static @Nullable String fileName(URI url) {
		String path = url.getPath();
		if (path == null || (isOfRepository(url) && path.indexOf('/', 1) < 0)) {
			return null;
		}
		String name = path.substring(path.lastIndexOf('/') + 1);
		return (name.isBlank() || name.equals(".") || name.equals("..") || name.indexOf('\0') != -1) ? null : name;
	}

	/**
	 * Returns whether a URL names a repository, which has files to choose from.
	 * @param url the URL
	 * @return {@code false} for the URL of a single file
	 */
	static boolean isOfRepository(URI url) {
		return !OF_FILES.contains(url.getScheme().toLowerCase(Locale.ROOT));
	}

}
