/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The record of a model whose files do not stand at its place, but in the cache of
 * another tool. It is kept beside the receipts.
 */
final class Elsewhere {

	private static final Logger logger = LoggerFactory.getLogger(Elsewhere.class);

	private Elsewhere() {
	}

	private static Path file(ModelPlace place) {
		return CacheLayout.elsewhere(place);
	}

	static @Nullable ModelManifest read(ModelPlace place, Records records) {
		Properties properties = records.read(file(place));
		ModelManifest manifest = (properties != null) ? ModelManifest.fromProperties(properties) : null;
		return (manifest != null && manifest.directory() != null) ? manifest : null;
	}

	/** A record that cannot be kept holds for this process; the next one looks again. */
	static void write(ModelPlace place, ModelManifest manifest, Records records) {
		try {
			records.write(file(place), manifest.toProperties(), place.access());
		}
		catch (IOException ex) {
			logger.debug("The record {} cannot be written", file(place), ex);
		}
	}

	static void delete(ModelPlace place, Records records) throws IOException {
		records.delete(file(place));
	}

	/**
	 * Hands the files of one model on to others that are made of them too.
	 * @param place the model's place
	 * @param manifest what makes it up
	 * @return the names of the files that others keep
	 */
	static Set<ModelFileName> handOn(ModelPlace place, ModelManifest manifest) throws IOException {
		Path own = file(place);
		Set<ModelFileName> kept = new HashSet<>();
		try (DirectoryStream<Path> records = Files.newDirectoryStream(own.resolveSibling(""), "*.elsewhere")) {
			for (Path record : records) {
				Properties properties = record.equals(own) ? null : PropertiesFiles.read(record);
				ModelManifest other = (properties != null) ? ModelManifest.fromProperties(properties) : null;
				if (other != null && Objects.equals(manifest.directory(), other.directory())) {
					Set<ModelFileName> shared = new HashSet<>(other.files());
					shared.retainAll(manifest.files());
					kept.addAll(shared);
					shared.retainAll(manifest.own());
					shared.addAll(other.own());
					PropertiesFiles.write(record,
							other.in(Objects.requireNonNull(other.directory()), shared).toProperties(), place.access());
				}
			}
		}
		return kept;
	}

}
