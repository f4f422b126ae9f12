/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models that an application knows by name alone, and what it pins of them.
 */
class CatalogAutoConfigurationTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ApplicationContextRunner runner() {
		return new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HttpClientAutoConfiguration.class,
					ReactiveHttpClientAutoConfiguration.class, ModelCacheAutoConfiguration.class))
			.withPropertyValues("hooks.llm.cache.directory=" + this.directory.resolve("cache"),
					"hooks.llm.cache.min-free-space=1MB", "hooks.llm.download.allow-insecure-http=true",
					"hooks.llm.max-attempts=1", "hooks.llm.verify-format=off",
					"hooks.llm.huggingface.cache-directory=" + this.directory.resolve("hub"));
	}

	private ApplicationContextRunner withRemoteCatalog() {
		this.server.serve("/catalog.json", catalog("mine", this.server.uri("/m.gguf")));
		return runner().withPropertyValues("hooks.llm.url=catalog://mine@1",
				"hooks.llm.catalog.locations=" + this.server.uri("/catalog.json"));
	}

	private static byte[] catalog(String name, URI... urls) {
		String variants = IntStream.range(0, urls.length)
			.mapToObj((i) -> "{\"quantization\":\"Q" + (8 - i) + "\",\"url\":\"" + urls[i] + "\"}")
			.collect(Collectors.joining(","));
		return ("{\"format\":1,\"models\":[{\"name\":\"" + name + "\",\"version\":\"1\",\"variants\":[" + variants
				+ "]}]}")
			.getBytes(StandardCharsets.UTF_8);
	}

	private static CachedModel get(ApplicationContext context) {
		return context.getBean(ModelCache.class).get("default").block(PATIENCE);
	}

	@Test
	void catalogOfAWebServerIsFetchedWhenAModelNeedsItAndNotBefore() {
		withRemoteCatalog().run((context) -> {
			assertThat(context).hasNotFailed();
			assertThat(this.server.requests()).isEmpty();
			CachedModel model = get(context);
			assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(this.server.requests("/catalog.json")).hasSize(1);
		});
	}

	@Test
	void catalogOfAWebServerIsToldNothingOfTheConfiguration() {
		withRemoteCatalog()
			.withPropertyValues("hooks.llm.download.headers.Authorization=hunter2",
					"hooks.llm.huggingface.token=hunter2")
			.run((context) -> {
				get(context);
				assertThat(this.server.requests()).hasSizeGreaterThan(1)
					.allSatisfy((request) -> assertThat(request.header("Authorization")).isNull());
			});
	}

	@Test
	void modelThatIsThereNeedsItsCatalogNoMore() {
		withRemoteCatalog().run(CatalogAutoConfigurationTests::get);
		this.server.always("/catalog.json", Reply.status(500));
		int before = this.server.requests().size();
		withRemoteCatalog().run((context) -> assertThat(get(context).outcome()).isEqualTo(ModelOutcome.CACHED));
		withRemoteCatalog().withPropertyValues("hooks.llm.offline=true")
			.run((context) -> assertThat(get(context).outcome()).isEqualTo(ModelOutcome.CACHED));
		assertThat(this.server.requests()).hasSize(before);
	}

	@Test
	void offlineNoCatalogIsFetched() {
		withRemoteCatalog().withPropertyValues("hooks.llm.offline=true").run((context) -> {
			assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> get(context));
			assertThat(this.server.requests()).isEmpty();
		});
	}

	@Test
	void catalogsStandOnTheClassPathToo() {
		runner()
			.withPropertyValues("hooks.llm.url=catalog://of-the-class-path",
					"hooks.llm.catalog.locations=classpath:catalog-of-tests.json")
			.run((context) -> assertThat(context.getBean(ModelCacheOperations.class).model("default").url())
				.isEqualTo(URI.create("https://host/m.gguf")));
	}

	@Test
	void applicationsOwnCatalogComesBeforeTheBuiltInOne() throws IOException {
		Path own = Files.write(this.directory.resolve("own.json"), catalog("tinyllama", this.server.uri("/m.gguf")));
		runner().withBean(ModelCacheBuilderCustomizer.class, () -> (builder) -> builder.catalog(own.toUri().toString()))
			.withPropertyValues("hooks.llm.model-type=tinyllama")
			.run((context) -> assertThat(get(context).path()).satisfies(Content.exactly(this.content.bytes())));
	}

	@Test
	void variantThatTheDiskHasNoRoomForGivesWayToTheSmallerOne() throws IOException {
		this.server.serve("/large.gguf", Content.random(1L << 50, 2));
		Path catalog = Files.write(this.directory.resolve("catalog.json"),
				catalog("mine", this.server.uri("/large.gguf"), this.server.uri("/m.gguf")));
		runner().withPropertyValues("hooks.llm.url=catalog://mine", "hooks.llm.catalog.locations=" + catalog.toUri())
			.run((context) -> {
				CachedModel model = get(context);
				assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
				assertThat(model.fallback()).isTrue();
			});
	}

	@Test
	void lockFileIsWrittenWhereTheKeySaysAndEnforced() {
		Path lockFile = this.directory.resolve("models.lock");
		ApplicationContextRunner locked = runner().withPropertyValues("hooks.llm.url=" + this.server.uri("/m.gguf"),
				"hooks.llm.lock-file=" + lockFile);
		locked.run((context) -> {
			get(context);
			assertThat(lockFile).content().contains("\"default\"", this.content.sha256().toString());
		});
		this.server.serve("/m.gguf", Content.random(100_000, 2));
		locked.withPropertyValues("hooks.llm.cache.directory=" + this.directory.resolve("other"))
			.run((context) -> assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(context))
				.withMessageContaining("the lock file specifies " + this.content.sha256()));
	}

}
