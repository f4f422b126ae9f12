/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import dev.modelcache.source.Packing;
import dev.modelcache.testsupport.Allocations;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ManifestJson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link LayerChoice}.
 */
class LayerChoiceTests {

	private static final String DOCKER_CONFIG = "application/vnd.docker.ai.model.config.v0.1+json";

	private static final String MODEL_PACK_CONFIG = "application/vnd.cncf.model.config.v1+json";

	private static final String WEIGHT = "application/vnd.cncf.model.weight.v1.";

	private static final ModelReference REFERENCE = ModelReference.parse(URI.create("oci://ghcr.io/team/tiny:q4"));

	private static final Content A = Content.of("a");

	private static final Content B = Content.of("b");

	private static final Content C = Content.of("c");

	private static List<ModelLayer> choose(Object manifest) {
		return choose(manifest, REFERENCE);
	}

	private static List<ModelLayer> choose(Object manifest, ModelReference reference) {
		byte[] bytes = manifest.toString().getBytes(StandardCharsets.UTF_8);
		return LayerChoice.choose(ManifestReader.read(bytes, Digests.sha256(bytes).toString()), reference);
	}

	private static List<String> names(Object manifest) {
		return choose(manifest).stream().map((layer) -> layer.name().text()).toList();
	}

	private static Map<String, String> path(String path) {
		return Map.of("org.cncf.model.filepath", path);
	}

	private static Map<String, String> title(String title) {
		return Map.of("org.opencontainers.image.title", title);
	}

	private static void assertRefused(Object manifest, String problem) {
		assertThatIllegalArgumentException().isThrownBy(() -> choose(manifest)).withMessageContaining(problem);
	}

	@Test
	void modelLayerOfOllamaIsTheGguf() {
		// The manifest of gemma:2b in Ollama's registry, with three digests made up.
		String manifest = """
				{"schemaVersion":2,
				 "mediaType":"application/vnd.docker.distribution.manifest.v2+json",
				 "config":{"mediaType":"application/vnd.docker.container.image.v1+json",
				   "digest":"sha256:887433b89a901c156f7e6944442f3c9e57f3c55d6ed52042cbb7303aea994290","size":483},
				 "layers":[
				  {"mediaType":"application/vnd.ollama.image.projector",
				   "digest":"sha256:097a364900000000000000000000000000000000000000000000000000000000","size":5},
				  {"mediaType":"application/vnd.ollama.image.model",
				   "digest":"sha256:c1864a5eb19305c40519da12cc543519e48a0697ecd30e15d5ac228644957d12","size":1678447520},
				  {"mediaType":"application/vnd.ollama.image.license",
				   "digest":"sha256:097a364900000000000000000000000000000000000000000000000000000000","size":8433},
				  {"mediaType":"application/vnd.ollama.image.params",
				   "digest":"sha256:22a838ce00000000000000000000000000000000000000000000000000000000","size":84}]}
				""";
		ModelReference gemma = ModelReference.parse(URI.create("ollama://gemma:2b"));
		assertThat(choose(manifest, gemma)).singleElement().satisfies((layer) -> {
			assertThat(layer.name().text()).isEqualTo("gemma-2b.gguf");
			assertThat(layer.blob().size()).isEqualTo(1678447520);
			assertThat(layer.blob().digest()).startsWith("sha256:c1864a5eb193");
			assertThat(layer.packing()).isEqualTo(Packing.NONE);
		});
	}

	@Test
	void tensorLayersOfOllamaAreRefused() {
		assertRefused(ManifestJson.of("").layer("application/vnd.ollama.image.tensor", A), "single tensors");
		assertRefused(ManifestJson.of("").layer("application/vnd.ollama.image.template", A), "no model layer");
	}

	@Test
	void ggufOfDockerIsNamedAfterTheModel() {
		assertThat(names(ManifestJson.of(DOCKER_CONFIG)
			.layer("application/vnd.docker.ai.gguf.v3", A)
			.layer("application/vnd.docker.ai.gguf.v3.mmproj", B)
			.layer("application/vnd.docker.ai.mmproj", B)
			.layer("application/vnd.docker.ai.gguf.v3.lora", B)
			.layer("application/vnd.docker.ai.license", C))).containsExactly("tiny-q4.gguf");
	}

