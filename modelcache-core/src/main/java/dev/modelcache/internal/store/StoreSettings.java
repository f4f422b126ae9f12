/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;

import org.springframework.util.unit.DataSize;

/**
 * Where files are kept, and how a cached one is trusted.
 *
 * @param directory the cache's own directory: models without a path, receipts, locks
 * @param minFreeSpace what a download leaves free on its disk, or {@code null} for the
 * default
 * @param verification how a cached file is trusted
 * @param partialRetention how long what an ended download left is kept for the next one
 * @param maxSize what the cache's own directory may hold, or {@code null} for any amount
 * @param adoption where a file may lie already
 * @param hubCache the cache that models of a Hugging Face Hub are kept in, or
 * {@code null} for the cache's own directory
 * @param rules who may read and write its files
 * @param noDirectory why the cache has no directory of its own, which is then
 * {@link #NOWHERE}, or {@code null}
 * @param seal whether published files get sealed records
 * @param trustSeals whether sealed records prove files on read-only file systems
 * @param readOnlyRoots caches that others filled, which are looked into and never written
 * @param names returns the URL that stands for all that name the same model
 */
public record StoreSettings(Path directory, @Nullable DataSize minFreeSpace, Verification verification,
		Duration partialRetention, @Nullable DataSize maxSize, AdoptionSettings adoption,
		@Nullable HubCacheSettings hubCache, FileRules rules, @Nullable NoDirectory noDirectory, boolean seal,
		boolean trustSeals, List<Path> readOnlyRoots, UnaryOperator<URI> names) {

	/** A directory that does not exist and cannot be created. */
	public static final Path NOWHERE = Path.of("/dev/null/modelcache");

	/**
	 * Creates settings of a cache that keeps everything in its own directory, grows as it
	 * likes and adopts nothing.
	 * @param directory the cache's own directory
	 * @param minFreeSpace what a download leaves free on its disk, or {@code null} for
	 * the default
	 * @param verification how a cached file is trusted
	 * @param partialRetention how long what an ended download left is kept
	 */
	public StoreSettings(Path directory, @Nullable DataSize minFreeSpace, Verification verification,
			Duration partialRetention) {
		this(directory, minFreeSpace, verification, partialRetention, null, AdoptionSettings.OFF, null,
				FileRules.DEFAULTS, null, false, true, List.of(), UnaryOperator.identity());
	}

	/**
	 * Creates settings that keep for a week what an ended download left.
	 * @param directory the cache's own directory
	 * @param minFreeSpace what a download leaves free on its disk, or {@code null} for
	 * the default
	 * @param verification how a cached file is trusted
	 */
	public StoreSettings(Path directory, @Nullable DataSize minFreeSpace, Verification verification) {
		this(directory, minFreeSpace, verification, Duration.ofDays(7));
	}

	/**
	 * Returns these settings for a cache that keeps to a size.
	 * @param size what the directory may hold, or {@code null} for any amount
	 * @return the settings
	 */
	public StoreSettings withMaxSize(@Nullable DataSize size) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention, size,
				this.adoption, this.hubCache, this.rules, this.noDirectory, this.seal, this.trustSeals,
				this.readOnlyRoots, this.names);
	}

	/**
	 * Returns these settings for a cache that looks elsewhere before it fetches.
	 * @param where where it looks
	 * @return the settings
	 */
	public StoreSettings withAdoption(AdoptionSettings where) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention,
				this.maxSize, where, this.hubCache, this.rules, this.noDirectory, this.seal, this.trustSeals,
				this.readOnlyRoots, this.names);
	}

	/**
	 * Returns these settings for a cache that keeps the models of a Hugging Face Hub
	 * where the Hub's own tools do.
	 * @param shared that cache, or {@code null} for the cache's own directory
	 * @return the settings
	 */
	public StoreSettings withHubCache(@Nullable HubCacheSettings shared) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention,
				this.maxSize, this.adoption, shared, this.rules, this.noDirectory, this.seal, this.trustSeals,
				this.readOnlyRoots, this.names);
	}

	/**
	 * Returns these settings for a cache with other rules.
	 * @param others who may read and write its files
	 * @return the settings
	 */
	public StoreSettings withRules(FileRules others) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention,
				this.maxSize, this.adoption, this.hubCache, others, this.noDirectory, this.seal, this.trustSeals,
				this.readOnlyRoots, this.names);
	}

	/**
	 * Returns these settings with other ones of sealed records.
	 * @param seal whether published files get sealed records
	 * @param trust whether they prove files on read-only file systems
	 * @return the settings
	 */
	public StoreSettings withSeals(boolean seal, boolean trust) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention,
				this.maxSize, this.adoption, this.hubCache, this.rules, this.noDirectory, seal, trust,
				this.readOnlyRoots, this.names);
	}

	/**
	 * Returns these settings for a cache that looks into other ones, too.
	 * @param roots their directories
	 * @return the settings
	 */
	public StoreSettings withReadOnlyRoots(List<Path> roots) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention,
				this.maxSize, this.adoption, this.hubCache, this.rules, this.noDirectory, this.seal, this.trustSeals,
				List.copyOf(roots), this.names);
	}

	/**
	 * Returns these settings for a cache in which several URLs may name one model.
	 * @param one returns the URL that stands for all of them
	 * @return the settings
	 */
	public StoreSettings withNames(UnaryOperator<URI> one) {
		return new StoreSettings(this.directory, this.minFreeSpace, this.verification, this.partialRetention,
				this.maxSize, this.adoption, this.hubCache, this.rules, this.noDirectory, this.seal, this.trustSeals,
				this.readOnlyRoots, one);
	}

	/**
	 * Returns where the caches of a Hugging Face Hub are that others filled: such a
	 * directory itself, or its subdirectory {@code hub}, as in {@code HF_HOME}.
	 * @param roots directories that others filled
	 * @return the directories, which need not exist
	 */
	public static List<Path> hubs(List<Path> roots) {
		return roots.stream().flatMap((root) -> Stream.of(root, root.resolve("hub"))).toList();
	}

	/**
	 * Returns the settings of an application that configures only the directory.
	 * @param directory the cache's own directory
	 * @return the defaults
	 */
	public static StoreSettings defaults(Path directory) {
		return new StoreSettings(directory, null, Verification.FINGERPRINT);
	}

	/**
	 * Why the cache has no directory of its own.
	 *
	 * @param key the key that names the directory
	 * @param problem why there is no default
	 * @param action what to do
	 */
	public record NoDirectory(String key, String problem, String action) {

		/**
		 * Returns the failure of a model that requires the directory.
		 * @param modelId the model's id
		 * @return the failure
		 */
		public ModelConfigurationException failure(String modelId) {
			return new ModelConfigurationException(modelId, this.key, this.problem, this.action);
		}

	}

}
