/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.OverlappingFileLockException;

import org.jspecify.annotations.Nullable;

/**
 * How a file is locked by the operating system.
 */
@FunctionalInterface
interface FileLocking {

	/**
	 * The locked byte lies far beyond any content: on Windows a locked byte is
	 * unreadable.
	 */
	FileLocking SYSTEM = (channel) -> channel.tryLock(Long.MAX_VALUE - 1, 1, false);

	/** The same byte, for any number of processes that do not write. */
	FileLocking SHARED = (channel) -> channel.tryLock(Long.MAX_VALUE - 1, 1, true);

	/**
	 * Tries to lock a file.
	 * @param channel a channel of the file, open for writing
	 * @return the lock, or {@code null} if another process holds it
	 * @throws IOException if the file system has no locks
	 */
	@Nullable FileLock tryLock(FileChannel channel) throws IOException;

	/**
	 * Tries to lock a file.
	 * @param channel a channel of the file, open for writing
	 * @return what came of it
	 */
	default Outcome attempt(FileChannel channel) {
		try {
			return (tryLock(channel) != null) ? Outcome.LOCKED : Outcome.HELD;
		}
		catch (OverlappingFileLockException ex) {
			// Held by another copy of this class in the same process.
			return Outcome.HELD;
		}
		catch (NonWritableChannelException ex) {
			// Another user's file: this one cannot lock it against others.
			return Outcome.HELD;
		}
		catch (IOException | UnsupportedOperationException ex) {
			return Outcome.UNSUPPORTED;
		}
	}

	/** What came of an attempt to lock a file. */
	enum Outcome {

		/** It is locked. */
		LOCKED,

		/** Another process holds it. */
		HELD,

		/** The file system has no locks. */
		UNSUPPORTED

	}

}
