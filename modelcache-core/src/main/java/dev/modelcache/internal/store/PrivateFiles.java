/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

import org.jspecify.annotations.Nullable;

/**
 * Files that only their owner can read and write, from the moment they exist. Where the
 * file system has no POSIX permissions (Windows) the directory's own access list decides,
 * which for a user's profile is owner-only.
 */
final class PrivateFiles {

	private static final boolean POSIX = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

	private PrivateFiles() {
	}

	static void createDirectories(@Nullable Path directory) throws IOException {
		if (directory != null && !Files.isDirectory(directory)) {
			Files.createDirectories(directory, attributes("rwx------"));
		}
	}

	static FileChannel create(Path file) throws IOException {
		return FileChannel.open(file,
				Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE), forFiles());
	}

	/** Makes a file one that only its owner reads and writes. */
	static void makePrivate(Path file) throws IOException {
		if (POSIX) {
			Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
		}
	}

	/** Returns the attributes of a file that only its owner reads and writes. */
	static FileAttribute<?>[] forFiles() {
		return attributes("rw-------");
	}

	private static FileAttribute<?>[] attributes(String permissions) {
		return POSIX
				? new FileAttribute<?>[] {
						PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions)) }
				: new FileAttribute<?>[0];
	}

}
