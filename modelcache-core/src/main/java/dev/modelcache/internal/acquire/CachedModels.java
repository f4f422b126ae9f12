/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;

/**
 * Makes one cached model of others.
 */
final class CachedModels {

	private CachedModels() {
	}

	/** Returns a model of one file for another path to the same file. */
	static CachedModel at(CachedModel model, Path path) {
		return of(model, List.of(path), model.size(), model.source(), model.outcome(), model.verified());
	}

	/** Returns files as the one model that they make up. */
	static CachedModel together(List<CachedModel> files, String source, ModelOutcome outcome) {
		return of(files.get(0), files.stream().map(CachedModel::path).toList(),
				files.stream().mapToLong(CachedModel::size).sum(), source, outcome,
				files.stream().allMatch(CachedModel::verified));
	}

	private static CachedModel of(CachedModel first, List<Path> files, long size, String source, ModelOutcome outcome,
			boolean verified) {
		return CachedModel.of(first.id(), files, size, first.digest(), source)
			.withOutcome(outcome)
			.withFallback(first.fallback())
			.withVerified(verified)
			.withFormat(first.format());
	}

}
