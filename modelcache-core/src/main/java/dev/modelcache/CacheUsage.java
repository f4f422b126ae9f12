/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * Immutable description of the disk usage of a model cache.
 */
public final class CacheUsage {

	private final Path directory;

	private final @Nullable DataSize used;

	private final @Nullable DataSize free;

	private CacheUsage(Path directory, @Nullable DataSize used, @Nullable DataSize free) {
		this.directory = directory;
		this.used = used;
		this.free = free;
	}

	/**
	 * Creates a description.
	 * @param directory the directory
	 * @param used the total size of its files, or {@code null} if it is unknown
	 * @param free the free space of its disk, or {@code null} if it is unknown
	 * @return the description
	 */
	public static CacheUsage of(Path directory, @Nullable DataSize used, @Nullable DataSize free) {
		return new CacheUsage(directory, used, free);
	}

	/**
	 * Returns the directory.
	 * @return its path
	 */
	public Path directory() {
		return this.directory;
	}

	/**
	 * Returns the total size of the files in the directory.
	 * @return the size, or {@code null} if they have not been counted yet
	 */
	public @Nullable DataSize used() {
		return this.used;
	}

	/**
	 * Returns the free space of the disk.
	 * @return the space, or {@code null} if it is unknown
	 */
	public @Nullable DataSize free() {
		return this.free;
	}

	@Override
	public boolean equals(@Nullable Object object) {
		return object instanceof CacheUsage other && facts().equals(other.facts());
	}

	@Override
	public int hashCode() {
		return facts().hashCode();
	}

	private List<@Nullable Object> facts() {
		return Arrays.asList(this.directory, this.used, this.free);
	}

	@Override
	public String toString() {
		return this.directory + ": " + this.used + " used, " + this.free + " free";
	}

}
