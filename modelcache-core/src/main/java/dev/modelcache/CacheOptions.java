/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Options for the storage of model files, as configured with the keys below
 * {@code hooks.llm.cache}.
 */
public final class CacheOptions {

	private @Nullable Path directory;

	private Layout layout = Layout.AUTO;

	private Verification verify = Verification.FINGERPRINT;

	private @Nullable DataSize minFreeSpace;

	private Duration partialRetention = Duration.ofDays(7);

	private @Nullable DataSize maxSize;

	private boolean adopt = true;

	private Permissions permissions = Permissions.PRIVATE;

	private boolean allowSharedDirectory;

	private boolean allowNonAtomic;

	private boolean seal;

	private boolean trustSeals = true;

	private List<Path> readOnlyRoots = List.of();

	CacheOptions() {
	}

	/**
	 * Returns the directory in which to store models that have no path of their own.
	 * Defaults to {@code ${XDG_CACHE_HOME:~/.cache}/modelcache}.
	 * @return the directory, or {@code null} for the default
	 */
	public @Nullable Path directory() {
		return this.directory;
	}

	/**
	 * Sets the directory in which to store models that have no path of their own.
	 * Defaults to {@code ${XDG_CACHE_HOME:~/.cache}/modelcache}.
	 * @param directory the directory, or {@code null} for the default
	 * @return these options
	 */
	public CacheOptions directory(@Nullable Path directory) {
		this.directory = directory;
		return this;
	}

	/**
	 * Returns where to store models from a Hugging Face Hub that have no path of their
	 * own.
	 * @return the layout
	 */
	public Layout layout() {
		return this.layout;
	}

	/**
	 * Sets where to store models from a Hugging Face Hub that have no path of their own.
	 * @param layout the layout
	 * @return these options
	 */
	public CacheOptions layout(Layout layout) {
		this.layout = layout;
		return this;
	}

	/**
	 * Returns how to check a published file when it is requested.
	 * @return the kind of check
	 */
	public Verification verify() {
		return this.verify;
	}

	/**
	 * Sets how to check a published file when it is requested.
	 * @param verify the kind of check
	 * @return these options
	 */
	public CacheOptions verify(Verification verify) {
		this.verify = verify;
		return this;
	}

	/**
	 * Returns the amount of disk space that downloads leave free. Defaults to 512 MB, or
	 * to 5 % of the disk if that is less.
	 * @return the free space, or {@code null} for the default
	 */
	public @Nullable DataSize minFreeSpace() {
		return this.minFreeSpace;
	}

	/**
	 * Sets the amount of disk space that downloads leave free. Defaults to 512 MB, or to
	 * 5 % of the disk if that is less.
	 * @param minFreeSpace the free space, or {@code null} for the default
	 * @return these options
	 */
	public CacheOptions minFreeSpace(@Nullable DataSize minFreeSpace) {
		this.minFreeSpace = minFreeSpace;
		return this;
	}

	/**
	 * Returns the time after which partial downloads that are not resumed are deleted.
	 * @return the time
	 */
	public Duration partialRetention() {
		return this.partialRetention;
	}

	/**
	 * Sets the time after which partial downloads that are not resumed are deleted.
	 * @param partialRetention the time
	 * @return these options
	 */
	public CacheOptions partialRetention(Duration partialRetention) {
		this.partialRetention = partialRetention;
		return this;
	}

	/**
	 * Returns the maximum size of the directory. The least recently used models are
	 * evicted first.
	 * @return the maximum size, or {@code null} for the default
	 */
	public @Nullable DataSize maxSize() {
		return this.maxSize;
	}

	/**
	 * Sets the maximum size of the directory. The least recently used models are evicted
	 * first.
	 * @param maxSize the maximum size, or {@code null} for the default
	 * @return these options
	 */
	public CacheOptions maxSize(@Nullable DataSize maxSize) {
		this.maxSize = maxSize;
		return this;
	}

	/**
	 * Returns whether to look for a file in the Hugging Face cache, the Ollama store and
	 * this cache before downloading it.
	 * @return {@code true} if other stores are searched
	 */
	public boolean adopt() {
		return this.adopt;
	}

	/**
	 * Sets whether to look for a file in the Hugging Face cache, the Ollama store and
	 * this cache before downloading it.
	 * @param adopt whether to search other stores
	 * @return these options
	 */
	public CacheOptions adopt(boolean adopt) {
		this.adopt = adopt;
		return this;
	}

