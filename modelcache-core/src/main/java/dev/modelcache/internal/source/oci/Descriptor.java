/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.Map;
import java.util.regex.Pattern;

import dev.modelcache.Digest;
import org.jspecify.annotations.Nullable;

/**
 * What a manifest says of one blob or of another manifest (OCI image specification 1.1,
 * "Content Descriptors").
 *
 * @param mediaType its media type, empty where the manifest tells none
 * @param digest its digest, {@code sha256:<64 lower-case hex>}
 * @param size its size in bytes, at most 2<sup>50</sup>
 * @param annotations its annotations
 * @param artifactType the type of artifact that a manifest is of, if it is told
 * @param platform {@code os/architecture} that a manifest is for, if it is told
 */
record Descriptor(String mediaType, String digest, long size, Map<String, String> annotations,
		@Nullable String artifactType, @Nullable String platform) {

	/** The only form in which a digest is taken from others. */
	private static final Pattern DIGEST = Pattern.compile("sha256:[0-9a-f]{64}");

	private static final long LARGEST = 1L << 50;

	Descriptor {
		if (!isDigest(digest)) {
			throw new IllegalArgumentException("a digest that is not sha256 and 64 lower-case hexadecimal digits");
		}
		if (size < 0 || size > LARGEST) {
			throw new IllegalArgumentException("an invalid size");
		}
		annotations = Map.copyOf(annotations);
	}

	static boolean isDigest(String text) {
		return DIGEST.matcher(text).matches();
	}

	Digest expected() {
		return Digest.parse(this.digest);
	}

	@Nullable String annotation(String name) {
		return this.annotations.get(name);
	}

}
