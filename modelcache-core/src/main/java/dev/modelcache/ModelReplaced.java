/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Event that is published when a model was replaced with another version.
 *
 * @param modelId the model's id
 * @param previous the previous version
 * @param current the current version
 */
public record ModelReplaced(String modelId, CachedModel previous, CachedModel current) implements ModelCacheEvent {

}
