/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;

import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * An application with everything around a bean that a test replaces by a mock.
 */
@SpringBootTest(classes = RunningApplication.Application.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "hooks.llm.url=https://models.invalid/m.gguf", "hooks.llm.refresh-interval=1h",
				"management.endpoints.web.exposure.include=*", "spring.main.banner-mode=off" })
abstract class ApplicationWithAMock {

	@TempDir
	static Path directory;

	@Autowired
	HealthEndpoint health;

	@Autowired
	ModelCacheEndpoint endpoint;

	@Autowired
	MeterRegistry meters;

	@DynamicPropertySource
	static void properties(DynamicPropertyRegistry registry) {
		registry.add("hooks.llm.cache.directory", directory::toString);
	}

}
