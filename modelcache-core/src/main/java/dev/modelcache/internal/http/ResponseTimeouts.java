/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.Origin;

/**
 * The time to wait for the headers of a response, which grows from try to try for a host
 * that takes a request and does not answer in time: a cache that fetches a large file
 * first takes minutes. It becomes short again when the host answers in the usual time.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
final class ResponseTimeouts {

	private static final int MOST_HOSTS = 256;

	private final Duration usual;

	private final Duration longest;

	private final Map<Origin, Duration> grown = new RecentlyUsed<>(MOST_HOSTS);

	ResponseTimeouts(HttpSettings settings) {
		this.usual = settings.responseTimeout();
		this.longest = settings.longestResponseTimeout();
	}

	/** Returns the time to wait for a host. */
	synchronized Duration of(URI url) {
		return this.grown.getOrDefault(Origin.of(url), this.usual);
	}

	/** A host has taken a request, and did not answer it in time. */
	synchronized void exceeded(URI url, Duration waited) {
		Duration next = waited.multipliedBy(waited.equals(this.usual) ? 4 : 5);
		Duration capped = (next.compareTo(this.longest) < 0) ? next : this.longest;
		this.grown.merge(Origin.of(url), capped, (one, other) -> (one.compareTo(other) > 0) ? one : other);
	}

	/** A host has answered. */
	synchronized void answered(URI url, Duration waited) {
		if (waited.compareTo(this.usual) < 0) {
			this.grown.remove(Origin.of(url));
		}
	}

}
