/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Event about a model. Spring Boot applications receive it as an application event, on a
 * thread that does neither I/O nor transfers. A failing listener does not affect the
 * cache.
 */
public sealed interface ModelCacheEvent permits ModelDownloadStarted, ModelDownloadProgress, ModelReady,
		ModelFallbackUsed, ModelFailed, ModelReplaced, ModelEvicted {

	/**
	 * Returns the id of the model.
	 * @return the id
	 */
	String modelId();

}