	@Test
	void shardsOfDockerKeepTheirOrderAndAreNamedForLlamaCpp() {
		List<ModelLayer> shards = choose(ManifestJson.of(DOCKER_CONFIG)
			.layer("application/vnd.docker.ai.gguf.v3", C)
			.layer("application/vnd.docker.ai.license", B)
			.layer("application/vnd.docker.ai.gguf.v3", A));
		assertThat(shards).extracting((layer) -> layer.name().text())
			.containsExactly("tiny-q4-00001-of-00002.gguf", "tiny-q4-00002-of-00002.gguf");
		assertThat(shards).extracting((layer) -> layer.blob().digest())
			.containsExactly(C.sha256().toString(), A.sha256().toString());
	}

	@Test
	void filesOfDockerV02KeepTheirPaths() {
		assertThat(names(ManifestJson.of("application/vnd.docker.ai.model.config.v0.2+json")
			.layer("application/vnd.docker.ai.model.file", C, path("tokenizer/tokenizer.json"))
			.layer("application/vnd.docker.ai.safetensors", A, path("model-00001-of-00002.safetensors"))
			.layer("application/vnd.docker.ai.safetensors", B, path("model-00002-of-00002.safetensors"))))
			.containsExactly("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
					"tokenizer/tokenizer.json");
	}

	@Test
	void configurationOfSafetensorsIsAnArchive() {
		assertThat(choose(ManifestJson.of(DOCKER_CONFIG)
			.layer("application/vnd.docker.ai.vllm.config.tar", B)
			.layer("application/vnd.docker.ai.safetensors", A))).extracting(ModelLayer::packing)
			.containsExactly(Packing.NONE, Packing.TAR);
	}

	@Test
	void anyOtherGgufOfDockerWillDo() {
		assertThat(names(ManifestJson.of(DOCKER_CONFIG).layer("application/vnd.docker.ai.gguf.v4", A)))
			.containsExactly("tiny-q4.gguf");
		assertRefused(ManifestJson.of(DOCKER_CONFIG).layer("application/vnd.docker.ai.license", A), "neither a GGUF");
	}

	@Test
	void rawWeightsOfModelPackKeepTheirPaths() {
		assertThat(names(ManifestJson.of(MODEL_PACK_CONFIG)
			.artifactType("application/vnd.cncf.model.manifest.v1+json")
			.layer("application/vnd.cncf.model.weight.config.v1.raw", B, path("config.json"))
			.layer(WEIGHT + "raw", A, path("weights/model.safetensors"))
			.layer("application/vnd.cncf.model.doc.v1.raw", C, path("README.md"))))
			.containsExactly("weights/model.safetensors", "config.json");
	}

	@Test
	void ggufOfModelPackStandsAlone() {
		assertThat(names(ManifestJson.of(MODEL_PACK_CONFIG)
			.layer("application/vnd.cncf.model.weight.config.v1.raw", B, path("config.json"))
			.layer(WEIGHT + "raw", A, path("m.gguf")))).containsExactly("m.gguf");
		assertThat(names(ManifestJson.of(MODEL_PACK_CONFIG).layer(WEIGHT + "gguf", A))).containsExactly("tiny-q4.gguf");
	}

	@Test
	void archivesOfModelPackAreTold() {
		assertThat(choose(ManifestJson.of(MODEL_PACK_CONFIG)
			.layer(WEIGHT + "tar", A, path("model.safetensors"))
			.layer(WEIGHT + "tar+gzip", B)
			.layer(WEIGHT + "tar+zstd", C))).extracting(ModelLayer::packing)
			.containsExactly(Packing.TAR, Packing.TAR_GZIP, Packing.TAR_ZSTD);
		assertRefused(ManifestJson.of(MODEL_PACK_CONFIG).layer(WEIGHT + "tar+lz4", A), "unsupported packing (tar+lz4)");
		assertRefused(ManifestJson.of(MODEL_PACK_CONFIG).layer("application/vnd.cncf.model.doc.v1.raw", A),
				"without weights");
	}

	@Test
	void modelKitIsModelAndParts() {
		String kit = "application/vnd.kitops.modelkit.";
		assertThat(choose(ManifestJson.of(kit + "config.v1+json")
			.layer(kit + "docs.v1.tar", C)
			.layer(kit + "modelpart.v1.tar", B)
			.layer(kit + "model.v1.tar+gzip", A))).extracting(ModelLayer::packing)
			.containsExactly(Packing.TAR_GZIP, Packing.TAR);
		assertRefused(ManifestJson.of(kit + "config.v1+json").layer(kit + "docs.v1.tar", C), "without a model");
	}

