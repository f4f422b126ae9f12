/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists directories: an entry that cannot be read is an {@link IOException}, as is a
 * directory that cannot be opened.
 */
final class Listing {

	private Listing() {
	}

	/**
	 * Returns the entries of a directory.
	 * @param directory the directory
	 * @param names the pattern of their names, as for
	 * {@link Files#newDirectoryStream(Path, String)}
	 * @return their paths
	 * @throws IOException if the directory cannot be read as a whole
	 */
	static List<Path> of(Path directory, String names) throws IOException {
		List<Path> all = new ArrayList<>();
		try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, names)) {
			entries.forEach(all::add);
		}
		catch (DirectoryIteratorException ex) {
			throw ex.getCause();
		}
		return all;
	}

}
