/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.FileLocking.Outcome;

/**
 * The marks that this process has open, by their real paths: static for the reason that
 * {@link HeldLocks} are. The users of one process count and share one lock.
 */
final class UseMarks {

	private static final Map<Path, UseMark> MARKS = new HashMap<>();

	private UseMarks() {
	}

	/**
	 * Adds a user.
	 * @return whether it was added; {@code false} while somebody removes the file
	 */
	static synchronized boolean addUser(Path path, FileLocking shared, FileAccess access) throws IOException {
		UseMark mark = MARKS.get(path);
		if (mark == null) {
			mark = UseMark.open(path, shared, access);
			if (mark.outcome == Outcome.HELD) {
				mark.channel.close();
				return false;
			}
			MARKS.put(path, mark);
		}
		if (mark.removing) {
			return false;
		}
		mark.users++;
		return true;
	}

	/** Takes a user away; the last one releases the lock. */
	static synchronized void removeUser(Path path) throws IOException {
		UseMark mark = MARKS.get(path);
		if (mark != null && --mark.users == 0) {
			MARKS.remove(path);
			mark.channel.close();
		}
	}

	/**
	 * Excludes all users.
	 * @return whether there are none, as far as the operating system vouches for it
	 */
	static synchronized boolean beginRemoval(Path path, FileLocking exclusive, FileAccess access) throws IOException {
		if (MARKS.containsKey(path)) {
			return false;
		}
		UseMark mark = UseMark.open(path, exclusive, access);
		if (mark.outcome != Outcome.LOCKED) {
			mark.channel.close();
			return false;
		}
		mark.removing = true;
		MARKS.put(path, mark);
		return true;
	}

	/** Lets users in again. */
	static synchronized void endRemoval(Path path) throws IOException {
		UseMark mark = MARKS.remove(path);
		if (mark != null) {
			mark.channel.close();
		}
	}

	private static final class UseMark {

		private final FileChannel channel;

		private final Outcome outcome;

		private int users;

		private boolean removing;

		private UseMark(FileChannel channel, Outcome outcome) {
			this.channel = channel;
			this.outcome = outcome;
		}

		static UseMark open(Path path, FileLocking locking, FileAccess access) throws IOException {
			FileChannel channel = open(path, access);
			return new UseMark(channel, locking.attempt(channel));
		}

		/** A shared lock needs no right to write, so that other users have a mark too. */
		private static FileChannel open(Path path, FileAccess access) throws IOException {
			try {
				FileChannel channel = FileChannel.open(path, Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ,
						StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), access.forFile(path));
				access.widen(path);
				return channel;
			}
			catch (AccessDeniedException ex) {
				if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
					throw ex;
				}
				return FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
			}
		}

	}

}
