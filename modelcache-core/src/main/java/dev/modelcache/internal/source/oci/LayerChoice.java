/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.internal.FilePatterns;
import dev.modelcache.source.Packing;

/**
 * Finds the model among the layers of an artifact, whoever's tool packed it.
 */
final class LayerChoice {

	/** ORAS: the layer is a directory, as tar and gzip. */
	private static final String UNPACK = "io.deis.oras.content.unpack";

	private static final String KIT = "application/vnd.kitops.modelkit.";

	/** In the media type of what belongs to a model, and is none. */
	private static final Pattern PART = Pattern.compile("(?i)mmproj|lora|adapter");

	private static final String MODEL_PACK = "application/vnd.cncf.model.";

	private LayerChoice() {
	}

	/**
	 * Finds the layers whose names are asked for. Only layers that tell their name can
	 * be, and Ollama's and Docker's, whose roles give them one.
	 * @param manifest the manifest; no index
	 * @param reference the model
	 * @param globs paths or globs
	 * @return the layers; empty where one of the globs matches none
	 */
	static List<ModelLayer> matching(Manifest manifest, ModelReference reference, List<String> globs) {
		List<ModelLayer> named = named(manifest, reference);
		FilePatterns patterns = FilePatterns.of(globs);
		Set<String> names = named.stream().map((layer) -> layer.name().text()).collect(Collectors.toSet());
		boolean all = patterns.includedOrAll()
			.stream()
			.allMatch((pattern) -> names.contains(pattern) || (FilePatterns.isGlob(pattern)
					&& named.stream().anyMatch((layer) -> FilePatterns.matches(pattern, layer.name()))));
		return all ? named.stream()
			.filter((layer) -> patterns.select(layer.name()))
			.filter((layer) -> !patterns.exclude(layer.name()))
			.toList() : List.of();
	}

	/** Returns all layers that can be asked for by name. */
	static List<ModelLayer> named(Manifest manifest, ModelReference reference) {
		List<ModelLayer> model = chosenOrNone(manifest, reference);
		Set<Descriptor> chosen = model.stream().map(ModelLayer::blob).collect(Collectors.toSet());
		return Stream
			.concat(model.stream(),
					manifest.layers()
						.stream()
						.filter((layer) -> !chosen.contains(layer))
						.flatMap((layer) -> Stream.ofNullable(LayerRoles.named(layer, reference))))
			.filter((layer) -> layer.packing() == Packing.NONE)
			.toList();
	}

	/** Who names the files needs no choice where there is none to be made. */
	private static List<ModelLayer> chosenOrNone(Manifest manifest, ModelReference reference) {
		try {
			return choose(manifest, reference);
		}
		catch (IllegalArgumentException ex) {
			return List.of();
		}
	}

	/**
	 * Chooses the layers that make up the model.
	 * @param manifest the manifest; no index
	 * @param reference the model
	 * @return the layers, at least one; the one that a runtime opens first stands first
	 * @throws IllegalArgumentException if there is no model in it; the message, a part of
	 * a sentence, tells what there is instead
	 */
	static List<ModelLayer> choose(Manifest manifest, ModelReference reference) {
		if (mentions(manifest, OllamaLayers.PREFIX)) {
			return OllamaLayers.choose(manifest, reference);
		}
		if (mentions(manifest, DockerLayers.PREFIX)) {
			return DockerLayers.choose(manifest, reference);
		}
		if (mentions(manifest, MODEL_PACK)) {
			return modelPack(manifest, reference);
		}
		if (mentions(manifest, KIT)) {
			return kit(manifest, reference);
		}
		return plain(manifest, reference);
	}

	private static boolean mentions(Manifest manifest, String prefix) {
		return manifest.artifactType().startsWith(prefix) || manifest.configType().startsWith(prefix)
				|| manifest.layers().stream().anyMatch((layer) -> layer.mediaType().startsWith(prefix));
	}

	private static List<ModelLayer> modelPack(Manifest manifest, ModelReference reference) {
		List<ModelLayer> weights = packed(manifest, reference, MODEL_PACK + "weight.v1.");
		if (weights.isEmpty()) {
			throw new IllegalArgumentException("is a ModelPack artifact without weights");
		}
		return ModelFiles.choose(weights, packed(manifest, reference, MODEL_PACK + "weight.config.v1."));
	}

	private static List<ModelLayer> kit(Manifest manifest, ModelReference reference) {
		List<ModelLayer> model = packed(manifest, reference, KIT + "model.v1.");
		List<ModelLayer> parts = packed(manifest, reference, KIT + "modelpart.v1.");
		if (model.isEmpty() && parts.isEmpty()) {
			throw new IllegalArgumentException("is a ModelKit without a model");
		}
		return Stream.concat(model.stream(), parts.stream()).toList();
	}

	private static List<ModelLayer> packed(Manifest manifest, ModelReference reference, String prefix) {
		return manifest.layers()
			.stream()
			.filter((layer) -> layer.mediaType().startsWith(prefix))
			.map((layer) -> ModelLayer.packed(layer, layer.mediaType().substring(prefix.length()), reference))
			.toList();
	}

	/**
	 * ORAS packs directories with gzip, whatever media type it is told (descriptorFromDir
	 * of oras-go); other tools do what the media type says. A plain archive is unpacked
	 * as well.
	 */
	private static Packing directory(Descriptor layer) {
		return (ModelLayer.packing(layer.mediaType()) == Packing.TAR_ZSTD) ? Packing.TAR_ZSTD : Packing.TAR_GZIP;
	}

	private static List<ModelLayer> plain(Manifest manifest, ModelReference reference) {
		List<ModelLayer> named = manifest.layers()
			.stream()
			.filter(ModelLayer::hasName)
			.map((layer) -> "true".equals(layer.annotation(UNPACK)) ? ModelLayer.archive(layer, directory(layer))
					: ModelLayer.file(layer, ""))
			.toList();
		List<Descriptor> gguf = manifest.layers()
			.stream()
			.filter((layer) -> layer.mediaType().contains("gguf") && !PART.matcher(layer.mediaType()).find())
			.toList();
		boolean titled = named.stream().anyMatch(ModelFiles::isModel);
		if (gguf.size() == 1 && !titled && !ModelLayer.hasName(gguf.get(0))) {
			return List.of(ModelLayer.file(gguf.get(0), reference.fileName(".gguf")));
		}
		if (!named.isEmpty()) {
			return ModelFiles.choose(named, List.of());
		}
		boolean image = manifest.configType().equals("application/vnd.oci.image.config.v1+json")
				|| manifest.configType().equals("application/vnd.docker.container.image.v1+json");
		throw new IllegalArgumentException(
				image ? "is a container image, not a model" : "has no layer that is marked as a file of a model");
	}

}
