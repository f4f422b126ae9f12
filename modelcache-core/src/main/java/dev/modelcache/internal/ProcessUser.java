/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * The user of this process, as its operating system tells it.
 * <p>
 * <em>Blocking</em>: all methods.
 */
public final class ProcessUser {

	private static final Path PROCESS = Path.of("/proc/self");

	private ProcessUser() {
	}

	/**
	 * Returns the number of the user that creates files.
	 * @return the number, or {@code null} where it is not known
	 */
	public static @Nullable Integer id() {
		return Holder.ID;
	}

	/**
	 * The owner of the directory of the process would be root where the program has
	 * capabilities or cannot be read.
	 */
	private static @Nullable Integer find() {
		if (!Files.exists(PROCESS.resolve("status"))) {
			return ownerOfNewFile();
		}
		try (Stream<String> lines = Files.lines(PROCESS.resolve("status"))) {
			// Real, effective, saved, of the file system.
			return lines.filter((line) -> line.startsWith("Uid:"))
				.map((line) -> Integer.valueOf(line.trim().split("\\s+")[4]))
				.findFirst()
				.orElse(null);
		}
		catch (IOException | RuntimeException ex) {
			return null;
		}
	}

	private static @Nullable Integer ownerOfNewFile() {
		try {
			Path file = Files.createTempFile("modelcache", null);
			try {
				return (Integer) Files.getAttribute(file, "unix:uid");
			}
			finally {
				Files.delete(file);
			}
		}
		catch (IOException | RuntimeException ex) {
			return null;
		}
	}

	/** Returns the name of the user, or the number of one without. */
	static String name() {
		Integer id = id();
		try {
			if (id == null || id.equals(Files.getAttribute(PROCESS, "unix:uid"))) {
				return Files.getOwner(PROCESS).getName();
			}
		}
		catch (IOException | UnsupportedOperationException ex) {
			id = null;
		}
		String name = System.getProperty("user.name", "?");
		return (id != null && name.equals("?")) ? id.toString() : name;
	}

	/** Found out by the first who asks. */
	private static final class Holder {

		private static final @Nullable Integer ID = find();

	}

}
