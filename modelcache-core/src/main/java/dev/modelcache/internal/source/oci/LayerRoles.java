/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import org.jspecify.annotations.Nullable;

/**
 * Names for layers that are no part of the model itself, by what they are for.
 */
final class LayerRoles {

	private LayerRoles() {
	}

	/**
	 * Returns a layer under the name that it tells, or that its role gives it.
	 * @param layer the layer
	 * @param reference the model
	 * @return the layer, or {@code null} where it has no name
	 */
	static @Nullable ModelLayer named(Descriptor layer, ModelReference reference) {
		if (ModelLayer.hasName(layer)) {
			return layer.mediaType().contains("tar") ? null : ModelLayer.file(layer, "");
		}
		String name = nameOf(layer.mediaType(), reference);
		return (name != null) ? ModelLayer.file(layer, name) : null;
	}

	private static @Nullable String nameOf(String mediaType, ModelReference reference) {
		return switch (mediaType) {
			case OllamaLayers.PREFIX + "projector", DockerLayers.PREFIX + "gguf.v3.mmproj",
					DockerLayers.PREFIX + "mmproj" ->
				"mmproj-" + reference.fileName(".gguf");
			case OllamaLayers.PREFIX + "adapter", DockerLayers.PREFIX + "gguf.v3.lora" ->
				"lora-" + reference.fileName(".gguf");
			case OllamaLayers.PREFIX + "params" -> "params.json";
			case OllamaLayers.PREFIX + "template" -> "template";
			case OllamaLayers.PREFIX + "system" -> "system";
			case DockerLayers.PREFIX + "chat.template.jinja" -> "chat_template.jinja";
			case OllamaLayers.PREFIX + "license", DockerLayers.PREFIX + "license" -> "LICENSE";
			default -> null;
		};
	}

}
