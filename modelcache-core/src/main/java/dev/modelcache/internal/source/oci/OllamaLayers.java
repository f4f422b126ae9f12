/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.List;

/**
 * The layers of Ollama's models. Only the model itself is a file for other runtimes; the
 * projector, the template and the rest are Ollama's own affair.
 */
final class OllamaLayers {

	static final String PREFIX = "application/vnd.ollama.image.";

	private OllamaLayers() {
	}

	static List<ModelLayer> choose(Manifest manifest, ModelReference reference) {
		List<Descriptor> models = manifest.layersOf(PREFIX + "model");
		if (models.size() == 1) {
			return List.of(ModelLayer.file(models.get(0), reference.fileName(".gguf")));
		}
		if (!models.isEmpty()) {
			throw new IllegalArgumentException("has " + models.size() + " model layers, which cannot be distinguished");
		}
		boolean tensors = !manifest.layersOf(PREFIX + "tensor").isEmpty();
		throw new IllegalArgumentException(tensors ? "is stored as single tensors, which only Ollama can read"
				: "has no model layer, like models that run in Ollama's cloud");
	}

}
