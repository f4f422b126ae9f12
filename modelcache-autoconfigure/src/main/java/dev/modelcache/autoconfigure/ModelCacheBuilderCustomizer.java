/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelCacheBuilder;

/**
 * Callback interface that can be implemented by beans to customize the builder of the
 * {@link dev.modelcache.ModelCache} bean after it was configured with the properties. The
 * beans are called in their order.
 */
@FunctionalInterface
public interface ModelCacheBuilderCustomizer {

	/**
	 * Customizes the builder.
	 * @param builder the builder to customize
	 */
	void customize(ModelCacheBuilder builder);

}
