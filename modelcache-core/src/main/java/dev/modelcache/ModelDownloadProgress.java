/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Event that reports the progress of a transfer, at most four times a second for each
 * model.
 *
 * @param modelId the model's id
 * @param progress the progress
 */
public record ModelDownloadProgress(String modelId, TransferProgress progress) implements ModelCacheEvent {

}
