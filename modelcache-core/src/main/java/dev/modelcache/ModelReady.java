/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Duration;

/**
 * Event that is published when a model is ready to use.
 *
 * @param modelId the model's id
 * @param model the model
 * @param elapsed the duration of the acquisition
 */
public record ModelReady(String modelId, CachedModel model, Duration elapsed) implements ModelCacheEvent {

}
