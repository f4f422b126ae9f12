/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import dev.modelcache.internal.Origin;

/**
 * Which Hub to ask, and as whom.
 *
 * @param endpoint the Hub's address without a slash at its end, such as
 * {@code https://huggingface.co}; it may have a path
 * @param token who asks
 * @param caches the caches of the Hub's own tools, to be read where the Hub cannot be
 * asked
 */
public record HubSettings(URI endpoint, HubToken token, List<Path> caches) {

	/** The Hub itself. */
	public static final URI DEFAULT_ENDPOINT = URI.create("https://huggingface.co");

	/** The names of the Hub itself, whichever mirror of it is asked. */
	private static final Set<String> HOSTS = Set.of("huggingface.co", "www.huggingface.co", "hf.co");

	/**
	 * Creates settings without a cache.
	 * @param endpoint the Hub's address
	 * @param token who asks
	 */
	public HubSettings(URI endpoint, HubToken token) {
		this(endpoint, token, List.of());
	}

	/**
	 * Returns whether a URL is that of a file on the web pages of this Hub.
	 * @param url the URL
	 * @return {@code true} if a resolver for this Hub takes it
	 */
	public boolean isPage(URI url) {
		if (url.isOpaque() || url.getRawAuthority() == null) {
			return false;
		}
		Origin origin = Origin.of(url);
		return (isHub(origin) || origin.equals(Origin.of(this.endpoint)))
				&& HubUrl.ofWebPage(url, this.endpoint).isPresent();
	}

	/**
	 * Returns the shortest URL that names the same files.
	 * @param url a URL of any source
	 * @return an {@code hf:} URL for a page on the Hub's own hosts, and without the
	 * revision {@code main}, which is the default; other URLs as they are, because what
	 * another host has is its own
	 */
	public URI shortest(URI url) {
		boolean own = "hf".equalsIgnoreCase(url.getScheme());
		try {
			HubUrl hub = (isPage(url) && isHub(Origin.of(url))) ? HubUrl.ofWebPage(url, this.endpoint).orElse(null)
					: own ? HubUrl.parse(url) : null;
			return (hub == null) ? url : (own && !hub.statesMain(url)) ? HubUrl.canonical(url) : hub.shortest();
		}
		catch (IllegalArgumentException ex) {
			return url;
		}
	}

	static boolean isHub(Origin origin) {
		return origin.scheme().equals("https") && origin.port() == 443 && HOSTS.contains(origin.host());
	}

	/**
	 * Returns these settings for a Hub whose files may be in other caches, too.
	 * @param before the caches to read first
	 * @return the settings
	 */
	public HubSettings withCaches(List<Path> before) {
		return new HubSettings(this.endpoint, this.token,
				Stream.concat(before.stream(), this.caches.stream()).toList());
	}

}
