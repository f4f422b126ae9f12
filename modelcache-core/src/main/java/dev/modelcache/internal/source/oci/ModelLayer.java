/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.regex.Pattern;

import dev.modelcache.ModelFileName;
import dev.modelcache.source.Packing;
import org.jspecify.annotations.Nullable;

/**
 * A layer that belongs to the model, and the file that it is.
 *
 * @param blob the layer
 * @param name the file's name; of an archive, a name for the archive itself
 * @param packing whether it is a file or an archive
 */
record ModelLayer(Descriptor blob, ModelFileName name, Packing packing) {

	/**
	 * Tells where the file stood when it was packed (CNCF ModelPack, and Docker's v0.2).
	 */
	private static final String FILE_PATH = "org.cncf.model.filepath";

	/**
	 * Tells the same (OCI image specification 1.1, "Pre-Defined Annotation Keys"; ORAS).
	 */
	private static final String TITLE = "org.opencontainers.image.title";

	private static final Pattern SHOWN = Pattern.compile("[A-Za-z0-9.+-]{1,40}");

	/**
	 * Creates a layer that is a file.
	 * @param blob the layer
	 * @param otherwise the file's name where no annotation tells one
	 * @return the layer
	 * @throws IllegalArgumentException if the name that an annotation tells leads out of
	 * the model's directory
	 */
	static ModelLayer file(Descriptor blob, String otherwise) {
		String told = nameOf(blob);
		ModelFileName name = (told != null) ? new ModelFileName(told) : ModelFileName.cleaned(otherwise);
		return new ModelLayer(blob, name, Packing.NONE);
	}

	/**
	 * Creates a layer that is an archive.
	 * @param blob the layer
	 * @param packing how it is packed
	 * @return the layer
	 */
	static ModelLayer archive(Descriptor blob, Packing packing) {
		return new ModelLayer(blob, new ModelFileName(blob.digest().replace(':', '-') + ".tar"), packing);
	}

	/**
	 * Creates a layer from the end of its media type, as ModelPack and KitOps write it.
	 * @param blob the layer
	 * @param ending {@code raw}, {@code tar}, {@code tar+gzip}, {@code tar+zstd} or a
	 * format such as {@code gguf}
	 * @param reference the model, for a file's name
	 * @return the layer
	 */
	static ModelLayer packed(Descriptor blob, String ending, ModelReference reference) {
		Packing packing = packing(ending);
		if (packing != null) {
			return archive(blob, packing);
		}
		return switch (ending) {
			case "raw" -> file(blob, reference.fileName(".bin"));
			case "gguf", "safetensors" -> file(blob, reference.fileName("." + ending));
			default -> throw new IllegalArgumentException("has a layer with an unsupported packing"
					+ (SHOWN.matcher(ending).matches() ? " (" + ending + ")" : "")
					+ "; supported are raw, tar, tar+gzip and tar+zstd");
		};
	}

	/**
	 * Returns how an archive is packed.
	 * @param mediaType the media type of a layer, or its end
	 * @return the packing, or {@code null} if the media type does not end like one
	 */
	static @Nullable Packing packing(String mediaType) {
		String ending = mediaType.substring(mediaType.lastIndexOf('.') + 1);
		return switch (ending) {
			case "tar" -> Packing.TAR;
			case "tar+gzip", "tar+gz" -> Packing.TAR_GZIP;
			case "tar+zstd", "tar+zst" -> Packing.TAR_ZSTD;
			default -> null;
		};
	}

	static boolean hasName(Descriptor blob) {
		return nameOf(blob) != null;
	}

	private static @Nullable String nameOf(Descriptor blob) {
		String path = blob.annotation(FILE_PATH);
		return (path != null) ? path : blob.annotation(TITLE);
	}

}
