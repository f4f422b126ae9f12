/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;

import dev.modelcache.ModelCache;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of an application that replaces the model cache by a mock: it knows nothing and
 * returns {@code null}, and everything around it starts and answers.
 */
@SpringBootTest(classes = RunningApplication.Application.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "hooks.llm.url=https://models.invalid/m.gguf", "hooks.llm.refresh-interval=1h",
				"management.endpoints.web.exposure.include=*", "spring.main.banner-mode=off" })
class MockedModelCacheTests {

	@TempDir
	private static Path directory;

	@MockitoBean
	private ModelCache cache;

	@Autowired
	private HealthEndpoint health;

	@Autowired
	private ModelCacheEndpoint endpoint;

	@Autowired
	private MeterRegistry meters;

	@DynamicPropertySource
	static void properties(DynamicPropertyRegistry registry) {
		registry.add("hooks.llm.cache.directory", directory::toString);
	}

	@Test
	void applicationStartsAndAnswers() {
		assertThat(Mockito.mockingDetails(this.cache).isMock()).isTrue();
		assertThat(this.health.healthForPath("modelCache").getStatus().getCode()).isEqualTo("OUT_OF_SERVICE");
		assertThat(this.endpoint.all()).containsKey("models");
		assertThat(this.endpoint.one("default").getStatus()).isEqualTo(WebEndpointResponse.STATUS_OK);
		for (String action : new String[] { "ensure", "verify", "refresh", "cancel" }) {
			assertThat(this.endpoint.start("default", action).getStatus()).as(action).isEqualTo(202);
		}
		assertThat(this.endpoint.evict("default").getStatus()).isEqualTo(204);
		assertThat(this.meters.get("modelcache.model.ready").gauge().value()).isZero();
	}

}
