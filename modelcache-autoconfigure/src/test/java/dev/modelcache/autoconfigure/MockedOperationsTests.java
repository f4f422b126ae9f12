/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.Map;

import dev.modelcache.CacheUsage;
import dev.modelcache.ModelCacheOperations;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of an application that replaces the operations by a mock, which knows no model.
 */
@SpringBootTest(classes = RunningApplication.Application.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "hooks.llm.url=https://models.invalid/m.gguf", "hooks.llm.refresh-interval=1h",
				"management.endpoints.web.exposure.include=*", "spring.main.banner-mode=off" })
class MockedOperationsTests {

	@TempDir
	private static Path directory;

	@MockitoBean
	private ModelCacheOperations operations;

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
		assertThat(Mockito.mockingDetails(this.operations).isMock()).isTrue();
		assertThat(this.health.healthForPath("modelCache").getStatus().getCode()).isEqualTo("UP");
		BDDMockito.given(this.operations.usage()).willReturn(CacheUsage.of(directory, null, null));
		assertThat(this.endpoint.all()).containsEntry("models", Map.of());
		assertThat(this.meters.find("modelcache.model.ready").gauges()).isEmpty();
	}

}
