/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.util.List;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Files of a model, as determined by a source resolver.
 *
 * @param files the files, at least one, with unique names; the file that a runtime opens
 * first, such as the first shard, comes first
 * @param revision an immutable name of this version of the model at the source, such as a
 * commit or the digest of a manifest; {@code null} if the source has no such name
 * @param hub the revision on a Hugging Face Hub, or {@code null}
 */
public record ResolvedModel(List<RemoteFile> files, @Nullable String revision, @Nullable HubRevision hub) {

	/**
	 * Creates a resolved model.
	 */
	public ResolvedModel {
		if (files.isEmpty()) {
			throw new IllegalArgumentException("a resolved model requires a file");
		}
		if (files.stream().map(RemoteFile::name).distinct().count() < files.size()) {
			throw new IllegalArgumentException("two files of a model have the same name");
		}
		files = List.copyOf(files);
	}

	/**
	 * Creates a model that is not on a Hugging Face Hub.
	 * @param files the files
	 * @param revision the immutable name of this version, or {@code null}
	 */
	public ResolvedModel(List<RemoteFile> files, @Nullable String revision) {
		this(files, revision, null);
	}

	/**
	 * Creates a model of a single file.
	 * @param file the file
	 */
	public ResolvedModel(RemoteFile file) {
		this(List.of(file), null);
	}

	/**
	 * Returns the only file.
	 * @return the file
	 * @throws IllegalStateException if there are several files
	 */
	public RemoteFile file() {
		if (this.files.size() > 1) {
			throw new IllegalStateException("the model has " + this.files.size() + " files");
		}
		return this.files.get(0);
	}

	/**
	 * Returns the total size of the files.
	 * @return the size in bytes, or {@code null} if the size of a file is unknown
	 */
	public @Nullable Long size() {
		if (this.files.stream().anyMatch((file) -> file.size() == null)) {
			return null;
		}
		return this.files.stream().map(RemoteFile::size).flatMap(Stream::ofNullable).mapToLong(Long::longValue).sum();
	}

}
