/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.util.List;

/**
 * Models that are looked up by name, as {@code catalog://name}. Another catalog is
 * another bean of this type.
 */
@FunctionalInterface
public interface ModelCatalog {

	/**
	 * Returns the models. Called once, when the cache is built.
	 * <p>
	 * <em>Blocking</em>: may block, and delays the start of the application while it
	 * does.
	 * @return the models, whose names and versions differ
	 */
	List<CatalogModel> models();

}
