/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Clock;
import java.util.function.UnaryOperator;

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

	private final ProcessIdentity process;

	private final boolean locked;

	private final Clock clock;

	private LockOwner owner;

	private boolean closed;

	/**
	 * Creates it, of a lock that was taken.
	 * @param claim the claim of this process
	 * @param channel the open lock file
	 * @param owner the holder, as the note in the file says
	 * @param process this process
	 * @param locked whether the operating system keeps others away; without, another
	 * process may have taken the lock over if this one was paused
	 * @param clock tells the time
	 */
	FileCacheLock(HeldLocks.Entry claim, FileChannel channel, LockOwner owner, ProcessIdentity process, boolean locked,
			Clock clock) {
		this.claim = claim;
		this.channel = channel;
		this.owner = owner;
		this.process = process;
		this.locked = locked;
		this.clock = clock;
		claim.note(owner);
	}

	@Override
	public void heartbeat(@Nullable TransferProgress progress) {
		note((owner) -> owner.withProgress(progress).withQueued(false));
	}

	@Override
	public void queued() {
		note((owner) -> owner.withProgress(null).withQueued(true));
	}

	private synchronized void note(UnaryOperator<LockOwner> change) {
		if (this.closed) {
			return;
		}
		this.owner = change.apply(this.owner).withHeartbeat(this.clock.instant());
		this.claim.note(this.owner);
		try {
			if (isOurs()) {
				new OwnerNote(this.owner, this.process).write(this.channel, !this.locked);
			}
		}
		catch (IOException ex) {
			logger.debug("The lock file cannot be updated", ex);
		}
	}

	private boolean isOurs() throws IOException {
		OwnerNote note = this.locked ? null : OwnerNote.read(this.channel);
		return note == null || note.isOf(this.owner);
	}

	@Override
	public synchronized void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		try (this.channel) {
			if (isOurs()) {
				OwnerNote.erase(this.channel);
			}
		}
		catch (IOException ex) {
			logger.debug("The lock file cannot be cleared", ex);
		}
		finally {
			this.claim.release();
		}
	}

}
