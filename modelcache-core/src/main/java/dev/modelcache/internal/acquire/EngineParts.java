/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.lock.CacheLockFactory;

/**
 * What does the work of a cache.
 *
 * @param sources where can it be had
 * @param locks who may write
 * @param store what is on disk
 * @param transfer bytes
 * @param retries how often
 * @param decompression how far compressed models may unfold
 * @param formats what is done about files that are no models
 * @param offline whether the network is forbidden
 */
public record EngineParts(SourceResolvers sources, CacheLockFactory locks, ModelStore store, SegmentedTransfer transfer,
		Attempts retries, DecompressionSettings decompression, FormatSettings formats, boolean offline) {

}
