/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.modelcache.source.Packing;

/**
 * The layers of Docker's AI artifacts, v0.1 and v0.2 (docker/model-spec). Shards are
 * several layers of one type, in their order.
 */
final class DockerLayers {

	static final String PREFIX = "application/vnd.docker.ai.";

	private DockerLayers() {
	}

	static List<ModelLayer> choose(Manifest manifest, ModelReference reference) {
		List<Descriptor> gguf = manifest.layersOf(PREFIX + "gguf.v3");
		if (!gguf.isEmpty()) {
			return shards(gguf, reference, ".gguf");
		}
		List<Descriptor> safetensors = manifest.layersOf(PREFIX + "safetensors");
		if (!safetensors.isEmpty()) {
			return Stream.concat(shards(safetensors, reference, ".safetensors").stream(), companions(manifest))
				.toList();
		}
		List<Descriptor> others = manifest.layers()
			.stream()
			.filter((layer) -> layer.mediaType().contains("gguf") && !isCompanion(layer))
			.toList();
		if (!others.isEmpty()) {
			return shards(others, reference, ".gguf");
		}
		throw new IllegalArgumentException("has neither a GGUF nor a safetensors layer");
	}

	private static boolean isCompanion(Descriptor layer) {
		return layer.mediaType().endsWith(".lora") || layer.mediaType().endsWith("mmproj");
	}

	/**
	 * What a safetensors model does not load without: its configuration and tokenizer.
	 */
	private static Stream<ModelLayer> companions(Manifest manifest) {
		Stream<ModelLayer> files = manifest.layersOf(PREFIX + "model.file")
			.stream()
			.filter(ModelLayer::hasName)
			.map((layer) -> ModelLayer.file(layer, ""));
		Stream<ModelLayer> archives = manifest.layers().stream().filter(DockerLayers::isArchive).map((layer) -> {
			Packing packing = ModelLayer.packing(layer.mediaType());
			return ModelLayer.archive(layer, Objects.requireNonNullElse(packing, Packing.TAR));
		});
		return Stream.concat(files, archives);
	}

	private static boolean isArchive(Descriptor layer) {
		return layer.mediaType().startsWith(PREFIX + "vllm.config.tar")
				|| layer.mediaType().startsWith(PREFIX + "dir.tar");
	}

	private static List<ModelLayer> shards(List<Descriptor> layers, ModelReference reference, String extension) {
		List<ModelLayer> shards = new ArrayList<>();
		for (int i = 0; i < layers.size(); i++) {
			// The names by which llama.cpp and transformers find the other shards.
			String shard = (layers.size() > 1) ? "-%05d-of-%05d".formatted(i + 1, layers.size()) : "";
			shards.add(ModelLayer.file(layers.get(i), reference.fileName(shard + extension)));
		}
		return shards;
	}

}
