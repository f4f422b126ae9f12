/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

import dev.modelcache.internal.WebUrl;
import dev.modelcache.source.CatalogVariant;
import org.jspecify.annotations.Nullable;

/**
 * What a catalog may name: the more, the nearer it is.
 *
 * @param localFiles whether {@code file:} URLs are allowed; never in what others wrote
 * @param insecureHttp whether plain {@code http:} URLs are allowed
 */
public record CatalogRules(boolean localFiles, boolean insecureHttp) {

	/** What the name of a quantization or of a field is. */
	static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]{1,64}");

	/**
	 * Checks a variant.
	 * @param variant the variant
	 * @throws IllegalArgumentException if it is not allowed; the message is part of a
	 * sentence
	 */
	void check(CatalogVariant variant) {
		if (!WORD.matcher(variant.quantization()).matches()) {
			throw new IllegalArgumentException("has a variant whose 'quantization' is not a word");
		}
		if (variant.digest() != null && !variant.files().isEmpty()) {
			throw new IllegalArgumentException("has a variant with one 'digest' but several 'files'");
		}
		String problem = problem(variant.url());
		if (problem != null) {
			throw new IllegalArgumentException("has a variant whose 'url' " + problem);
		}
	}

	private @Nullable String problem(URI url) {
		String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
		String problem = switch (scheme) {
			case "null" -> "has no scheme";
			case CatalogName.SCHEME -> "refers to a catalog";
			case "file" -> this.localFiles ? null : "refers to a file on this machine";
			case "http" -> this.insecureHttp ? null
					: "uses plain HTTP, which hooks.llm.download.allow-insecure-http does not allow";
			default -> null;
		};
		if (problem == null && scheme.startsWith("http") && !WebUrl.hasHost(url)) {
			problem = "has no host";
		}
		if (problem == null && Objects.requireNonNullElse(url.getRawAuthority(), "").indexOf('@') >= 0) {
			problem = "contains user-info";
		}
		return problem;
	}

}
