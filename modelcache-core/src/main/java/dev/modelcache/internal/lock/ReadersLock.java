/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;

import dev.modelcache.TransferProgress;
import dev.modelcache.lock.CacheLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A shared lock on a lock file that this process may only read: that of another user, or
 * one on a read-only file system. Its owner waits for it, other readers do not, and no
 * note says who holds it.
 */
final class ReadersLock implements CacheLock {

	private static final Logger logger = LoggerFactory.getLogger(ReadersLock.class);

	private final HeldLocks.Entry claim;

	private final FileChannel channel;

	ReadersLock(HeldLocks.Entry claim, FileChannel channel) {
		this.claim = claim;
		this.channel = channel;
	}

	@Override
	public void heartbeat(@Nullable TransferProgress progress) {
		// The note is the owner's.
	}

	@Override
	public void close() {
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			logger.debug("The lock file cannot be closed", ex);
		}
		finally {
			this.claim.release();
		}
	}

}
