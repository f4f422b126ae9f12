/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;

/**
 * Event that is published when a model was removed from the cache. If the file is in the
 * cache of another tool, it is no longer served but still exists.
 *
 * @param modelId the model's id
 * @param path the path of the file
 */
public record ModelEvicted(String modelId, Path path) implements ModelCacheEvent {

}
