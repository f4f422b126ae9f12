/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.Map;

import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ModelCacheInfoAutoConfiguration} and
 * {@link ModelCacheObservationAutoConfiguration}.
 */
class ModelCacheInfoAutoConfigurationTests {

	@TempDir
	private Path directory;

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ModelCacheAutoConfiguration.class,
					ModelCacheInfoAutoConfiguration.class, ModelCacheObservationAutoConfiguration.class))
			.withPropertyValues("hooks.llm.cache.directory=" + this.directory,
					"hooks.llm.url=https://user:pa55word@host.example/m.gguf?token=s3cret");
	}

	@Test
	void infoIsOffByDefault() {
		runner().run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(InfoContributor.class));
	}

	@Test
	void infoShowsTheDirectoryAndTheModelsWithoutSecrets() {
		runner().withPropertyValues("management.info.modelcache.enabled=true").run((context) -> {
			Info.Builder builder = new Info.Builder();
			context.getBean(InfoContributor.class).contribute(builder);
			assertThat(builder.build().getDetails())
				.containsExactly(Map.entry("modelcache", Map.of("directory", this.directory.toString(), "models",
						Map.of("default", Map.of("source", "https://host.example/m.gguf", "state", "ABSENT")))));
		});
	}

	@Test
	void acquisitionsAreObservedIfThereIsARegistry() {
		runner().run((context) -> assertThat(context).doesNotHaveBean(ModelCacheBuilderCustomizer.class));
		runner().withBean(ObservationRegistry.class, ObservationRegistry::create)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(ModelCacheBuilderCustomizer.class));
	}

	@Test
	void applicationWithoutMicrometerAndActuatorStarts() {
		runner().withClassLoader(new FilteredClassLoader("io.micrometer", "org.springframework.boot.actuate"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

}
