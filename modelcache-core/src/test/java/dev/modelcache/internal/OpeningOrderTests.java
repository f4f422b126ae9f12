/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OpeningOrder}.
 */
class OpeningOrderTests {

	@ParameterizedTest
	@MethodSource
	void whatARuntimeOpensFirstComesFirst(List<String> sorted) {
		List<String> reversed = sorted.stream().sorted(Collections.reverseOrder()).toList();
		assertThat(sorted(reversed).get(0)).isEqualTo(sorted.get(0));
		List<String> byName = sorted.stream().sorted().toList();
		assertThat(sorted(byName)).isEqualTo(sorted);
		assertThat(sorted(sorted)).isEqualTo(sorted);
	}

	static Stream<List<String>> whatARuntimeOpensFirstComesFirst() {
		return Stream.of(List.of("model.gguf", "config.json", ".gitattributes", "README.md"),
				List.of("model.safetensors", "config.json", "tokenizer.json", ".gitattributes", "LICENSE.txt",
						"README.md"),
				List.of("onnx/model.onnx", "onnx/model.onnx_data", "onnx/model_q4.onnx", "config.json"),
				List.of("m.onnx", "m.onnx.data", "m.onnx_data", "m.onnx_data_1", "a.json"),
				List.of("z.gguf", "A-mmproj-F16.gguf", "mmproj-model-f16.gguf", "MTP/a.gguf", "config.json"),
				List.of("model.safetensors", "1_Pooling/a.safetensors", "onnx/model.onnx", "pytorch_model.bin",
						"config.json", "training_args.bin", "1_Pooling/config.json", "README.md"),
				List.of("model.safetensors", "adapter.safetensors", "config.json"),
				List.of("q-Q8_0.gguf", "imatrix/a.gguf", "README"), List.of("pytorch_model.bin", "config.json"),
				List.of("config.json", "tokenizer.json", ".gitattributes"),
				List.of("pytorch_model.bin", "flax_model.msgpack", "tf_model.h5", "config.json", "rng_state.pth"),
				List.of("model.onnx", "a.bin", "weights.pb", "README.md"),
				List.of("openvino_model.xml", "openvino_model.bin", "config.json"),
				List.of("my-OpenVINO.XML", "a.xml", "model.xml.bak", "config.json", "openvino.txt"),
				List.of("gemma.task", "config.json", "README.md"),
				List.of("model.pte", "tokenizer.json", "tokenizer.model"),
				List.of("big.nemo", "data/vocab.txt", "README.md"),
				List.of("model.keras", "config.json", "metadata.json"),
				List.of("saved_model.pb", "variables/variables.index", "assets/vocab.txt"),
				List.of("q.gguf", "mmproj.gguf", "template", "params.json", "LICENSE"),
				List.of("weights", "config.json"), List.of("model.json", "MLmodel", "a.json", "requirements.txt"),
				List.of("model.txt", "MLmodel", "metrics.log"), List.of("config.json", "vocab.bpe", "vocab.json"),
				List.of("model.safetensors", "model.json"), List.of("model.json", "README.md"));
	}

	@Test
	void shardsKeepTheirOrder() {
		List<String> shards = List.of("model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
				"model-00003-of-00003.safetensors", "config.json", "model.safetensors.index.json");
		assertThat(sorted(shards)).isEqualTo(shards);
		assertThat(sorted(List.of("config.json", "a.json", "model-00001-of-00002.gguf", "model-00002-of-00002.gguf")))
			.startsWith("model-00001-of-00002.gguf", "model-00002-of-00002.gguf");
	}

	@Test
	void filesOfOneKindKeepTheOrderInWhichTheyWereAskedFor() {
		assertThat(sorted(List.of("b.json", "b.gguf", "a.gguf", "a.json"))).containsExactly("b.gguf", "a.gguf",
				"b.json", "a.json");
	}

	/** Names are those of a server, which may send many. */
	@Test
	void eachNameIsLookedAtOnce() {
		List<ModelFileName> names = IntStream.range(0, 1000)
			.mapToObj((number) -> new ModelFileName("m" + number + ".onnx_data"))
			.toList();
		AtomicInteger looks = new AtomicInteger();
		OpeningOrder.sorted(names, (name) -> {
			looks.incrementAndGet();
			return name;
		});
		assertThat(looks).hasValue(1000);
	}

	private static List<String> sorted(List<String> names) {
		return OpeningOrder.sorted(names.stream().map(ModelFileName::new).toList(), Function.identity())
			.stream()
			.map(ModelFileName::text)
			.toList();
	}

}
