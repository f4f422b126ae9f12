/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.net.URI;
import java.util.List;

import dev.modelcache.Digest;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * One form of a model of a {@link ModelCatalog}: a quantization or a precision.
 *
 * @param quantization the name of the form, such as {@code Q4_K_M}
 * @param url the URL of the model
 * @param files further files of the repository that belong to it, as in
 * {@link dev.modelcache.ModelRequest#files()}
 * @param size the estimated size, or {@code null} if it is unknown
 * @param digest the digest of its only file, or {@code null} if it is unknown
 */
public record CatalogVariant(String quantization, URI url, List<String> files, @Nullable DataSize size,
		@Nullable Digest digest) {

	/**
	 * Creates a variant.
	 */
	public CatalogVariant {
		files = List.copyOf(files);
	}

	/**
	 * Creates a variant of which no more is known than its URL.
	 * @param quantization the name of the form
	 * @param url the URL of the model
	 */
	public CatalogVariant(String quantization, URI url) {
		this(quantization, url, List.of(), null, null);
	}

}
