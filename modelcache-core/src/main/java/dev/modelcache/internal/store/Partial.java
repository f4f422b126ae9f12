/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

import dev.modelcache.internal.lock.ExclusiveFile;
import org.jspecify.annotations.Nullable;

/**
 * A staged file of this process, open and locked, and its journal.
 *
 * @param path where it stands
 * @param file the open file
 * @param journal its journal
 * @param owner the user that it belongs to
 * @param key its device and inode, or {@code null} where the file system has none, or
 * changes them
 */
record Partial(Path path, ExclusiveFile file, PartialJournal journal, FileOwner owner, @Nullable Object key) {

	/**
	 * Returns whether the file that stands at the path is the one that was opened, and
	 * still private.
	 */
	boolean isIntact() throws IOException {
		return this.owner.isPrivate(this.path) && isAt(this.path);
	}

	/** Returns whether nothing speaks against this file's being the one at a path. */
	boolean isAt(Path other) throws IOException {
		return this.key == null || this.key.equals(keyOf(other));
	}

	/** Returns the device and inode of a path, or null where there is none. */
	static @Nullable Object keyOf(Path path) throws IOException {
		try {
			return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
		}
		catch (NoSuchFileException ex) {
			return null;
		}
	}

	/**
	 * Closes both. They stay on disk, unless one of them reports an error when it is
	 * closed, as network file systems do for bytes that the server did not take.
	 */
	void closeOrDelete() throws IOException {
		try (this.file) {
			this.journal.close();
		}
		catch (IOException ex) {
			delete();
			throw ex;
		}
	}

	/** Deletes both, the journal first: a file without one is of no use to anybody. */
	void delete() throws IOException {
		try (this.file) {
			try {
				this.journal.delete();
			}
			finally {
				Files.deleteIfExists(this.path);
			}
		}
	}

}
