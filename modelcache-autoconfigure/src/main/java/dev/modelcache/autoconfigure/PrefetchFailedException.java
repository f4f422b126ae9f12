/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;
import java.util.stream.Collectors;

import dev.modelcache.ModelCacheException;

/**
 * Exception thrown when required models could not be prefetched. The failures of the
 * models are explained together.
 */
final class PrefetchFailedException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final transient List<ModelCacheException> failures;

	private final boolean check;

	PrefetchFailedException(boolean check, List<ModelCacheException> failures) {
		super("Required models are not available: "
				+ failures.stream().map(ModelCacheException::getMessage).collect(Collectors.joining("; ")));
		this.check = check;
		this.failures = failures;
	}

	List<ModelCacheException> failures() {
		return this.failures;
	}

	/** Returns whether the models were only looked for. */
	boolean isCheck() {
		return this.check;
	}

}
