/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

import dev.modelcache.internal.FileAccess;

/**
 * Files in the cache of another tool, which have the permissions that the process's umask
 * gives to any new file. Nothing in Java tells the umask, so that it is tried out.
 */
final class SharedFiles {

	private SharedFiles() {
	}

	/**
	 * Gives a file the permissions of a new one.
	 * @param file the file
	 */
	static void share(Path file) throws IOException {
		if (!file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
			return;
		}
		Path probe = Files.createFile(file.resolveSibling("." + UUID.randomUUID() + ".tmp"));
		try {
			FileAccess.set(file, Files.getPosixFilePermissions(probe));
		}
		finally {
			Files.delete(probe);
		}
	}

}
