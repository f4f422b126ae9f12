/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a lock file says about one source of a model.
 *
 * @param revision the commit or the digest of the manifest, or {@code null} where the
 * source has no such name, or was not asked
 * @param files the files, at least one, by their names
 */
public record PinnedModel(@Nullable String revision, List<PinnedFile> files) {

	/**
	 * Creates it.
	 * @throws IllegalArgumentException if there is no file
	 */
	public PinnedModel {
		if (files.isEmpty()) {
			throw new IllegalArgumentException("a pinned model needs a file");
		}
		files = files.stream().sorted(Comparator.comparing((file) -> file.name().text())).toList();
	}

}
