/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.format.FormatHints;
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
 * @param only whether it is the only file of the model, wherever it stands
 */
record FileJob(Candidate candidate, RemoteFile file, ModelPlace place, boolean whole, boolean only) {

	/** Creates a file that is moved to the model's place, or one of several. */
	FileJob(Candidate candidate, RemoteFile file, ModelPlace place, boolean whole) {
		this(candidate, file, place, whole, whole);
	}

	String modelId() {
		return this.candidate.request().id();
	}

	/** Returns the name of the file as it will be seen: not compressed. */
	ModelFileName name() {
		return (compression() != null && !isPacked()) ? contentName(this.file.name()) : this.file.name();
	}

	/** Returns the name of what is inside a file that may be compressed. */
	static ModelFileName contentName(ModelFileName name) {
		int suffix = name.last().length() - Compression.contentName(name.last()).length();
		return new ModelFileName(name.text().substring(0, name.text().length() - suffix));
	}

	/** Returns what the file's source and the place say about its format. */
	FormatHints hints() {
		List<String> names = new ArrayList<>(List.of(name().last()));
		// In a cache of the Hub's, a file arrives under the name of its digest.
		if (!this.place.shared()) {
			names.add(this.place.target().getFileName().toString());
		}
		return new FormatHints(names, this.file.mediaType());
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
