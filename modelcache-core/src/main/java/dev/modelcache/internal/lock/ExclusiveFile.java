/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * An open file that no other process of ours writes while it is open.
 * <p>
 * <em>Thread-safety</em>: {@link #channel()} as any channel; the other methods none.
 */
public final class ExclusiveFile implements AutoCloseable {

	private final FileChannel channel;

	private final boolean locked;

	private HeldLocks.Entry claim;

	ExclusiveFile(HeldLocks.Entry claim, FileChannel channel, boolean locked) {
		this.claim = claim;
		this.channel = channel;
		this.locked = locked;
	}

	/**
	 * Returns the channel to read from and write to, at any position.
	 * @return the channel; closed by {@link #close()}
	 */
	public FileChannel channel() {
		return this.channel;
	}

	/**
	 * Returns whether the operating system vouches for the exclusion.
	 * @return {@code false} where the file system has no locks
	 */
	public boolean locked() {
		return this.locked;
	}

	/**
	 * Says that the file has another name now. Its lock stays.
	 * @param name a name that nobody else uses
	 */
	public void renamed(Path name) {
		HeldLocks.Entry next = HeldLocks.claim(name);
		if (next == null) {
			throw new IllegalStateException(name + " is in use");
		}
		this.claim.release();
		this.claim = next;
	}

	/**
	 * Closes the channel, which releases the lock.
	 * @throws IOException if the channel cannot be closed
	 */
	@Override
	public void close() throws IOException {
		try {
			this.channel.close();
		}
		finally {
			this.claim.release();
		}
	}

}
