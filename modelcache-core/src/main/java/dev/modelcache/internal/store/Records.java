/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;

/**
 * Small files of properties that are remembered by this process if the disk does not take
 * them, so that the work that they stand for is done once.
 */
final class Records {

	private final Map<Path, Properties> unkept = new ConcurrentHashMap<>();

	/**
	 * Writes a record.
	 * @param file the file
	 * @param properties its content
	 * @param access who may read it
	 * @throws IOException if the file cannot be written; the record holds for this
	 * process
	 */
	void write(Path file, Properties properties, FileAccess access) throws IOException {
		try {
			PropertiesFiles.write(file, properties, access);
			this.unkept.remove(file);
		}
		catch (IOException ex) {
			this.unkept.put(file, properties);
			throw ex;
		}
	}

	/** Returns what was written last, or else what stands in the file. */
	@Nullable Properties read(Path file) {
		Properties properties = unkept(file);
		return (properties != null) ? properties : PropertiesFiles.read(file);
	}

	/** Returns what was written last if the file could not be written. */
	@Nullable Properties unkept(Path file) {
		return this.unkept.get(file);
	}

	/** Moves what could not be written. Returns whether there was anything. */
	boolean moveUnkept(Path file, Path to) {
		Properties properties = this.unkept.remove(file);
		if (properties != null) {
			this.unkept.put(to, properties);
		}
		return properties != null;
	}

	void delete(Path file) throws IOException {
		this.unkept.remove(file);
		Files.deleteIfExists(file);
	}

}
