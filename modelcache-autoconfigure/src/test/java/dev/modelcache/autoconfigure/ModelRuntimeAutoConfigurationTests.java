/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.runtime.LlmClassifier;
import dev.modelcache.runtime.ModelManager;
import dev.modelcache.testsupport.CachedModels;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link ModelRuntimeAutoConfiguration}: the events of files load models.
 */
class ModelRuntimeAutoConfigurationTests {

	private final ModelManager manager = mock(ModelManager.class);

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ModelCacheAutoConfiguration.class, ModelRuntimeAutoConfiguration.class))
		.withBean(ModelCache.class, () -> mock(ModelCache.class))
		.withBean(ModelManager.class, () -> this.manager);

	ModelRuntimeAutoConfigurationTests() {
		given(this.manager.loadModel()).willReturn(Mono.empty());
	}

	private static CachedModel version(int number) {
		return CachedModels.of(Path.of("m.gguf"), Content.random(10, number));
	}

	private static ModelReady ready(String id) {
		return new ModelReady(id, version(1), Duration.ZERO);
	}

	@Test
	void modelOfTheClassifierIsLoadedWhenItsFileIsThere() {
		this.runner.withPropertyValues("hooks.llm.classifier.enabled=true").run((context) -> {
			assertThat(context).hasSingleBean(LlmClassifier.class);
			context.publishEvent(ready("another"));
			verify(this.manager, never()).loadModel();
			context.publishEvent(ready("default"));
			verify(this.manager).loadModel();
		});
	}

	@Test
	void modelIsNotLoadedForAnApplicationsOwnClassifier() {
		this.runner.withBean(LlmClassifier.class, () -> mock(LlmClassifier.class)).run((context) -> {
			context.publishEvent(ready("default"));
			verify(this.manager, never()).loadModel();
		});
	}

	@Test
	void newVersionOfTheFileIsPassedToTheManager() {
		this.runner.run((context) -> {
			ModelReplaced event = new ModelReplaced("default", version(1), version(2));
			context.publishEvent(event);
			verify(this.manager).replace(event);
			verify(this.manager, never()).use(any());
		});
	}

	@Test
	void newVersionIsPassedToTheManagerAlthoughAListenerOfTheApplicationFails() {
		this.runner.withUserConfiguration(FailingListener.class).run((context) -> {
			ModelReplaced event = new ModelReplaced("default", version(1), version(2));
			assertThatIllegalStateException().isThrownBy(() -> context.publishEvent(event));
			verify(this.manager).replace(event);
		});
	}

	@Test
	void newVersionIsPassedToEachOfSeveralManagers() {
		ModelManager other = mock(ModelManager.class);
		this.runner.withBean("other", ModelManager.class, () -> other).run((context) -> {
			ModelReplaced event = new ModelReplaced("other", version(1), version(2));
			context.publishEvent(event);
			verify(this.manager).replace(event);
			verify(other).replace(event);
		});
	}

	@Configuration(proxyBeanMethods = false)
	static class FailingListener {

		@EventListener
		void replaced(ModelReplaced event) {
			throw new IllegalStateException("listener");
		}

	}

}
