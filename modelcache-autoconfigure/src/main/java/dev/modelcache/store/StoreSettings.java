package dev.modelcache.store;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Where files are kept, and how a cached one is trusted.
 *
 * @param directory the cache's own directory: models without a path, receipts, locks
 * @param minFreeSpace what a download leaves free on its disk
 * @param verification how a cached file is trusted
 * @param partialRetention how long what an ended download left is kept for the next one
 * @param hubCache the cache that models of a Hugging Face Hub are kept in, or
 * {@code null} for the cache's own directory
 */
public record StoreSettings(Path directory, DataSize minFreeSpace, Verification verification, Duration partialRetention,
		@Nullable HubCacheSettings hubCache) {

	/**
	 * Creates settings that keep everything in the cache's own directory.
	 * @param directory that directory
	 * @param minFreeSpace what a download leaves free on its disk
	 * @param verification how a cached file is trusted
	 * @param partialRetention how long what an ended download left is kept
	 */
	public StoreSettings(Path directory, DataSize minFreeSpace, Verification verification, Duration partialRetention) {
		this(directory, minFreeSpace, verification, partialRetention, null);
	}

	/**
	 * Creates settings that keep for a week what an ended download left.
	 * @param directory the cache's own directory
	 * @param minFreeSpace what a download leaves free on its disk
	 * @param verification how a cached file is trusted
	 */
	public StoreSettings(Path directory, DataSize minFreeSpace, Verification verification) {
		this(directory, minFreeSpace, verification, Duration.ofDays(7));
	}

	/**
	 * Returns the settings of an application that configures only the directory.
	 * @param directory the cache's own directory
	 * @return the defaults
	 */
	public static StoreSettings defaults(Path directory) {
		return new StoreSettings(directory, DataSize.ofMegabytes(512), Verification.FINGERPRINT);
	}

	/**
	 * How a cached file is trusted when it is asked for.
	 */
	public enum Verification {

		/** Its size, time and inode are those of its receipt. */
		FINGERPRINT,

		/** It is read and hashed. */
		ALWAYS,

		/** It is there. */
		NEVER

	}

}
