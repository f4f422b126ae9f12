package dev.modelcache.engine;

import dev.modelcache.content.DecompressionSettings;
import dev.modelcache.content.format.FormatSettings;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.SourceResolvers;
import dev.modelcache.store.ModelStore;
import dev.modelcache.transfer.SegmentedTransfer;
import dev.modelcache.transfer.TransferRetries;

/**
 * The rooms that the engine joins.
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
public record Rooms(SourceResolvers sources, CacheLockFactory locks, ModelStore store, SegmentedTransfer transfer,
		TransferRetries retries, DecompressionSettings decompression, FormatSettings formats, boolean offline) {

}
