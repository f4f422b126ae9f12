/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;

import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import org.jspecify.annotations.Nullable;

/**
 * A file that is to be brought from its mirrors to its place.
 *
 * @param candidate the way to serve the model that it belongs to
 * @param file where it is and what it should be
 * @param place where it, or its content, will stand
 * @param whole whether it is the whole model, which can be seen once the file is at its
 * place
 */
record FileJob(Candidate candidate, RemoteFile file, ModelPlace place, boolean whole) {

	String modelId() {
		return this.candidate.request().id();
	}

	/** Returns the path of the file with its own name, where it arrives under another. */
	Path named() {
		return this.place.shared() ? this.place.target().resolveSibling(this.file.name().last()) : this.place.target();
	}

	/** Returns how the file is compressed, or null if it is what will stand there. */
	@Nullable Compression compression() {
		return switch (this.file.packing()) {
			case NONE -> Compression.between(this.file.name().last(), this.place.target().getFileName().toString());
			case TAR -> null;
			case TAR_GZIP -> Compression.GZIP;
			case TAR_ZSTD -> Compression.ZSTD;
		};
	}

	/** Returns whether files are to be taken out of what arrives. */
	boolean isPacked() {
		return this.file.packing() != Packing.NONE;
	}

}
