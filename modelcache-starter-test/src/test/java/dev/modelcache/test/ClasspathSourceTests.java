/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.core.io.ClassPathResource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ClasspathSourceResolver}.
 */
class ClasspathSourceTests extends SourceResolverContract {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@TempDir
	private Path copies;

	@BeforeAll
	static void addModelToTheClassPath() throws Exception {
		Path classes = Path.of(ClasspathSourceTests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
		Files.createDirectories(classes.resolve("models"));
		Files.write(classes.resolve("models/model.gguf"), TinyModels.gguf());
	}

	@Override
	protected SourceResolver resolver() {
		return new ClasspathSourceResolver(() -> this.copies);
	}

	@Override
	protected URI location() {
		return URI.create("classpath:models/model.gguf");
	}

	@Override
	protected byte[] content() {
		return bytes("models/model.gguf");
	}

	@Override
	protected URI missing() {
		return URI.create("classpath:models/missing.gguf");
	}

	private static byte[] bytes(String path) {
		try {
			return new ClassPathResource(path).getContentAsByteArray();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void formsOfAUrlAreTheSame() {
		for (String url : List.of("classpath:models/model.gguf", "classpath:/models/model.gguf")) {
			assertThat(resolver().canonical(URI.create(url))).hasToString("classpath:/models/model.gguf");
		}
		for (String url : List.of("classpath:/", "classpath:models/", "classpath:a?b", "classpath:a#b",
				"classpath://host/a")) {
			assertThatIllegalArgumentException().isThrownBy(() -> resolver().check(URI.create(url)))
				.withMessage("names no resource; write classpath:models/tiny.gguf");
		}
	}

	@Test
	void resourceOfAJarIsCopied(@TempDir Path directory) {
		String path = "org/springframework/boot/logging/logback/defaults.xml";
		try (ModelCache cache = ModelCache.builder()
			.sourceResolver(resolver())
			.cache((options) -> options.directory(directory).adopt(false))
			.model(ModelRequest.builder("m").url(URI.create("classpath:" + path)).build())
			.build()) {
			assertThat(cache.get("m").block(PATIENCE).path()).satisfies(Content.exactly(bytes(path)));
		}
	}

	@SpringBootTest(classes = NoDownloadsTests.Application.class, webEnvironment = WebEnvironment.NONE, properties = {
			"spring.config.name=no-file", "spring.main.banner-mode=off", "hooks.llm.url=classpath:models/model.gguf" })
	abstract static class ConfiguredModel {

		@Autowired
		private ModelCache cache;

		@Test
		void modelOfTheClassPathIsServed() {
			assertThat(this.cache.get("default").block(PATIENCE)).satisfies((model) -> {
				assertThat(model.path()).satisfies(Content.exactly(bytes("models/model.gguf")))
					.hasFileName("model.gguf");
				assertThat(model.verified()).isTrue();
				assertThat(model.source()).endsWith("models/model.gguf");
			});
		}

	}

	@Nested
	class InATestWithoutDownloadsTests extends ConfiguredModel {

	}

	@Nested
	@AutoConfigureModelCache
	class BesideAnOriginTests extends ConfiguredModel {

	}

	@Nested
	@TestPropertySource(properties = { "modelcache.test.allow-downloads=true", "hooks.llm.startup.mode=none" })
	class WhereDownloadsAreAllowedTests extends ConfiguredModel {

		@TempDir
		private static Path directory;

		@DynamicPropertySource
		static void directory(DynamicPropertyRegistry registry) {
			registry.add("hooks.llm.cache.directory", directory::toString);
		}

	}

}
