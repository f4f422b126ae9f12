/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads manifests, whatever media type they were served with.
 */
final class ManifestReader {

	/** OCI distribution specification 1.1, "Pushing Manifests": registries take 4 MiB. */
	static final int LARGEST = 4 << 20;

	private static final int MOST_ENTRIES = 4096;

	private static final int LONGEST_TYPE = 255;

	private static final int SCHEMA_VERSION = 2;

	private ManifestReader() {
	}

	/**
	 * Reads a manifest.
	 * @param bytes the manifest, byte for byte
	 * @param digest its digest
	 * @return the manifest
	 * @throws IllegalArgumentException if it is none, or exceeds a limit; the message
	 * says what about it is wrong and quotes nothing
	 */
	static Manifest read(byte[] bytes, String digest) {
		if (bytes.length > LARGEST) {
			throw new IllegalArgumentException("more than " + LARGEST + " bytes");
		}
		JsonNode root = Json.object(bytes);
		JsonNode version = root.get("schemaVersion");
		if (version == null || !version.isIntegralNumber() || !version.canConvertToLong()
				|| version.asLong() != SCHEMA_VERSION) {
			throw new IllegalArgumentException("no schemaVersion 2");
		}
		List<Descriptor> manifests = descriptors(root, "manifests", "layers");
		List<Descriptor> layers = descriptors(root, "layers", "manifests");
		JsonNode config = root.hasNonNull("config") ? root.get("config") : null;
		if ((manifests == null) == (layers == null) || (manifests != null && config != null)) {
			// OCI image specification, CVE-2021-41190: one document must not be both.
			throw new IllegalArgumentException("neither only layers nor only manifests");
		}
		String artifactType = (Json.text(root, "artifactType") != null) ? type(root, "artifactType") : "";
		return new Manifest(digest, artifactType, (config != null) ? descriptor(config) : null,
				(layers != null) ? layers : List.of(), manifests);
	}

	private static @Nullable List<Descriptor> descriptors(JsonNode root, String name, String other) {
		JsonNode member = root.get(name);
		// Programs in Go write an empty list as null, and one that they do not use.
		boolean empty = member != null && member.isNull() && !root.hasNonNull(other);
		List<JsonNode> elements = empty ? List.of() : Json.elements(root, name);
		if (elements == null) {
			return null;
		}
		if (elements.size() > MOST_ENTRIES) {
			throw new IllegalArgumentException("more than " + MOST_ENTRIES + " " + name);
		}
		List<Descriptor> descriptors = new ArrayList<>();
		elements.forEach((element) -> descriptors.add(descriptor(element)));
		return descriptors;
	}

	private static Descriptor descriptor(JsonNode node) {
		JsonNode size = node.get("size");
		String digest = Json.text(node, "digest");
		if (!node.isObject() || digest == null || size == null || !size.isIntegralNumber()
				|| !size.canConvertToLong()) {
			throw new IllegalArgumentException("a descriptor without digest and size");
		}
		String artifactType = (Json.text(node, "artifactType") != null) ? type(node, "artifactType") : null;
		return new Descriptor(type(node, "mediaType"), digest, size.asLong(), Json.texts(node, "annotations"),
				artifactType, platform(node.get("platform")));
	}

	private static String type(JsonNode node, String name) {
		String type = Json.text(node, name);
		if (type != null && type.length() > LONGEST_TYPE) {
			throw new IllegalArgumentException("a media type of more than " + LONGEST_TYPE + " characters");
		}
		return (type != null) ? type : "";
	}

	private static @Nullable String platform(@Nullable JsonNode node) {
		if (node == null || !node.isObject()) {
			return null;
		}
		return Json.text(node, "os") + "/" + Json.text(node, "architecture");
	}

}
