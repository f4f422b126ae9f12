/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where a file may lie already that is to be fetched.
 *
 * @param enabled whether to look for it, also in this cache itself
 * @param huggingFaceCaches directories of the Hub's own tools, which hold
 * {@code models--*}
 * @param ollamaStores directories of Ollama, which hold {@code blobs}
 */
public record AdoptionSettings(boolean enabled, List<Path> huggingFaceCaches, List<Path> ollamaStores) {

	/** Nothing is adopted. */
	public static final AdoptionSettings OFF = new AdoptionSettings(false, List.of(), List.of());

	/**
	 * Returns these settings with further caches of the Hub's own tools, unless nothing
	 * is adopted.
	 * @param caches the caches
	 * @return the settings
	 */
	AdoptionSettings with(List<Path> caches) {
		return !this.enabled ? this : new AdoptionSettings(true,
				Stream.concat(this.huggingFaceCaches.stream(), caches.stream()).toList(), this.ollamaStores);
	}

	/**
	 * Creates settings.
	 */
	public AdoptionSettings {
		huggingFaceCaches = List.copyOf(huggingFaceCaches);
		ollamaStores = List.copyOf(ollamaStores);
	}

}
