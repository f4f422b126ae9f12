/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Clock;

import dev.modelcache.LockOwner;
import dev.modelcache.TransferProgress;
import dev.modelcache.lock.CacheLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lock on a file. Closing its channel releases the file lock, if there is one.
 */
final class FileCacheLock implements CacheLock {

	private static final Logger logger = LoggerFactory.getLogger(FileCacheLock.class);

	private final HeldLocks.Entry claim;

	private final FileChannel channel;

	private final Clock clock;

	private LockOwner owner;

	private boolean closed;

	FileCacheLock(HeldLocks.Entry claim, FileChannel channel, LockOwner owner, Clock clock) {
		this.claim = claim;
		this.channel = channel;
		this.owner = owner;
		this.clock = clock;
		claim.note(owner);
	}

	@Override
	public synchronized void heartbeat(@Nullable TransferProgress progress) {
		if (this.closed) {
			return;
		}
		this.owner = this.owner.withHeartbeat(this.clock.instant()).withProgress(progress);
		this.claim.note(this.owner);
		try {
			OwnerNote.write(this.channel, this.owner);
		}
		catch (IOException ex) {
			logger.debug("The lock file cannot be updated", ex);
		}
	}

	@Override
	public synchronized void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try (this.channel) {
			OwnerNote.erase(this.channel);
		}
		catch (IOException ex) {
			logger.debug("The lock file cannot be cleared", ex);
		}
		finally {
			this.claim.release();
		}
	}

}
