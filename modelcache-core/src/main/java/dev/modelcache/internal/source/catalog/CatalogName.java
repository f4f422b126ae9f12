/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The name of a model in a catalog, as a {@code catalog:} URL has it.
 *
 * @param name the name; letters, digits, {@code . _ -}
 * @param version its version, or {@code null} for the first one that a catalog lists
 */
public record CatalogName(String name, @Nullable String version) {

	/** The scheme of URLs that name a model of a catalog. */
	public static final String SCHEME = "catalog";

	private static final String PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";

	private static final Pattern TEXT = Pattern.compile("(" + PART + ")(?:@(" + PART + "))?");

	/**
	 * Reads a name.
	 * @param text {@code name} or {@code name@version}
	 * @return the name, if it is one
	 */
	public static Optional<CatalogName> of(@Nullable String text) {
		Matcher matcher = TEXT.matcher(Objects.requireNonNullElse(text, ""));
		return matcher.matches() ? Optional.of(new CatalogName(matcher.group(1), matcher.group(2))) : Optional.empty();
	}

	/**
	 * Reads a URL.
	 * @param url {@code catalog://name} or {@code catalog://name@version}, or what
	 * {@link #toUri()} gives
	 * @return the name
	 * @throws IllegalArgumentException if it is neither; the message is part of a
	 * sentence and repeats nothing of the URL
	 */
	public static CatalogName parse(URI url) {
		boolean bare = !url.isOpaque() && url.getRawQuery() == null && url.getRawFragment() == null;
		String authority = Objects.requireNonNullElse(url.getRawAuthority(), "");
		String path = Objects.requireNonNullElse(url.getRawPath(), "");
		String text = path.isEmpty() ? authority : authority + path.substring(1);
		if (!bare || (!authority.isEmpty() && !path.isEmpty())) {
			throw new IllegalArgumentException(
					"contains more than a name; use catalog://name or " + "catalog://name@version");
		}
		return of(text).orElseThrow(() -> new IllegalArgumentException(
				"does not contain a valid name; use catalog://name or catalog://name@version"));
	}

	/**
	 * Returns the URL by which the model is known everywhere. The name is its path: as
	 * its host, a name with a version would be taken for user-info.
	 * @return {@code catalog:///name} or {@code catalog:///name@version}
	 */
	public URI toUri() {
		return URI.create(SCHEME + ":///" + this);
	}

	/** Returns whether this names a listed model. */
	boolean matches(CatalogName listed) {
		return this.name.equalsIgnoreCase(listed.name)
				&& (this.version == null || this.version.equalsIgnoreCase(listed.version));
	}

	@Override
	public String toString() {
		return (this.version != null) ? this.name + "@" + this.version : this.name;
	}

}
