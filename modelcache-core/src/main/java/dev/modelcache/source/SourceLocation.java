/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

import dev.modelcache.ModelRequest;
import dev.modelcache.internal.RedactedUri;
import org.jspecify.annotations.Nullable;

/**
 * Immutable location to resolve, which is one of the URLs of a request.
 */
public final class SourceLocation {

	private final URI uri;

	private final ModelRequest request;

	private final boolean ofConfiguredOrigin;

	private final Consumer<Duration> pauses;

	private SourceLocation(URI uri, ModelRequest request, boolean ofConfiguredOrigin, Consumer<Duration> pauses) {
		this.uri = uri;
		this.request = request;
		this.ofConfiguredOrigin = ofConfiguredOrigin;
		this.pauses = pauses;
	}

	/**
	 * Creates a location without a receiver of pauses.
	 * @param uri the URL
	 * @param request the request to which the URL belongs
	 * @param ofConfiguredOrigin whether the URL has the origin of the model's {@code url}
	 * @return the location
	 */
	public static SourceLocation of(URI uri, ModelRequest request, boolean ofConfiguredOrigin) {
		return new SourceLocation(uri, request, ofConfiguredOrigin, (pause) -> {
		});
	}

	/**
	 * Returns the URL to resolve.
	 * @return the URL
	 */
	public URI uri() {
		return this.uri;
	}

	/**
	 * Returns the request to which the URL belongs.
	 * @return the request
	 */
	public ModelRequest request() {
		return this.request;
	}

	/**
	 * Returns whether the URL has the origin of the model's {@code url}, the only origin
	 * to which the configured headers are sent. Mirrors and fallbacks can have other
	 * origins.
	 * @return {@code true} if it has that origin
	 */
	public boolean ofConfiguredOrigin() {
		return this.ofConfiguredOrigin;
	}

	/**
	 * Returns the receiver of pauses. A resolver must report each pause before a repeated
	 * request, and each response as a pause of zero, because an acquisition that makes no
	 * progress for {@code hooks.llm.download.give-up-after} fails.
	 * @return the receiver of pauses
	 */
	public Consumer<Duration> pauses() {
		return this.pauses;
	}

	/**
	 * Returns this location with another receiver of pauses.
	 * @param pauses the receiver of pauses
	 * @return a copy with this value
	 */
	public SourceLocation withPauses(Consumer<Duration> pauses) {
		return new SourceLocation(this.uri, this.request, this.ofConfiguredOrigin, pauses);
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof SourceLocation other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.uri, this.request, this.ofConfiguredOrigin, this.pauses);
	}

	@Override
	public String toString() {
		return RedactedUri.of(this.uri);
	}

}
