/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Clock;

import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.internal.http.HttpConnections;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.lock.CacheLockFactory;

/**
 * The parts of one cache, which {@link dev.modelcache.ModelCacheBuilder} makes.
 *
 * @param models which models are configured
 * @param sources where a model can be had
 * @param locks who may write
 * @param store what is on disk
 * @param connections the HTTP clients
 * @param transfer brings bytes
 * @param turns when it may be downloaded
 * @param retries how often
 * @param decompression how far compressed models may unfold
 * @param formats what is done about files that are not models
 * @param offline whether the network is forbidden
 * @param threads where the work runs
 * @param observer receives details of acquisitions, on the threads that do the work, and
 * never blocks them
 * @param history what the transfers did, also one of the observers
 * @param clock tells the time
 */
public record Engine(ConfiguredModels models, SourceResolvers sources, CacheLockFactory locks, ModelStore store,
		HttpConnections connections, SegmentedTransfer transfer, DownloadTurns turns, Attempts retries,
		DecompressionSettings decompression, FormatSettings formats, boolean offline, EngineThreads threads,
		AcquisitionObserver observer, TransferHistory history, Clock clock) {

	/**
	 * Ends the threads and what the store holds of the files. <em>Blocking</em>: as
	 * {@link EngineThreads#close(Runnable)}.
	 * @param last closes what the application brought, on a thread of the cache
	 */
	public void close(Runnable last) {
		this.threads.close(() -> {
			this.store.close();
			last.run();
		});
	}

}
