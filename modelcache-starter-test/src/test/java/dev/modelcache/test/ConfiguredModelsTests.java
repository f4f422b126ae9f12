/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Models of every source, configured as applications do, with what belongs to the real
 * models: digests, paths, a lock file, headers.
 */
@SpringBootTest(classes = NoDownloadsTests.Application.class, webEnvironment = WebEnvironment.NONE,
		properties = { "spring.config.name=configured-models", "spring.main.banner-mode=off" })
@AutoConfigureModelCache
class ConfiguredModelsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache cache;

	private CachedModel get(String id) {
		return this.cache.get(id).block(PATIENCE);
	}

	@ParameterizedTest
	@CsvSource({ "web, GGUF, model.gguf", "user-info, ONNX, model.onnx", "by-path, GGUF, at-path.gguf",
			"compressed, GGUF, model.gguf", "address, safetensors, model.safetensors",
			"hub-quantization, GGUF, TinyLlama-1.1B-Q5_K_M.gguf", "hub-file, safetensors, model.safetensors",
			"hub-page, GGUF, m.gguf", "ollama, GGUF, gemma-2b.gguf", "registry, GGUF, smollm2-360M.gguf",
			"catalog, GGUF, ", "card, GGUF, card.gguf" })
	void modelIsReadyVerifiedAndInTheTemporaryDirectory(String id, String format, String fileName) {
		CachedModel model = get(id);
		assertThat(model.verified()).isTrue();
		assertThat(model.fallback()).isFalse();
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.format().type()).isEqualTo(format);
		assertThat(model.path().toString()).startsWith(Path.of(System.getProperty("java.io.tmpdir")).toString());
		if (fileName != null) {
			assertThat(model.path()).hasFileName(fileName);
		}
	}

	@Test
	void filesOfARepositoryAreThoseThatAreServed() {
		this.origin.serve("onnx/model_qint8_avx512.onnx", TinyModels.onnx())
			.serve("tokenizer.json", "{\"a\":1}".getBytes());
		assertThat(names(get("hub-files"))).containsExactly("model_qint8_avx512.onnx", "tokenizer.json");
	}

	@Test
	void filesOfARepositoryThatAreNotServedAreTiny() {
		assertThat(names(get("hub-files"))).containsExactly("model_qint8.onnx", "tokenizer.json");
	}

	private static List<String> names(CachedModel model) {
		return model.files().stream().map((file) -> file.getFileName().toString()).toList();
	}

	@Test
	void configuredHeadersAndUserInfoReachTheirHostAlone() {
		get("web");
		get("user-info");
		assertThat(this.origin.requests("models.example.com/model.gguf")).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.header("X-Team")).isEqualTo("models"));
		assertThat(this.origin.requests("private.example.com/model.onnx")).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.header("Authorization")).isEqualTo("Basic YWxpY2U6cHc="));
		get("hub-file");
		assertThat(this.origin.requests("huggingface.co/org/repo/resolve/main/model.safetensors")).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.headers()).doesNotContainKeys("X-Team", "Authorization"));
	}

	@Test
	void fallbackIsUsed() {
		this.origin.failEvery("models.example.com/model.gguf", Fault.status(404));
		CachedModel model = get("web");
		assertThat(model.fallback()).isTrue();
		assertThat(model.path()).hasFileName("small.gguf");
	}

	@Test
	void eachTestBeginsWithAnEmptyCache() {
		for (String id : new String[] { "web", "hub-file", "by-path" }) {
			assertThat(this.cache.status(id).state()).isEqualTo(ModelState.ABSENT);
		}
		assertThat(this.origin.requests()).isEmpty();
	}

	@Test
	void modelsThatAreNotConfiguredAreServedToo() {
		ModelRequest request = ModelRequest.builder("other").url(this.origin.uri("other.onnx")).build();
		assertThat(this.cache.get(request).block(PATIENCE).format().type()).isEqualTo("ONNX");
	}

	@Test
	void nothingOfTheMachineIsWritten() {
		get("by-path");
		get("web");
		assertThat(Path.of("/opt/modelcache-of-tests")).doesNotExist();
		assertThat(Path.of("models-of-tests.lock")).doesNotExist();
		assertThat(Path.of("target/real-cache")).doesNotExist();
	}

}
