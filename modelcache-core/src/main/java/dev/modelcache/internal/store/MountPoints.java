/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelStorageException;

/**
 * Files that are mounted one by one, as containers do with {@code -v file:file}. Such a
 * file cannot be replaced by another one.
 */
final class MountPoints {

	/** See proc_pid_mountinfo(5); Linux alone has it. */
	private static final Path TABLE = Path.of("/proc/self/mountinfo");

	private static final int MOUNT_POINT = 4;

	private MountPoints() {
	}

	/**
	 * Requires that a file can be replaced.
	 * @param modelId the model's id
	 * @param target the file; may not exist
	 * @throws ModelStorageException if it is mounted; says what to mount instead
	 */
	static void requireNone(String modelId, Path target) {
		if (Files.isRegularFile(target) && isMounted(target)) {
			Path directory = target.resolveSibling("");
			throw new ModelStorageException(modelId, directory,
					target + " is a mount point, so no file can be moved to its place",
					"Mount the directory " + target.getParent() + " instead of the file, or mount the file with the "
							+ "whole model in it",
					null);
		}
	}

	private static boolean isMounted(Path target) {
		try {
			String real = escaped(target.toRealPath().toString());
			// Names may be in any encoding.
			return Files.readString(TABLE, StandardCharsets.ISO_8859_1)
				.lines()
				.map((line) -> line.split(" "))
				.anyMatch((fields) -> fields.length > MOUNT_POINT && fields[MOUNT_POINT].equals(real));
		}
		catch (IOException ex) {
			return false;
		}
	}

	private static String escaped(String path) {
		String bytes = new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
		return bytes.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012");
	}

}
