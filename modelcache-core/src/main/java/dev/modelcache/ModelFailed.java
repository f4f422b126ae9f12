/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Duration;

/**
 * Event that is published when an acquisition or a verification failed.
 *
 * @param modelId the model's id
 * @param error the failure
 * @param elapsed the duration of the attempt
 */
public record ModelFailed(String modelId, ModelCacheException error, Duration elapsed) implements ModelCacheEvent {

}
