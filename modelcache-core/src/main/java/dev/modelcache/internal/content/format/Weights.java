/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.util.HashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Counts the weights of a model, and of which type most of them are.
 */
final class Weights {

	private final Map<String, Long> byType = new HashMap<>();

	private long parameters;

	/**
	 * Counts a tensor.
	 * @param type one of a fixed set of names, {@code null} for a type that is not known
	 * @param elements the number of its elements
	 */
	void add(@Nullable String type, long elements) {
		this.parameters = Math.addExact(this.parameters, elements);
		if (type != null) {
			this.byType.merge(type, elements, Long::sum);
		}
	}

	@Nullable Long parameters() {
		return (this.parameters > 0) ? this.parameters : null;
	}

	@Nullable String mostOfType() {
		return this.byType.entrySet().stream().max(Map.Entry.comparingByValue()).map(Map.Entry::getKey).orElse(null);
	}

}
