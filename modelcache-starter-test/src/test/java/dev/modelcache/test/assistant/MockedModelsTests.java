/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.assistant;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCache;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.bean.override.mockito.MockitoBean;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Mono;

import static org.mockito.BDDMockito.given;

// tag::mock[]
@WebFluxTest
@Import(Assistant.class)
class MockedModelsTests {

	@MockitoBean
	private ModelCache models;

	@Autowired
	private WebTestClient client;

	@Test
	void controllerAnswersWithTheNameOfTheModel() {
		CachedModel model = CachedModel.of("default", List.of(Path.of("models/tiny.gguf")), 4096,
				Digest.parse("sha256:" + "0".repeat(64)), "https://models.example.com/tiny.gguf");
		given(this.models.get("default")).willReturn(Mono.just(model));
		this.client.get().uri("/assistant").exchange().expectBody(String.class).isEqualTo("uses tiny.gguf");
	}

}
// end::mock[]
