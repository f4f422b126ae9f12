/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.time.Duration;

import dev.modelcache.ModelCache;
import dev.modelcache.test.AutoConfigureModelCache;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

// tag::listener-test[]
@SpringBootTest(properties = "hooks.llm.url=https://models.example.com/model.gguf")
@AutoConfigureModelCache
class ModelJournalTests {

	@Autowired
	private ModelCache models;

	@Autowired
	private ModelJournal journal;

	@Test
	void readyModelIsWrittenDown() {
		this.models.get("default").block(Duration.ofMinutes(1));
		Awaitility.await()
			.atMost(Duration.ofMinutes(1))
			.until(() -> this.journal.entries().stream().anyMatch((entry) -> entry.startsWith("default is ready")));
	}

}
// end::listener-test[]
