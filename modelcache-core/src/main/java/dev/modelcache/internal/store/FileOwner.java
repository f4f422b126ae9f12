/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;

/**
 * The user that a process's new files belong to. Where the file system has no owners of
 * this kind (Windows), any regular file counts as this user's.
 *
 * @param id the number of the user, or {@code null} where there are none
 * @param writable which other users can write each file of this user, because its file
 * system gives all files the same permissions; 0 where it keeps them
 */
record FileOwner(@Nullable Integer id, int writable) {

	private static final boolean UNIX = FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

	private static final int WRITABLE_BY_OTHERS = 0022;

	private static final int WRITABLE_BY_GROUP = 0020;

	/**
	 * Finds out who owns new files of a directory: on a network file system that need not
	 * be the user of the process.
	 * @param directory the directory
	 */
	static FileOwner in(Path directory) throws IOException {
		if (!UNIX) {
			return new FileOwner(null, 0);
		}
		Path probe = directory.resolve("." + UUID.randomUUID() + ".tmp");
		try (FileChannel created = FileAccess.PRIVATE.create(probe)) {
			return of(probe);
		}
		finally {
			Files.deleteIfExists(probe);
		}
	}

	/** Returns the user of this process. */
	static FileOwner ofProcess() throws IOException {
		Path process = Path.of("/proc/self");
		if (!UNIX || Files.isDirectory(process)) {
			return new FileOwner(UNIX ? (Integer) Files.getAttribute(process, "unix:uid") : null, 0);
		}
		Path probe = Files.createTempFile("modelcache", ".tmp");
		try {
			return of(probe);
		}
		finally {
			Files.delete(probe);
		}
	}

	/** Returns who owns a file that this process has created as a private one. */
	static FileOwner of(Path file) throws IOException {
		if (!UNIX) {
			return new FileOwner(null, 0);
		}
		Map<String, Object> attributes = Files.readAttributes(file, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
		return new FileOwner((Integer) attributes.get("uid"),
				(attributes.get("mode") instanceof Integer mode) ? mode & WRITABLE_BY_OTHERS : 0);
	}

	/**
	 * Returns whether a path is a regular file of this user, under this name alone, that
	 * no other user may write.
	 * @param file the path; a link is not followed
	 */
	boolean isPrivate(Path file) throws IOException {
		return (this.id == null) ? Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) : writers(file) == 0;
	}

	/**
	 * Makes a file private that would be if its group could not write it, as the group of
	 * a volume can after Kubernetes has prepared it for a pod ({@code fsGroup}).
	 * @param file the path; a link is not followed. A lock that this process has on it
	 * may be lost
	 */
	void takeFromGroup(Path file) throws IOException {
		if (this.id != null && writers(file) == WRITABLE_BY_GROUP) {
			FileAccess.set(file, EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
		}
	}

	/**
	 * Returns which other users can write a regular file of this user, or -1 for anything
	 * else.
	 */
	private int writers(Path file) throws IOException {
		try {
			Map<String, Object> attributes = Files.readAttributes(file, "unix:isRegularFile,uid,mode,nlink",
					LinkOption.NOFOLLOW_LINKS);
			boolean own = Boolean.TRUE.equals(attributes.get("isRegularFile"))
					&& Objects.equals(this.id, attributes.get("uid"))
					&& Integer.valueOf(1).equals(attributes.get("nlink"));
			return (own && attributes.get("mode") instanceof Integer mode) ? mode & WRITABLE_BY_OTHERS & ~this.writable
					: -1;
		}
		catch (NoSuchFileException ex) {
			return -1;
		}
	}

}