	@Test
	void filesOfOrasKeepTheirTitles() {
		String empty = "application/vnd.oci.empty.v1+json";
		assertThat(names(ManifestJson.of(empty)
			.layer("application/octet-stream", B, title("README.md"))
			.layer("application/octet-stream", C, title("mmproj-f16.gguf"))
			.layer("application/octet-stream", A, title("model-q4.gguf")))).containsExactly("model-q4.gguf");
		assertThat(names(ManifestJson.of(empty)
			.layer("text/plain", B, title("tokenizer.json"))
			.layer("text/plain", A, title("onnx/model.onnx")))).containsExactly("onnx/model.onnx", "tokenizer.json");
		assertThat(names(ManifestJson.of(empty)
			.layer("x", B, title("m-00002-of-00002.gguf"))
			.layer("x", A, title("m-00001-of-00002.gguf"))))
			.containsExactly("m-00001-of-00002.gguf", "m-00002-of-00002.gguf");
	}

	@Test
	void filesBesideAModelOfOrasAreNotTakenForIt() {
		assertThat(names(ManifestJson.of("")
			.layer("text/markdown", B, title("README.md"))
			.layer("application/vnd.example.gguf.v1", A))).containsExactly("tiny-q4.gguf");
		assertThat(names(ManifestJson.of("")
			.layer("application/vnd.example.gguf.mmproj", B)
			.layer("application/octet-stream", A, title("model.gguf")))).containsExactly("model.gguf");
		assertThat(names(ManifestJson.of("")
			.layer("x", B, title("qlora-exploration-q4.gguf"))
			.layer("x", A, title("my-lora.gguf")))).containsExactly("qlora-exploration-q4.gguf");
		assertThat(names(ManifestJson.of("")
			.layer("x", B, title("mtp-model-q4.gguf"))
			.layer("x", C, title("MTP/model-q4.gguf"))
			.layer("x", A, title("model-MTP-q4.gguf")))).containsExactly("model-MTP-q4.gguf");
		assertThat(names(ManifestJson.of("").layer("x", B, title("mtp-model-q4.gguf"))))
			.containsExactly("mtp-model-q4.gguf");
	}

	/** Only a model among the files with titles makes a layer without one no model. */
	@ParameterizedTest
	@CsvSource({ "application/vnd.example.gguf.v1, mmproj.gguf, tiny-q4.gguf",
			"application/vnd.example.gguf.v1, my-lora.gguf, tiny-q4.gguf",
			"application/vnd.example.gguf.v1, mtp-model.gguf, tiny-q4.gguf",
			"application/vnd.example.gguf.v1, model.gguf, model.gguf",
			"application/vnd.example.gguf.v1, model.safetensors, tiny-q4.gguf",
			"application/vnd.example.gguf.mmproj, model.safetensors, model.safetensors",
			"application/vnd.example.gguf.lora.v1, model.onnx, model.onnx",
			"application/vnd.example.gguf.Adapter, model.safetensors, model.safetensors" })
	void modelWithoutATitleIsToldFromItsParts(String type, String title, String chosen) {
		assertThat(names(ManifestJson.of("").layer(type, A).layer("application/octet-stream", B, title(title))))
			.containsExactly(chosen);
	}

	@ParameterizedTest
	@CsvSource({ "loras/style.gguf", "style-loras.gguf", "StyleLora.gguf", "chat-qlora.gguf", "lora/style.gguf",
			"LORA.gguf", "style_LoRA_v2.gguf" })
	void adapterBesideAModelIsLeftOut(String adapter) {
		assertThat(names(ManifestJson.of("").layer("x", B, title("model-q4.gguf")).layer("x", A, title(adapter))))
			.containsExactly("model-q4.gguf");
	}

	@Test
	void modelsThatAreCalledLikeAdaptersAreNotGuessedAmong() {
		assertThat(names(ManifestJson.of("").layer("x", A, title("qlora-q4.gguf")))).containsExactly("qlora-q4.gguf");
		assertRefused(ManifestJson.of("").layer("x", A, title("qlora-q4.gguf")).layer("x", B, title("qlora-q8.gguf")),
				"qlora-q4.gguf, qlora-q8.gguf");
	}