	/**
	 * Returns which users of the machine may read the files of the cache.
	 * @return the permissions of new files and directories
	 */
	public Permissions permissions() {
		return this.permissions;
	}

	/**
	 * Sets which users of the machine may read the files of the cache.
	 * @param permissions the permissions of new files and directories
	 * @return these options
	 */
	public CacheOptions permissions(Permissions permissions) {
		this.permissions = permissions;
		return this;
	}

	/**
	 * Returns whether to allow a directory to which other users of the machine can write.
	 * @return {@code true} if such a directory is allowed
	 */
	public boolean allowSharedDirectory() {
		return this.allowSharedDirectory;
	}

	/**
	 * Sets whether to allow a directory to which other users of the machine can write.
	 * @param allowSharedDirectory whether such a directory is allowed
	 * @return these options
	 */
	public CacheOptions allowSharedDirectory(boolean allowSharedDirectory) {
		this.allowSharedDirectory = allowSharedDirectory;
		return this;
	}

	/**
	 * Returns whether a model may be copied to a {@code model-path} on a file system that
	 * cannot rename files or write them at random positions, so that other programs see
	 * part of it meanwhile.
	 * @return {@code true} if such a copy is allowed
	 */
	public boolean allowNonAtomic() {
		return this.allowNonAtomic;
	}

	/**
	 * Sets whether a model may be copied to a {@code model-path} on a file system that
	 * cannot rename files or write them at random positions, so that other programs see
	 * part of it meanwhile.
	 * @param allowNonAtomic whether such a copy is allowed
	 * @return these options
	 */
	public CacheOptions allowNonAtomic(boolean allowNonAtomic) {
		this.allowNonAtomic = allowNonAtomic;
		return this;
	}

	/**
	 * Returns whether to write a sealed record beside each published file. A sealed
	 * record proves a copy of the file in an image or on a read-only volume.
	 * @return {@code true} if sealed records are written
	 */
	public boolean seal() {
		return this.seal;
	}

	/**
	 * Sets whether to write a sealed record beside each published file. A sealed record
	 * proves a copy of the file in an image or on a read-only volume.
	 * @param seal whether to write sealed records
	 * @return these options
	 */
	public CacheOptions seal(boolean seal) {
		this.seal = seal;
		return this;
	}

	/**
	 * Returns whether a sealed record proves a file on a read-only file system, so that
	 * the file is not read.
	 * @return {@code true} if sealed records prove files
	 */
	public boolean trustSeals() {
		return this.trustSeals;
	}

	/**
	 * Sets whether a sealed record proves a file on a read-only file system, so that the
	 * file is not read. Otherwise such a file is read once by each start that cannot
	 * remember it.
	 * @param trustSeals whether sealed records prove files
	 * @return these options
	 */
	public CacheOptions trustSeals(boolean trustSeals) {
		this.trustSeals = trustSeals;
		return this;
	}

	/**
	 * Returns directories that were filled by other applications: caches of this library
	 * or of a Hugging Face Hub. Models are looked for there before they are downloaded,
	 * and nothing is written there.
	 * @return the directories
	 */
	public List<Path> readOnlyRoots() {
		return this.readOnlyRoots;
	}

	/**
	 * Sets directories that were filled by other applications: caches of this library or
	 * of a Hugging Face Hub. Models are looked for there before they are downloaded, and
	 * nothing is written there.
	 * @param readOnlyRoots the directories
	 * @return these options
	 */
	public CacheOptions readOnlyRoots(List<Path> readOnlyRoots) {
		this.readOnlyRoots = List.copyOf(readOnlyRoots);
		return this;
	}

	/**
	 * Which users of the machine may read the files of the cache. Only their owner writes
	 * them.
	 */
	public enum Permissions {

		/** The owner: files are 0600, directories 0700. */
		PRIVATE,

		/** The members of the file's group: files are 0640, directories 0750. */
		GROUP,

		/** All users: files are 0644, directories 0755. */
		SHARED

	}

	/**
	 * Where to store models from a Hugging Face Hub.
	 */
	public enum Layout {

		/** In the cache that is shared with the tools of the Hub. */
		AUTO,

		/** In the directory of the model cache. */
		PRIVATE

	}

	/**
	 * How to check a published file when it is requested.
	 */
	public enum Verification {

		/** Compare its size, modification time and inode with its receipt. */
		FINGERPRINT,

		/** Read the file and compare its digest. */
		ALWAYS,

		/** Check only that the file exists. */
		NEVER

	}

}
