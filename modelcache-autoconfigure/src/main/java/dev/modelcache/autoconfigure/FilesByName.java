/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.File;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;

/**
 * Files of a model by their names, relative to their common directory. A name matches the
 * file with exactly that name, or else the only file whose path ends with it.
 */
final class FilesByName {

	private final String modelId;

	private final Map<String, Path> byName = new LinkedHashMap<>();

	FilesByName(CachedModel model) {
		this.modelId = model.id();
		int shared = sharedDirectories(model.files());
		for (Path file : model.files()) {
			this.byName.put(slashed(file.subpath(shared, file.getNameCount())), file);
		}
	}

	private static int sharedDirectories(List<Path> files) {
		Path first = files.get(0);
		return (int) IntStream.range(0, first.getNameCount() - 1)
			.takeWhile((i) -> files.stream()
				.allMatch((file) -> i < file.getNameCount() - 1 && file.getName(i).equals(first.getName(i))))
			.count();
	}

	private static String slashed(Path path) {
		return path.toString().replace(File.separatorChar, '/');
	}

	/**
	 * Returns whether a name matches exactly one file.
	 * @param name the name
	 * @return {@code true} if it does
	 */
	boolean has(ModelFileName name) {
		return find(name).size() == 1;
	}

	/**
	 * Returns the file that matches a name.
	 * @param name the name
	 * @return the file
	 * @throws ModelNotFoundException if no file matches or several files match; the
	 * message lists the names
	 */
	Path get(ModelFileName name) {
		List<Path> found = find(name);
		if (found.size() != 1) {
			throw new ModelNotFoundException(this.modelId,
					"it has " + (found.isEmpty() ? "no file" : "several files") + " '" + name + "'",
					"Use one of " + String.join(", ", this.byName.keySet()));
		}
		return found.get(0);
	}

	private List<Path> find(ModelFileName name) {
		Path exact = this.byName.get(name.text());
		return (exact != null) ? List.of(exact)
				: this.byName.values().stream().filter((file) -> file.endsWith(name.text())).toList();
	}

}
