/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import java.time.Duration;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.test.AutoConfigureModelCache;
import dev.modelcache.test.ModelOrigin;
import dev.modelcache.test.TinyModels;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

// tag::served[]
@SpringBootTest
@AutoConfigureModelCache
class ServedModelsTests {

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache models;

	@Test
	void modelOfTheConfigurationIsDownloadedFromTheOrigin() {
		byte[] file = TinyModels.gguf(DataSize.ofMegabytes(3));
		this.origin.serve("assistant/model.gguf", file);
		CachedModel model = this.models.get("default").block(Duration.ofMinutes(1));
		assertThat(model.path()).hasBinaryContent(file);
		assertThat(this.origin.requests("model.gguf")).isNotEmpty();
	}

}
// end::served[]
