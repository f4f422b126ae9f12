/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.TinyEmbeddings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The examples of docs/integrations.md that need no more than a {@link Path}.
 */
class IntegrationExamplesTests {

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
			.withConfiguration(AutoConfigurations.of(HttpClientAutoConfiguration.class,
					ReactiveHttpClientAutoConfiguration.class, ModelCacheAutoConfiguration.class))
			.withPropertyValues("hooks.llm.models.embeddings.url=hf://org/repo",
					"hooks.llm.models.embeddings.files=onnx/model.onnx,tokenizer.json",
					"hooks.llm.huggingface.endpoint=" + this.hub.endpoint(),
					"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"),
					"hooks.llm.cache.directory=" + this.directory.resolve("cache"),
					"hooks.llm.cache.min-free-space=1MB", "hooks.llm.download.allow-insecure-http=true",
					"hooks.llm.startup.mode=none");
	}

	@Test
	void langChain4jEmbedsWithAModelOfTheCache() {
		runner().withUserConfiguration(LangChain4j.class)
			.run((context) -> assertThat(context.getBean(EmbeddingModel.class).embed("a tiny model").content().vector())
				.containsExactly(1));
	}

	@Test
	void onnxRuntimeOpensAModelOfTheCache() {
		runner().withUserConfiguration(OnnxRuntime.class)
			.run((context) -> assertThat(context.getBean(OrtSession.class).getOutputNames())
				.containsExactly("last_hidden_state"));
	}

	@Configuration(proxyBeanMethods = false)
	static class LangChain4j {

		@Bean
		EmbeddingModel embeddingModel(@Value("model:embeddings") Path model,
				@Value("model:embeddings/tokenizer.json") Path tokenizer) {
			return new OnnxEmbeddingModel(model, tokenizer, PoolingMode.MEAN);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OnnxRuntime {

		@Bean
		OrtSession session(@Value("model:embeddings") Path model) throws OrtException {
			return OrtEnvironment.getEnvironment().createSession(model.toString());
		}

	}

}
