/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.time.Duration;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.test.AutoConfigureModelCache;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

// tag::catalog-test[]
@SpringBootTest(properties = { "hooks.llm.url=catalog://our-classifier", "hooks.llm.max-size=500MB" })
@AutoConfigureModelCache
class TeamCatalogTests {

	@Autowired
	private ModelCache models;

	@Test
	void variantThatFitsIsUsed() {
		CachedModel model = this.models.get("default").block(Duration.ofMinutes(1));
		assertThat(model.source()).isEqualTo("https://models.example.com/classifier-2-Q2_K.gguf");
	}

}
// end::catalog-test[]
