/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import java.time.Duration;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.test.AutoConfigureModelCache;
import dev.modelcache.test.Fault;
import dev.modelcache.test.ModelOrigin;
import dev.modelcache.test.TinyModels;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

// tag::faults[]
@SpringBootTest
@AutoConfigureModelCache
class UnreliableNetworkTests {

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelCache models;

	@Test
	void modelArrivesInSpiteOfFaults() {
		this.origin.failNext("model.gguf", Fault.unavailable(Duration.ofSeconds(1)), Fault.breakAfter(1000));
		CachedModel model = this.models.get("default").block(Duration.ofMinutes(1));
		assertThat(model.path()).hasBinaryContent(TinyModels.gguf());
		assertThat(this.origin.requests("model.gguf")).hasSize(3);
	}

}
// end::faults[]
