/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import dev.modelcache.LockOwner;
import org.jspecify.annotations.Nullable;

/**
 * The locks that this process holds, by the real paths of their files. With
 * {@link FilesInUse} the one exception to "no static state": file locks belong to a
 * process, and closing any channel of a lock file drops the process's lock on it, so that
 * two application contexts of one JVM must know of each other before either opens the
 * file.
 */
final class HeldLocks {

	private static final Map<Path, Entry> HELD = new ConcurrentHashMap<>();

	private HeldLocks() {
	}

	/**
	 * Claims a lock file for one user of this process.
	 * @return the claim, or {@code null} if somebody else has it
	 */
	static @Nullable Entry claim(Path lockFile) {
		Entry entry = new Entry(lockFile);
		return (HELD.putIfAbsent(lockFile, entry) == null) ? entry : null;
	}

	/** Returns whether somebody in this process has a lock file. */
	static boolean isClaimed(Path lockFile) {
		return HELD.containsKey(lockFile);
	}

	/** Returns the note of the holder in this process, if there is one. */
	static @Nullable LockOwner ownerOf(Path lockFile) {
		Entry entry = HELD.get(lockFile);
		return (entry != null) ? entry.owner : null;
	}

	/** A claim. */
	static final class Entry {

		private final Path lockFile;

		private volatile @Nullable LockOwner owner;

		private Entry(Path lockFile) {
			this.lockFile = lockFile;
		}

		void note(LockOwner note) {
			this.owner = note;
		}

		void release() {
			HELD.remove(this.lockFile, this);
		}

	}

}
