/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A model of a {@link ModelCatalog}.
 *
 * @param name the name: letters, digits, {@code . _ -}
 * @param version the version, or {@code null}; {@code catalog://name} is the first model
 * of that name, whatever its version
 * @param license the licence, or {@code null} if it is unknown
 * @param preferred the quantization to begin with, or {@code null} for the first variant
 * @param variants the variants, the larger before the smaller; at least one
 */
public record CatalogModel(String name, @Nullable String version, @Nullable String license, @Nullable String preferred,
		List<CatalogVariant> variants) {

	/**
	 * Creates a model.
	 */
	public CatalogModel {
		variants = List.copyOf(variants);
	}

	/**
	 * Creates a model without a version whose first variant is preferred.
	 * @param name the name
	 * @param variants the variants, the larger before the smaller
	 */
	public CatalogModel(String name, List<CatalogVariant> variants) {
		this(name, null, null, null, variants);
	}

}
