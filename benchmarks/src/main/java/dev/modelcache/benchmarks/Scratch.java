/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Places for what JMH benchmarks write: in memory where the machine has such a file
 * system, so that no disk is measured.
 */
public final class Scratch {

	private Scratch() {
	}

	/**
	 * Makes an empty file.
	 * @param name what it is for
	 * @return the file; the caller deletes it
	 * @throws IOException if it cannot be made
	 */
	public static Path file(String name) throws IOException {
		return Files.createTempFile(directory(), "modelcache-" + name, null);
	}

	/**
	 * Makes an empty directory.
	 * @param name what it is for
	 * @return the directory; the caller deletes it
	 * @throws IOException if it cannot be made
	 */
	public static Path directory(String name) throws IOException {
		return Files.createTempDirectory(directory(), "modelcache-" + name);
	}

	private static Path directory() {
		Path memory = Path.of("/dev/shm");
		return Files.isDirectory(memory) ? memory : Path.of(System.getProperty("java.io.tmpdir"));
	}

}
