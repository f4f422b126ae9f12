/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.modelcache.ModelCache;
import dev.modelcache.testsupport.CachedModels;
import dev.modelcache.testsupport.Content;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ModelRuntimeMeters}, and for the builders that they are bound to: a
 * model in use without Spring Boot.
 */
class ModelRuntimeMetersTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final ModelRuntimeMeters meters = new ModelRuntimeMeters(this.registry);

	private final ModelCache cache = mock(ModelCache.class);

	private ModelManager manager(ModelLoader loader) {
		given(this.cache.get("a")).willReturn(Mono.just(CachedModels.of(Path.of("m.gguf"), Content.random(10, 1))));
		ModelManagerBuilder builder = ModelManager.builder(this.cache, loader).modelId("a");
		this.meters.bindTo(builder);
		return builder.build();
	}

	private double active() {
		return this.registry.get("modelcache.classifications.active").gauge().value();
	}

	@Test
	void loadsAndClassificationsAreTimed() {
		LoadedModel loaded = mock(LoadedModel.class);
		given(loaded.answer(any(), any())).willAnswer((call) -> {
			assertThat(active()).isEqualTo(1);
			return "DELETE";
		});
		try (ModelManager manager = manager((file) -> loaded)) {
			LlmClassifierBuilder builder = LlmClassifier.builder(manager)
				.labels(List.of("DELETE"))
				.prompt("{text}?")
				.timeout(PATIENCE);
			this.meters.bindTo(builder);
			manager.loadModel().block(PATIENCE);
			try (LlmClassifier classifier = builder.build()) {
				assertThat(classifier.classifyBlocking("rm").label()).isEqualTo("DELETE");
			}
		}
		assertThat(this.registry.get("modelcache.model.loads").tags("model", "a", "outcome", "loaded").timer().count())
			.isEqualTo(1);
		Awaitility.await().atMost(PATIENCE).until(() -> active() == 0);
		assertThat(this.registry.get("modelcache.classifications")
			.tags("label", "DELETE", "outcome", "answered")
			.timer()
			.count()).isEqualTo(1);
	}

	@Test
	void loadsThatFailAreTimed() {
		try (ModelManager manager = manager((file) -> {
			throw new IllegalStateException("broken");
		})) {
			assertThatExceptionOfType(ModelLoadException.class).isThrownBy(() -> manager.loadModel().block(PATIENCE));
		}
		assertThat(this.registry.get("modelcache.model.loads").tags("model", "a", "outcome", "failed").timer().count())
			.isEqualTo(1);
	}

}
