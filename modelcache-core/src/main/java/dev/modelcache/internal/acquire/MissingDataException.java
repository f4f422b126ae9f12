/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.Set;

import dev.modelcache.ModelFileName;

/**
 * Files hold data of an ONNX file that has arrived, and are not among those of its model.
 * Nothing was published; the source may have them.
 */
final class MissingDataException extends RuntimeException {

	private final transient ModelFileName model;

	private final transient Set<ModelFileName> names;

	/**
	 * Creates an exception.
	 * @param model the ONNX file
	 * @param names the names of the files that are missing; at least one
	 */
	MissingDataException(ModelFileName model, Set<ModelFileName> names) {
		super(model + " needs " + names);
		this.model = model;
		this.names = Set.copyOf(names);
	}

	ModelFileName model() {
		return this.model;
	}

	Set<ModelFileName> names() {
		return this.names;
	}

}
