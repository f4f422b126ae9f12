/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

import dev.modelcache.autoconfigure.ModelCacheProperties.Progress;
import dev.modelcache.autoconfigure.ModelCacheProperties.Startup.Mode;
import dev.modelcache.CacheOptions.Verification;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

class ModelCachePropertiesTests {

	@Test
	void theClassicBlockBindsFromYaml() throws IOException {
		ModelCacheProperties properties = BoundConfiguration.ofYaml("""
				hooks:
				  llm:
				    model_type: tinyllama
				    model_name: TinyLlama-1.1B-Chat-v1.0
				    model_path: ~/models/tinyllama.gguf
				    model_size_mb: 600
				    quantization: Q4_K_M
				    inference_timeout_ms: 1500
				    temperature: 0.2
				""").properties();
		assertThat(properties.getModelType()).isEqualTo("tinyllama");
		assertThat(properties.getModelName()).isEqualTo("TinyLlama-1.1B-Chat-v1.0");
		assertThat(properties.getModelPath()).isEqualTo("~/models/tinyllama.gguf");
		assertThat(properties.getModelSizeMb()).isEqualTo(600);
		assertThat(properties.getQuantization()).isEqualTo("Q4_K_M");
		assertThat(properties.getInferenceTimeoutMs()).isEqualTo(1500);
		assertThat(properties.getTemperature()).isEqualTo(0.2);
	}

	@Test
	void kebabCaseBinds() {
		ModelCacheProperties properties = BoundConfiguration
			.of("hooks.llm.url=https://host/m.gguf", "hooks.llm.fallback-url=https://other/m.gguf",
					"hooks.llm.mirrors[0]=https://a/m.gguf", "hooks.llm.mirrors[1]=https://b/m.gguf",
					"hooks.llm.expected-checksum=abc", "hooks.llm.require-checksum=true", "hooks.llm.max-attempts=7",
					"hooks.llm.required=false", "hooks.llm.fallbacks[0].url=https://host/small.gguf",
					"hooks.llm.fallbacks[0].model-size-mb=5")
			.properties();
		assertThat(properties.getUrl()).isEqualTo("https://host/m.gguf");
		assertThat(properties.getFallbackUrl()).isEqualTo("https://other/m.gguf");
		assertThat(properties.getMirrors()).containsExactly("https://a/m.gguf", "https://b/m.gguf");
		assertThat(properties.getExpectedChecksum()).isEqualTo("abc");
		assertThat(properties.isRequireChecksum()).isTrue();
		assertThat(properties.attempts()).isEqualTo(7);
		assertThat(properties.isRequired()).isFalse();
		assertThat(properties.getFallbacks()).singleElement().satisfies((fallback) -> {
			assertThat(fallback.getUrl()).isEqualTo("https://host/small.gguf");
			assertThat(fallback.getModelSizeMb()).isEqualTo(5);
		});
	}

