/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.lock;

import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * Lock that is held by this process, which is the only writer of the model as far as the
 * file system can guarantee it.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: a few system
 * calls. <em>Errors</em>: I/O errors are logged and not thrown.
 */
public interface CacheLock extends AutoCloseable {

	/**
	 * Renews the heartbeat of the lock and publishes the progress of the transfer.
	 * @param progress the progress, or {@code null} before the transfer has started
	 */
	void heartbeat(@Nullable TransferProgress progress);

	/**
	 * Renews the heartbeat of the lock while its holder waits for its turn to download,
	 * so that those who wait for the lock go on waiting. By default, it is a heartbeat
	 * without progress.
	 */
	default void queued() {
		heartbeat(null);
	}

	/**
	 * Releases the lock. The lock file is emptied but not deleted.
	 */
	@Override
	void close();

}