	@Test
	void severalModelsAreNotGuessedAmong() {
		assertRefused(ManifestJson.of("").layer("x", A, title("m-q4.gguf")).layer("x", B, title("m-q8.gguf")),
				"select one with hooks.llm.files: m-q4.gguf, m-q8.gguf");
		assertThat(matching(ManifestJson.of("").layer("x", A, title("m-q4.gguf")).layer("x", B, title("m-q8.gguf")),
				"*q8*"))
			.containsExactly("m-q8.gguf");
	}

	@Test
	void directoryOfOrasIsAnArchive() {
		assertThat(choose(ManifestJson.of("")
			.layer("application/vnd.oci.image.layer.v1.tar+gzip", A,
					Map.of("org.opencontainers.image.title", "model", "io.deis.oras.content.unpack", "true"))))
			.singleElement()
			.extracting(ModelLayer::packing)
			.isEqualTo(Packing.TAR_GZIP);
	}

	@Test
	void containerImageIsNoModel() {
		assertRefused(ManifestJson.of("application/vnd.oci.image.config.v1+json")
			.layer("application/vnd.oci.image.layer.v1.tar+gzip", A), "is a container image");
		assertRefused(ManifestJson.of("application/json").layer("application/json", A), "no layer that is marked");
	}

	@ParameterizedTest
	@ValueSource(strings = { "../m.gguf", "/etc/m.gguf", "a/../../m.gguf", "C:\\\\m.gguf", "C:m.gguf", "a//m.gguf",
			"./m.gguf", "", "m\\\\..\\\\x.gguf" })
	void namesThatLeadAwayAreRefused(String name) {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> choose(ManifestJson.of("").layer("x", A, title(name.replace("\\\\", "\\")))));
		assertThatIllegalArgumentException().isThrownBy(() -> choose(
				ManifestJson.of(MODEL_PACK_CONFIG).layer(WEIGHT + "raw", A, path(name.replace("\\\\", "\\")))));
	}

	private static List<String> matching(ManifestJson manifest, String... globs) {
		byte[] bytes = manifest.toString().getBytes(StandardCharsets.UTF_8);
		return LayerChoice
			.matching(ManifestReader.read(bytes, Digests.sha256(bytes).toString()), REFERENCE, List.of(globs))
			.stream()
			.map((layer) -> layer.name().text())
			.toList();
	}

	@Test
	void projectorComesAlongWhereItIsAskedFor() {
		ManifestJson manifest = ManifestJson.of(DOCKER_CONFIG)
			.layer("application/vnd.docker.ai.mmproj", B)
			.layer("application/vnd.docker.ai.license", C)
			.layer("application/vnd.docker.ai.gguf.v3", A);
		assertThat(matching(manifest, "*.gguf")).containsExactly("tiny-q4.gguf", "mmproj-tiny-q4.gguf");
		assertThat(matching(manifest, "LICENSE", "tiny*")).containsExactly("tiny-q4.gguf", "LICENSE");
		assertThat(matching(manifest, "LICENSE", "nothing*")).isEmpty();
	}

	@Test
	void namedFilesAreFoundByTheirPaths() {
		assertThat(matching(ManifestJson.of("").layer("x", A, title("onnx/model.onnx")).layer("x", B, title("a.json")),
				"onnx/**"))
			.containsExactly("onnx/model.onnx");
	}

	/** Each path was compared with each name, twice. */
	@Test
	void manyPathsAreLookedUp() {
		ManifestJson json = ManifestJson.of(MODEL_PACK_CONFIG);
		List<String> paths = IntStream.range(0, 2000).mapToObj((number) -> "data/weight_" + number).toList();
		paths.forEach((path) -> json.layer(WEIGHT + "raw", A, path(path)));
		byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
		Manifest manifest = ManifestReader.read(bytes, Digests.sha256(bytes).toString());
		assertThat(Allocations.of(() -> assertThat(LayerChoice.matching(manifest, REFERENCE, paths)).hasSize(2000)))
			.isLessThan(100_000_000);
		assertThat(LayerChoice.matching(manifest, REFERENCE, List.of("data/weight_1", "data/none"))).isEmpty();
		assertThat(LayerChoice.matching(manifest, REFERENCE, List.of("data/weight_1", "**/weight_2", "!data/weight_1")))
			.hasSize(1);
	}

}
