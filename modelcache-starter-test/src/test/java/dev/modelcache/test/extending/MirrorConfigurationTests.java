/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.time.Duration;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.test.AutoConfigureModelCache;
import dev.modelcache.test.Fault;
import dev.modelcache.test.ModelOrigin;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

// tag::customizer-test[]
@SpringBootTest(properties = "hooks.llm.url=https://models.example.com/v2/model.gguf")
@AutoConfigureModelCache
class MirrorConfigurationTests {

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache models;

	@Test
	void mirrorIsUsedIfTheModelIsNotThere() {
		this.origin.failEvery("https://models.example.com/v2/model.gguf", Fault.status(404));
		CachedModel model = this.models.get("default").block(Duration.ofMinutes(1));
		assertThat(model.verified()).isTrue();
		assertThat(this.origin.requests("mirror.example.com/models.example.com/v2/model.gguf")).isNotEmpty();
	}

}
// end::customizer-test[]
