/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;

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

	private DataSize minFreeSpace = DataSize.ofMegabytes(512);

	private Duration partialRetention = Duration.ofDays(7);

	private @Nullable DataSize maxSize;

	private boolean adopt = true;

	private boolean allowSharedDirectory;

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
	 * Returns the amount of disk space that downloads leave free.
	 * @return the free space
	 */
	public DataSize minFreeSpace() {
		return this.minFreeSpace;
	}

	/**
	 * Sets the amount of disk space that downloads leave free.
	 * @param minFreeSpace the free space
	 * @return these options
	 */
	public CacheOptions minFreeSpace(DataSize minFreeSpace) {
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
