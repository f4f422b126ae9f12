/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;

import dev.modelcache.ModelNotFoundException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.TinyEmbeddings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.transformers.TransformersEmbeddingModel;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ModelCacheSpringAiAutoConfiguration}.
 */
class ModelCacheSpringAiAutoConfigurationTests {

	@TempDir
	private Path directory;

	private final HubServer hub = HubServer.start();

	@BeforeEach
	void publish() {
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("onnx/model.onnx", Content.of(TinyEmbeddings.onnx()))
			.small("tokenizer.json", TinyEmbeddings.tokenizer());
	}

	@AfterEach
	void stop() {
		this.hub.close();
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withInitializer((context) -> context.addProtocolResolver(new ModelProtocolResolver()))
			.withConfiguration(
					AutoConfigurations.of(HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
							ModelCacheAutoConfiguration.class, ModelCacheSpringAiAutoConfiguration.class))
			.withPropertyValues("hooks.llm.models.embeddings.url=hf://org/repo",
					"hooks.llm.models.embeddings.files=onnx/model.onnx,tokenizer.json",
					"hooks.llm.huggingface.endpoint=" + this.hub.endpoint(),
					"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"),
					"hooks.llm.cache.directory=" + this.directory.resolve("cache"),
					"hooks.llm.cache.min-free-space=1MB", "hooks.llm.download.allow-insecure-http=true",
					"hooks.llm.startup.mode=none", "spring.ai.embedding.transformer.cache.directory=" + copies());
	}

	private ApplicationContextRunner withModel(String location) {
		return runner().withUserConfiguration(AsSpringAiDoes.class)
			.withPropertyValues("spring.ai.embedding.transformer.onnx.model-uri=" + location,
					"spring.ai.embedding.transformer.tokenizer.uri=model:embeddings/tokenizer.json");
	}

	private Path copies() {
		return this.directory.resolve("copies");
	}

	@Test
	void modelAndTokenizerOfThePropertiesAreFetchedAndNotCopied() {
		withModel("model:embeddings").run((context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(TransformersEmbeddingModel.class);
			assertThat(this.hub.hub().requests()).isNotEmpty();
			assertThat(copies()).satisfiesAnyOf((none) -> assertThat(none).doesNotExist(),
					(empty) -> assertThat(empty).isEmptyDirectory());
		});
	}

	@Test
	void otherLocationsAreLeftToSpringAi() {
		withModel("file:" + this.directory.resolve("missing.onnx"))
			.run((context) -> assertThat(context).getFailure().rootCause().hasMessageContaining("missing.onnx"));
	}

	@Test
	void unknownFileStopsTheStartWithTheNames() {
		withModel("model:embeddings/missing.onnx").run((context) -> assertThat(context).getFailure()
			.rootCause()
			.isInstanceOf(ModelNotFoundException.class)
			.hasMessageContaining("onnx/model.onnx, tokenizer.json"));
	}

	@Test
	void withoutSpringAiIsNotThere() {
		runner().withClassLoader(new FilteredClassLoader("org.springframework.ai"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(TransformersResources.class));
	}

	@Test
	void disabledIsNotThere() {
		runner().withPropertyValues("hooks.llm.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(TransformersResources.class));
	}

	/** The bean of Spring AI's auto-configuration, which is a neighbour too many here. */
	@Configuration(proxyBeanMethods = false)
	static class AsSpringAiDoes {

		private static final String PREFIX = "spring.ai.embedding.transformer.";

		@Bean
		TransformersEmbeddingModel embeddingModel(@Value("${" + PREFIX + "onnx.model-uri}") String model,
				@Value("${" + PREFIX + "tokenizer.uri}") String tokenizer,
				@Value("${" + PREFIX + "cache.directory}") String cache) {
			TransformersEmbeddingModel embeddings = new TransformersEmbeddingModel();
			embeddings.setResourceCacheDirectory(cache);
			embeddings.setTokenizerResource(tokenizer);
			embeddings.setModelResource(model);
			return embeddings;
		}

	}

}