	@Test
	void groupsBind() throws IOException {
		ModelCacheProperties properties = BoundConfiguration.ofYaml("""
				hooks:
				  llm:
				    enabled: false
				    offline: true
				    progress: bar
				    startup: {mode: blocking, retry-interval: 2m}
				    health: {readiness: false}
				    cache: {directory: /var/models, verify: always, min-free-space: 1GB}
				    lock: {timeout: 5m, stale-after: 10m}
				    download:
				      buffer-size: 256KB
				      connect-timeout: 1s
				      response-timeout: 2s
				      stall-timeout: 3s
				      allow-insecure-http: true
				      max-redirects: 4
				      ssl-bundle: corporate
				      proxy: {host: proxy.corp, port: 3128, username: me, password: secret}
				      headers:
				        X-Api-Key: secret
				""").properties();
		assertThat(properties.isEnabled()).isFalse();
		assertThat(properties.getOffline()).isTrue();
		assertThat(properties.getProgress()).isEqualTo(Progress.BAR);
		assertThat(properties.getStartup().getMode()).isEqualTo(Mode.BLOCKING);
		assertThat(properties.getStartup().getRetryInterval()).isEqualTo(Duration.ofMinutes(2));
		assertThat(properties.getHealth().isReadiness()).isFalse();
		assertThat(properties.getCache().getDirectory()).isEqualTo("/var/models");
		assertThat(properties.getCache().getVerify()).isEqualTo(Verification.ALWAYS);
		assertThat(properties.getCache().getMinFreeSpace()).isEqualTo(DataSize.ofGigabytes(1));
		assertThat(properties.getLock().getTimeout()).isEqualTo(Duration.ofMinutes(5));
		assertThat(properties.getLock().getStaleAfter()).isEqualTo(Duration.ofMinutes(10));
		DownloadProperties download = properties.getDownload();
		assertThat(download.getBufferSize()).isEqualTo(DataSize.ofKilobytes(256));
		assertThat(download.getConnectTimeout()).isEqualTo(Duration.ofSeconds(1));
		assertThat(download.getResponseTimeout()).isEqualTo(Duration.ofSeconds(2));
		assertThat(download.getStallTimeout()).isEqualTo(Duration.ofSeconds(3));
		assertThat(download.isAllowInsecureHttp()).isTrue();
		assertThat(download.getMaxRedirects()).isEqualTo(4);
		assertThat(download.getSslBundle()).isEqualTo("corporate");
		assertThat(download.getProxy().getHost()).isEqualTo("proxy.corp");
		assertThat(download.getProxy().getPort()).isEqualTo(3128);
		assertThat(download.getProxy().getUsername()).isEqualTo("me");
		assertThat(download.getProxy().getPassword()).isEqualTo("secret");
		assertThat(download.getHeaders()).containsExactly(Map.entry("X-Api-Key", "secret"));
	}

	@Test
	void defaultsAreThoseOfTheContract() {
		ModelCacheProperties properties = new ModelCacheProperties();
		assertThat(properties.isEnabled()).isTrue();
		assertThat(properties.attempts()).isEqualTo(3);
		assertThat(properties.isRequired()).isTrue();
		assertThat(properties.isRequireChecksum()).isFalse();
		assertThat(properties.getInferenceTimeoutMs()).isEqualTo(2000);
		assertThat(properties.getTemperature()).isEqualTo(0.1);
		assertThat(properties.getStartup().getMode()).isEqualTo(Mode.BACKGROUND);
		assertThat(properties.getStartup().getRetryInterval()).isEqualTo(Duration.ofMinutes(1));
		assertThat(properties.getHealth().isReadiness()).isTrue();
		assertThat(properties.getProgress()).isEqualTo(Progress.AUTO);
		assertThat(properties.getDownload().getConnectTimeout()).isEqualTo(Duration.ofSeconds(10));
		assertThat(properties.identifiesModel()).isFalse();
	}

	@Test
	void furtherModelsBindByTheirIds() throws IOException {
		ModelCacheProperties properties = BoundConfiguration.ofYaml("""
				hooks:
				  llm:
				    models:
				      embeddings: {url: "https://host/e.onnx", max_attempts: 5}
				      "[my_model.v2]": {model_path: /m.gguf, fallbacks: [{url: "https://host/f.gguf"}]}
				""").properties();
		assertThat(properties.getModels()).containsOnlyKeys("embeddings", "my_model.v2");
		assertThat(properties.getModels().get("embeddings").attempts()).isEqualTo(5);
		assertThat(properties.getModels().get("my_model.v2").getFallbacks()).hasSize(1);
	}

	@Test
	void environmentVariablesBind() {
		ModelCacheProperties properties = BoundConfiguration.of()
			.withVariables(Map.of("HOOKS_LLM_MODELPATH", "/m.gguf", "HOOKS_LLM_MODELS_EMBEDDINGS_URL",
					"https://host/e.onnx", "HOOKS_LLM_DOWNLOAD_STALLTIMEOUT", "5s"))
			.properties();
		assertThat(properties.getModelPath()).isEqualTo("/m.gguf");
		assertThat(properties.getModels()).containsOnlyKeys("embeddings");
		assertThat(properties.getDownload().getStallTimeout()).isEqualTo(Duration.ofSeconds(5));
	}

}
