/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a registry says of a model: the blobs it is made of (OCI image specification 1.1,
 * "Image Manifest"), or an index of such manifests.
 *
 * @param digest the digest of the manifest's own bytes
 * @param artifactType the type of the artifact, empty where the manifest tells none
 * @param config the description of the configuration, or {@code null} for an index
 * @param layers the blobs, in their order; empty for an index
 * @param manifests the manifests of an index; {@code null} for anything else
 */
record Manifest(String digest, String artifactType, @Nullable Descriptor config, List<Descriptor> layers,
		@Nullable List<Descriptor> manifests) {

	Manifest {
		layers = List.copyOf(layers);
		manifests = (manifests != null) ? List.copyOf(manifests) : null;
	}

	/** Returns whether it is an index of other manifests. */
	boolean isIndex() {
		return this.manifests != null;
	}

	/** Returns the media type of the configuration, empty where there is none. */
	String configType() {
		return (this.config != null) ? this.config.mediaType() : "";
	}

	/** Returns the layers whose media type is one of those. */
	List<Descriptor> layersOf(String... mediaTypes) {
		List<String> wanted = List.of(mediaTypes);
		return this.layers.stream().filter((layer) -> wanted.contains(layer.mediaType())).toList();
	}

}
