/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.catalog;

import java.net.URI;
import java.util.List;
import java.util.Locale;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.source.CatalogVariant;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * A model that is known by name.
 *
 * @param catalog where the catalog is, as it may be shown
 * @param name the name
 * @param license its licence, or {@code null} where the catalog does not say
 * @param preferred the quantization to take where none is asked for; one of the variants'
 * @param variants its variants in the order of preference, the larger before the smaller;
 * at least one
 */
public record CatalogEntry(String catalog, CatalogName name, @Nullable String license, String preferred,
		List<CatalogVariant> variants) {

	/** The key that errors of a catalog name. */
	public static final String KEY = "hooks.llm.catalog.locations";

	/**
	 * Creates an entry.
	 * @throws IllegalArgumentException if there is no variant, two have the same
	 * quantization, or none has the preferred one; the message is part of a sentence
	 */
	public CatalogEntry {
		variants = List.copyOf(variants);
		List<String> names = variants.stream().map((variant) -> upper(variant.quantization())).toList();
		if (names.isEmpty()) {
			throw new IllegalArgumentException("has no variant");
		}
		if (names.stream().distinct().count() < names.size()) {
			throw new IllegalArgumentException("has two variants with the same quantization");
		}
		if (!names.contains(upper(preferred))) {
			throw new IllegalArgumentException("has a 'preferred' quantization without a variant");
		}
	}

	/**
	 * Returns the best variant that fits, and after it those that may stand in for it.
	 * @param quantization the quantization in any case, or {@code null} for the preferred
	 * one
	 * @param maxSize how large it may be, about, or {@code null}
	 * @return the variants from the wanted one on that fit; may be empty
	 */
	public List<CatalogVariant> fitting(@Nullable String quantization, @Nullable DataSize maxSize) {
		return from((quantization != null) ? quantization : this.preferred).stream()
			.filter((variant) -> fits(variant, maxSize))
			.toList();
	}

	/**
	 * Returns whether it comes in a quantization.
	 * @param quantization the quantization in any case, or {@code null}, which stands for
	 * the preferred one
	 * @return {@code true} if it does
	 */
	public boolean has(@Nullable String quantization) {
		return quantization == null || !from(quantization).isEmpty();
	}

	/** What has no size is not known to fit. */
	private static boolean fits(CatalogVariant variant, @Nullable DataSize maxSize) {
		return maxSize == null || (variant.size() != null && variant.size().compareTo(maxSize) <= 0);
	}

	private List<CatalogVariant> from(String quantization) {
		return this.variants.stream()
			.dropWhile((variant) -> !variant.quantization().equalsIgnoreCase(quantization))
			.toList();
	}

	/**
	 * Returns the quantizations of all variants.
	 * @return the quantizations, the larger before the smaller
	 */
	public List<String> quantizations() {
		return this.variants.stream().map(CatalogVariant::quantization).toList();
	}

	/**
	 * Returns where a variant is, after a check by the source that it names.
	 * @param variant one of the variants
	 * @param sources all sources
	 * @param modelId the id of the model that is looked up, for the error
	 * @return the URL by which it is known everywhere
	 * @throws ModelConfigurationException if no source knows it, or it is malformed
	 */
	public URI url(CatalogVariant variant, SourceResolvers sources, @Nullable String modelId) {
		String scheme = variant.url().getScheme().toLowerCase(Locale.ROOT);
		try {
			if (!sources.schemes().contains(scheme)) {
				throw new IllegalArgumentException("has the unknown scheme '" + scheme + ":'");
			}
			return sources.check(variant.url());
		}
		catch (IllegalArgumentException ex) {
			throw new ModelConfigurationException(modelId, KEY,
					"the entry '" + this.name + "' of " + this.catalog + " has a url that " + ex.getMessage(),
					"Correct the catalog, or set the model's url");
		}
	}

	private static String upper(String text) {
		return text.toUpperCase(Locale.ROOT);
	}

}
