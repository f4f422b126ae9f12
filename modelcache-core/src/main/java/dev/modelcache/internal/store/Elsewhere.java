/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.FileAccess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The records of a model whose files do not stand at its place, but in the cache of
 * another tool: of the version that is seen, and of those before it as long as there are
 * files that this cache brought for them. They are kept beside the receipts.
 */
final class Elsewhere {

	private static final Logger logger = LoggerFactory.getLogger(Elsewhere.class);

	private Elsewhere() {
	}

	private static Path file(ModelPlace place) {
		return CacheLayout.elsewhere(place);
	}

	/** Returns what makes up the version that is seen, or null. */
	static @Nullable ModelManifest read(ModelPlace place, Records records) {
		return read(file(place), records);
	}

	private static @Nullable ModelManifest read(Path file, Records records) {
		Properties properties = records.read(file);
		ModelManifest manifest = (properties != null) ? ModelManifest.fromProperties(properties) : null;
		return (manifest != null && manifest.directory() != null) ? manifest : null;
	}

	/**
	 * Returns what makes up the versions of a model, by the files of their records, that
	 * of the one that is seen first.
	 */
	static Map<Path, ModelManifest> all(ModelPlace place, Records records) throws IOException {
		Path own = file(place);
		Map<Path, ModelManifest> all = new LinkedHashMap<>();
		String name = own.getFileName().toString();
		String prefix = name.substring(0, name.length() - CacheLayout.ELSEWHERE.length() + 1);
		for (Path record : Stream.concat(Stream.of(own), records(own, prefix + "*").stream()).toList()) {
			ModelManifest manifest = read(record, records);
			if (manifest != null) {
				all.put(record, manifest);
			}
		}
		return all;
	}

	private static List<Path> records(Path own, String names) throws IOException {
		try {
			return Listing.of(own.resolveSibling(""), names + CacheLayout.ELSEWHERE);
		}
		catch (NoSuchFileException ex) {
			return List.of();
		}
	}

	/**
	 * Writes what makes up the version that is seen from now on. A record that cannot be
	 * kept holds for this process; the next one looks again.
	 */
	static void write(ModelPlace place, ModelManifest manifest, Records records) {
		Path directory = Objects.requireNonNull(manifest.directory());
		ModelManifest before = read(place, records);
		if (before != null && !directory.equals(before.directory())) {
			keep(place, before, records);
		}
		try {
			records.write(file(place), manifest.toProperties(), place.access());
			records.delete(CacheLayout.formerlyElsewhere(place, directory));
		}
		catch (IOException ex) {
			logger.debug("The record {} cannot be written", file(place), ex);
		}
	}

	private static void keep(ModelPlace place, ModelManifest former, Records records) {
		if (former.own().isEmpty()) {
			return;
		}
		Path file = CacheLayout.formerlyElsewhere(place, Objects.requireNonNull(former.directory()));
		try {
			records.write(file, former.toProperties(), place.access());
		}
		catch (IOException ex) {
			logger.debug("The record {} cannot be written", file, ex);
		}
	}

	/** Another version is seen from now on. What was brought for this one stays known. */
	static void retire(ModelPlace place, Records records) {
		ModelManifest before = read(place, records);
		if (before == null) {
			return;
		}
		keep(place, before, records);
		try {
			records.delete(file(place));
		}
		catch (IOException ex) {
			logger.debug("The record {} cannot be kept", file(place), ex);
		}
	}

	/**
	 * Hands the files of one version on to others that are made of them too.
	 * @param own the file of its record
	 * @param manifest what makes it up
	 * @param access who may read records
	 * @return the names of the files that others keep
	 */
	static Set<ModelFileName> handOn(Path own, ModelManifest manifest, FileAccess access) throws IOException {
		Set<ModelFileName> kept = new HashSet<>();
		for (Path record : records(own, "*")) {
			Properties properties = record.equals(own) ? null : PropertiesFiles.read(record);
			ModelManifest other = (properties != null) ? ModelManifest.fromProperties(properties) : null;
			if (other != null && Objects.equals(manifest.directory(), other.directory())) {
				Set<ModelFileName> shared = new HashSet<>(other.files());
				shared.retainAll(manifest.files());
				kept.addAll(shared);
				shared.retainAll(manifest.own());
				shared.addAll(other.own());
				PropertiesFiles.write(record,
						other.in(Objects.requireNonNull(other.directory()), shared).toProperties(), access);
			}
		}
		return kept;
	}

}
