/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import org.jspecify.annotations.Nullable;

/**
 * Event that is published when a transfer starts, after the first response of the source.
 *
 * @param modelId the model's id
 * @param source the URL of the source, without user-info, query and fragment
 * @param totalBytes the size in bytes, or {@code null} if the source does not state it
 */
public record ModelDownloadStarted(String modelId, String source,
		@Nullable Long totalBytes) implements ModelCacheEvent {

}
