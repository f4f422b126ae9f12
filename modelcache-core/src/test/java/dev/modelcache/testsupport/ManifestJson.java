/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.testsupport;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Manifests as the tools of registries write them.
 */
public final class ManifestJson {

	private final String configType;

	private String artifactType = "";

	private final List<String> layers = new ArrayList<>();

	private ManifestJson(String configType) {
		this.configType = configType;
	}

	/** Starts a manifest with the media type of its configuration. */
	public static ManifestJson of(String configType) {
		return new ManifestJson(configType);
	}

	/** Says what it is. */
	public ManifestJson artifactType(String artifactType) {
		this.artifactType = artifactType;
		return this;
	}

	/** Adds a layer. */
	public ManifestJson layer(String mediaType, Content content) {
		return layer(mediaType, content, Map.of());
	}

	/** Adds a layer with annotations. */
	public ManifestJson layer(String mediaType, Content content, Map<String, String> annotations) {
		this.layers.add(descriptor(mediaType, content.sha256().toString(), content.size(), annotations));
		return this;
	}

	/** Returns a descriptor. */
	public static String descriptor(String mediaType, String digest, long size, Map<String, String> annotations) {
		String pairs = annotations.entrySet()
			.stream()
			.map((entry) -> "\"" + entry.getKey() + "\":\""
					+ entry.getValue().replace("\\", "\\\\").replace("\"", "\\\"") + "\"")
			.collect(Collectors.joining(","));
		return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"" + digest + "\",\"size\":" + size
				+ (annotations.isEmpty() ? "" : ",\"annotations\":{" + pairs + "}") + "}";
	}

	/** Returns an index of manifests. */
	public static String index(String... descriptors) {
		return "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":["
				+ String.join(",", descriptors) + "]}";
	}

	@Override
	public String toString() {
		Content config = Content.of("{}");
		return "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
				+ (this.artifactType.isEmpty() ? "" : "\"artifactType\":\"" + this.artifactType + "\",") + "\"config\":"
				+ descriptor(this.configType, config.sha256().toString(), config.size(), Map.of()) + ",\"layers\":["
				+ String.join(",", this.layers) + "]}";
	}

}
