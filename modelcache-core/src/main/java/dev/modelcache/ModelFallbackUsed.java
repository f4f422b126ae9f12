/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Event that is published when a fallback is tried because the sources before it failed.
 *
 * @param modelId the model's id
 * @param source the URL of the fallback, without user-info, query and fragment
 * @param reason the failure of the previous source
 */
public record ModelFallbackUsed(String modelId, String source, ModelCacheException reason) implements ModelCacheEvent {

}
