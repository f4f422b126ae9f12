/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheBuilder;
import dev.modelcache.test.AutoConfigureModelCache;
import dev.modelcache.test.ModelOrigin;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.web.reactive.server.WebTestClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Slice tests of an application with a model cache.
 */
class SlicesTests {

	@Nested
	@WebFluxTest
	class WithoutTheCacheTests {

		@MockitoBean
		private Assistant assistant;

		@Autowired
		private ApplicationContext context;

		@Test
		void sliceStartsWithoutACache() {
			assertThat(this.context.getBeanNamesForType(ModelCache.class)).isEmpty();
			assertThat(this.context.getBeanNamesForType(ModelCacheBuilder.class)).isEmpty();
			assertThat(this.context.getBeanNamesForType(ModelOrigin.class)).isEmpty();
		}

	}

	@Nested
	@WebFluxTest
	@AutoConfigureModelCache
	@Import(Assistant.class)
	class WithTheCacheTests {

		@Autowired
		private ModelCache cache;

		@Autowired
		private WebTestClient client;

		@Test
		void sliceServesAModel() {
			this.client.mutate()
				.responseTimeout(Duration.ofMinutes(1))
				.build()
				.get()
				.uri("/assistant")
				.exchange()
				.expectBody(String.class)
				.isEqualTo("uses model.gguf");
			assertThat(this.cache.status("default").model()).isNotNull();
		}

	}

}
