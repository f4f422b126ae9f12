/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.source;

import java.util.List;

import dev.modelcache.ModelFileName;
import org.jspecify.annotations.Nullable;

/**
 * File that can be downloaded, with its mirrors and its expected digest.
 *
 * @param name the name, relative to the directory of the model
 * @param mirrors the mirrors, at least one, in order of preference
 * @param expected the expected digest, or {@code null} if unknown
 * @param size the size in bytes, or {@code null} if unknown before the transfer
 * @param packing whether the file is a file of the model or an archive of such files; for
 * an archive, the name, digest and size are those of the archive
 * @param mediaType the media type that the source states for the file, such as
 * {@code application/vnd.docker.ai.gguf.v3}, or {@code null} if it states none
 */
public record RemoteFile(ModelFileName name, List<Mirror> mirrors, @Nullable ExpectedDigest expected,
		@Nullable Long size, Packing packing, @Nullable String mediaType) {

	/**
	 * Creates a remote file.
	 */
	public RemoteFile {
		if (mirrors.isEmpty()) {
			throw new IllegalArgumentException("a remote file requires a mirror");
		}
		mirrors = List.copyOf(mirrors);
	}

	/**
	 * Creates a remote file without a media type.
	 * @param name the name
	 * @param mirrors the mirrors
	 * @param expected the expected digest, or {@code null}
	 * @param size the size in bytes, or {@code null}
	 * @param packing whether the file is an archive
	 */
	public RemoteFile(ModelFileName name, List<Mirror> mirrors, @Nullable ExpectedDigest expected, @Nullable Long size,
			Packing packing) {
		this(name, mirrors, expected, size, packing, null);
	}

	/**
	 * Creates a remote file that is not an archive.
	 * @param name the name
	 * @param mirrors the mirrors
	 * @param expected the expected digest, or {@code null}
	 * @param size the size in bytes, or {@code null}
	 */
	public RemoteFile(ModelFileName name, List<Mirror> mirrors, @Nullable ExpectedDigest expected,
			@Nullable Long size) {
		this(name, mirrors, expected, size, Packing.NONE);
	}

	/**
	 * Creates the only file of a model, with an arbitrary name.
	 * @param name the name, which is {@linkplain ModelFileName#cleaned cleaned}
	 * @param mirrors the mirrors
	 * @param expected the expected digest, or {@code null}
	 * @param size the size in bytes, or {@code null}
	 */
	public RemoteFile(String name, List<Mirror> mirrors, @Nullable ExpectedDigest expected, @Nullable Long size) {
		this(ModelFileName.cleaned(name), mirrors, expected, size);
	}

}
