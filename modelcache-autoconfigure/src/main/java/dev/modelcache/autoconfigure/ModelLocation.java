/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * Location of a model's file as a Spring resource: {@code model:<id>} is the file that a
 * runtime opens first, {@code model:<id>/<file>} is another file of the model.
 *
 * @param id the model's id
 * @param file the name of the file at the source, or a unique end of that name;
 * {@code null} for the file that a runtime opens first
 */
record ModelLocation(String id, @Nullable ModelFileName file) {

	/** Begins the location of a model's file. */
	static final String SCHEME = "model:";

	/**
	 * Reads a location.
	 * @param location a location that begins with {@value #SCHEME}
	 * @return the location
	 * @throws IllegalArgumentException if the id, or the file after a slash, is missing
	 * or invalid
	 */
	static ModelLocation parse(String location) {
		String[] parts = location.substring(SCHEME.length()).split("/", 2);
		if (parts[0].isEmpty()) {
			throw new IllegalArgumentException(
					"'" + location + "' has no model id. Use " + SCHEME + "<id> or " + "" + SCHEME + "<id>/<file>");
		}
		return of(parts[0], (parts.length == 2) ? parts[1] : null);
	}

	private static ModelLocation of(String id, @Nullable String file) {
		try {
			return new ModelLocation(id, (file != null) ? new ModelFileName(file) : null);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("'" + SCHEME + id + "/" + file + "': " + ex.getMessage(), ex);
		}
	}

	/**
	 * Returns the location of another file of the same model.
	 * @param path a path relative to the directory of this file, or to that of the model
	 * if this location names no file
	 * @return the location
	 * @throws IllegalArgumentException if the path leads out of the model
	 */
	ModelLocation relative(String path) {
		String from = "/" + ((this.file != null) ? this.file : "");
		return of(this.id, StringUtils.cleanPath(StringUtils.applyRelativePath(from, path)).substring(1));
	}

	/**
	 * Returns the last part of the location.
	 * @return the name of the file without its directories, or the id if this location
	 * names no file
	 */
	String last() {
		return (this.file != null) ? this.file.last() : this.id;
	}

	@Override
	public String toString() {
		return SCHEME + this.id + ((this.file != null) ? "/" + this.file : "");
	}

}
