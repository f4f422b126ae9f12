/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.test.AutoConfigureModelCache;
import dev.modelcache.test.ModelOrigin;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

// tag::loader-test[]
@SpringBootTest(
		properties = { "hooks.llm.url=https://models.example.com/words.txt", "hooks.llm.classifier.enabled=true",
				"hooks.llm.classifier.prompt={text}", "hooks.llm.inference-timeout-ms=60000" })
@AutoConfigureModelCache
class WordListLoaderTests {

	@Autowired
	private ModelOrigin origin;

	@Autowired
	private ModelManager manager;

	@Autowired
	private LlmClassifier classifier;

	@Test
	void textIsClassified() {
		this.origin.serve("words.txt", "rm DELETE\nmkdir CREATE\n".getBytes(StandardCharsets.UTF_8));
		this.manager.loadModel().block(Duration.ofMinutes(1));
		assertThat(this.classifier.classifyBlocking("rm -rf build").label()).isEqualTo("DELETE");
		assertThat(this.classifier.classifyBlocking("mkdir build").label()).isEqualTo("CREATE");
	}

}
// end::loader-test[]
