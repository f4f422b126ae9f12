/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelState;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test whose application acquires its models at its start, and keeps them.
 */
@SpringBootTest(classes = NoDownloadsTests.Application.class, webEnvironment = WebEnvironment.NONE,
		properties = { "spring.config.name=no-file", "spring.main.banner-mode=off",
				"hooks.llm.url=https://models.example.com/model.gguf", "hooks.llm.startup.mode=blocking" })
@AutoConfigureModelCache(startup = true)
class StartupTests {

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache cache;

	@Test
	void modelIsThereWhenTheApplicationIsUp() {
		assertThat(this.cache.status("default").state()).isEqualTo(ModelState.READY);
		assertThat(this.origin.requests("model.gguf")).isNotEmpty();
	}

	@Test
	void modelIsThereInEveryTest() {
		modelIsThereWhenTheApplicationIsUp();
	}

}
