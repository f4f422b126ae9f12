/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.Set;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * What makes up one version of a model of several files. It is written before the version
 * becomes visible, and never changes.
 *
 * @param files the names of the files, the one that a runtime opens first before the
 * others
 * @param revision what the source calls this version, or {@code null}
 * @param source where it came from, redacted
 * @param sourceKey the {@link CacheLayout#sourceKey key} of where it came from
 * @param fallback whether it came from a substitute
 * @param directory where the files stand, in the cache of another tool; {@code null} for
 * a version of our own
 * @param own which of the files there this cache brought
 */
public record ModelManifest(List<ModelFileName> files, @Nullable String revision, String source, String sourceKey,
		boolean fallback, @Nullable Path directory, Set<ModelFileName> own) {

	/**
	 * Creates a manifest.
	 */
	public ModelManifest {
		files = List.copyOf(files);
		own = Set.copyOf(own);
	}

	/**
	 * Creates the manifest of a version of our own.
	 * @param files the names of the files
	 * @param revision what the source calls this version, or {@code null}
	 * @param source where it came from, redacted
	 * @param sourceKey the key of where it came from
	 * @param fallback whether it came from a substitute
	 */
	public ModelManifest(List<ModelFileName> files, @Nullable String revision, String source, String sourceKey,
			boolean fallback) {
		this(files, revision, source, sourceKey, fallback, null, Set.of());
	}

	/** Returns this manifest for files that stand in the cache of another tool. */
	ModelManifest in(Path elsewhere, Set<ModelFileName> brought) {
		return new ModelManifest(this.files, this.revision, this.source, this.sourceKey, this.fallback, elsewhere,
				brought);
	}

	Properties toProperties() {
		Properties properties = new Properties();
		setAll(properties, "file.", this.files);
		if (this.revision != null) {
			properties.setProperty("revision", this.revision);
		}
		if (this.directory != null) {
			properties.setProperty("directory", this.directory.toString());
		}
		setAll(properties, "own.", this.own.stream().sorted(Comparator.comparing(ModelFileName::text)).toList());
		properties.setProperty("source", this.source);
		properties.setProperty("source-key", this.sourceKey);
		properties.setProperty("fallback", Boolean.toString(this.fallback));
		return properties;
	}

	/**
	 * Reads a manifest.
	 * @param properties what {@link #toProperties()} gave
	 * @return the manifest, or {@code null} for anything else
	 */
	static @Nullable ModelManifest fromProperties(Properties properties) {
		String source = properties.getProperty("source");
		String sourceKey = properties.getProperty("source-key");
		try {
			List<ModelFileName> files = all(properties, "file.").stream().map(ModelFileName::new).toList();
			List<ModelFileName> own = all(properties, "own.").stream().map(ModelFileName::new).toList();
			String directory = properties.getProperty("directory");
			return (files.isEmpty() || source == null || sourceKey == null) ? null
					: new ModelManifest(files, properties.getProperty("revision"), source, sourceKey,
							Boolean.parseBoolean(properties.getProperty("fallback")),
							(directory != null) ? Path.of(directory) : null, Set.copyOf(own));
		}
		catch (IllegalArgumentException ex) {
			return null;
		}
	}

	private static void setAll(Properties properties, String prefix, List<?> values) {
		for (int i = 0; i < values.size(); i++) {
			properties.setProperty(prefix + i, values.get(i).toString());
		}
	}

	private static List<String> all(Properties properties, String prefix) {
		List<String> values = new ArrayList<>();
		for (String value = properties.getProperty(prefix + 0); value != null; value = properties
			.getProperty(prefix + values.size())) {
			values.add(value);
		}
		return values;
	}

}
