/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.context.bean.override.mockito.MockitoSpyBean;
import org.springframework.test.web.reactive.server.WebTestClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

/**
 * Applications whose model cache is a mock or a spy, with health, the endpoint and a
 * model manager.
 */
class MockedModelCacheTests {

	@Nested
	class MockTests extends Mocked {

	}

	@Nested
	@AutoConfigureModelCache
	class MockBesideAnOriginTests extends Mocked {

	}

	@Nested
	@AutoConfigureModelCache
	@SpringBootTest(classes = Application.class, webEnvironment = WebEnvironment.NONE,
			properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
					"hooks.llm.url=https://models.example.com/model.gguf" })
	class SpyTests {

		@MockitoSpyBean
		private ModelCache cache;

		@Autowired
		private ModelManager manager;

		@Test
		void cacheWorksAndCallsAreRecorded() {
			this.manager.loadModel().block(Duration.ofMinutes(1));
			assertThat(this.manager.isLoaded()).isTrue();
			Mockito.verify(this.cache, Mockito.atLeastOnce()).get("default");
		}

		@Test
		void modelOfAnotherTestIsNotLoaded() {
			assertThat(this.manager.isLoaded()).isFalse();
			assertThat(this.cache.status("default").state()).isEqualTo(ModelState.ABSENT);
		}

	}

	@SpringBootTest(classes = Application.class, webEnvironment = WebEnvironment.RANDOM_PORT,
			properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
					"hooks.llm.url=https://models.example.com/model.gguf", "hooks.llm.classifier.enabled=true",
					"management.endpoints.web.exposure.include=*", "server.address=127.0.0.1" })
	abstract static class Mocked {

		@MockitoBean
		private ModelCache cache;

		@Autowired
		private ModelManager manager;

		@Autowired
		private HealthEndpoint health;

		@LocalServerPort
		private int port;

		@Test
		void applicationStartsAndAnswers() {
			assertThat(Mockito.mockingDetails(this.cache).isMock()).isTrue();
			assertThat(this.manager.isLoaded()).isFalse();
			WebTestClient client = WebTestClient.bindToServer().baseUrl("http://127.0.0.1:" + this.port).build();
			client.get().uri("/actuator/modelcache/default").exchange().expectStatus().isOk();
			client.get().uri("/actuator/health").exchange().expectBody().jsonPath("$.status").exists();
		}

		@Test
		void whatTheMockSaysIsShown() {
			given(this.cache.status("default")).willReturn(ModelStatus.of("default", ModelState.FAILED));
			assertThat(this.health.healthForPath("modelCache").getStatus()).isEqualTo(Status.DOWN);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@Import(NoDownloadsTests.Application.class)
	static class Application {

		@Bean
		ModelLoader modelLoader() {
			return (model) -> Mockito.mock(LoadedModel.class);
		}

	}

}
