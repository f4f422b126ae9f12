/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Properties;
import java.util.UUID;

import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Small files of properties, each replaced atomically.
 * <p>
 * <em>Durability</em>: the content is forced to disk before the file is replaced.
 */
final class PropertiesFiles {

	private static final Logger logger = LoggerFactory.getLogger(PropertiesFiles.class);

	/** Enough for the names of 10,000 files. */
	private static final int LARGEST = 4 << 20;

	private PropertiesFiles() {
	}

	/**
	 * Writes a file; its directory is created where it is missing.
	 * @param access who may read them
	 * @throws IOException if it cannot be written; what was there stays
	 */
	static void write(Path file, Properties properties, FileAccess access) throws IOException {
		Path temporary = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".tmp");
		try {
			access.createDirectories(file.getParent());
			try (FileChannel channel = access.create(temporary); OutputStream out = Channels.newOutputStream(channel)) {
				properties.store(out, null);
				channel.force(true);
			}
			FileMoves.replace(temporary, file);
		}
		catch (IOException ex) {
			deleteQuietly(temporary);
			throw ex;
		}
	}

	private static void deleteQuietly(Path file) {
		try {
			Files.deleteIfExists(file);
		}
		catch (IOException ex) {
			logger.trace("Not deleted: {}", file, ex);
		}
	}

	/**
	 * Reads a file. Returns null where there is none that can be read. In a directory
	 * that several users share, another one may have put anything in its place.
	 */
	static @Nullable Properties read(Path file) {
		try {
			Properties properties = new Properties();
			properties.load(new ByteArrayInputStream(SmallFiles.read(file, LARGEST)));
			return properties;
		}
		catch (NoSuchFileException ex) {
			return null;
		}
		catch (IOException | IllegalArgumentException ex) {
			logger.debug("{} cannot be read", file, ex);
			return null;
		}
	}

}
