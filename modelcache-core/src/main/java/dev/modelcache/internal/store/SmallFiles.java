/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Reads small files in directories that several users share, where another one may have
 * put a link, a pipe or a huge file in their place.
 */
final class SmallFiles {

	/** More than a name or a digest takes. */
	private static final int LONGEST_LINE = 4096;

	private SmallFiles() {
	}

	/**
	 * Reads a file.
	 * @param file the file
	 * @param largest the largest size in bytes
	 * @return its content
	 * @throws IOException if it is larger, no regular file, or cannot be read
	 */
	static byte[] read(Path file, int largest) throws IOException {
		if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isRegularFile()) {
			throw new IOException(file + " is not a regular file");
		}
		try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
			byte[] content = in.readNBytes(largest + 1);
			if (content.length > largest) {
				throw new IOException(file + " has more than " + largest + " bytes");
			}
			return content;
		}
	}

	/**
	 * Reads a file of one line.
	 * @param file the file
	 * @return the line, without blanks around it
	 * @throws IOException if it is larger than {@value #LONGEST_LINE} bytes, no regular
	 * file, or cannot be read
	 */
	static String line(Path file) throws IOException {
		return new String(read(file, LONGEST_LINE), StandardCharsets.UTF_8).strip();
	}

}
