/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for files of resolvers of the application, which have the names that those say.
 */
class CustomResolverTests {

	@TempDir
	private Path directory;

	private final MisbehavingServer server = MisbehavingServer.start()
		.serve("/blob", GgufFile.tiny().content())
		.serve("/garbage", Content.random(1000, 1));

	@AfterEach
	void stop() {
		this.server.close();
	}

	private CachedModel get(String url, String path, String name) {
		SourceResolver resolver = new SourceResolver() {

			@Override
			public Set<String> schemes() {
				return Set.of("store");
			}

			@Override
			public Mono<ResolvedModel> resolve(SourceLocation location) {
				Mirror mirror = new Mirror(CustomResolverTests.this.server.uri(path), Map.of());
				return Mono.just(new ResolvedModel(new RemoteFile(name, List.of(mirror), null, null)));
			}

		};
		try (CacheFixture fixture = new CacheFixture(this.directory).formats(FormatSettings.defaults())
			.resolver(resolver)) {
			fixture.open(ModelRequest.builder("m").url(URI.create(url)).build());
			return fixture.get("m");
		}
	}

	@ParameterizedTest
	@CsvSource({ "store://team/model", "store://team/model.bin", "store://team", "store:model:v1",
			"store://team/other.gguf" })
	void fileHasTheNameThatTheResolverSays(String url) {
		CachedModel model = get(url, "/blob", "classifier.gguf");
		assertThat(model.path()).hasFileName("classifier.gguf");
		CachedModel again = get(url, "/blob", "classifier.gguf");
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again.path()).isEqualTo(model.path());
	}

	@Test
	void fileIsInspectedByThatName() {
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get("store://team/model", "/garbage", "classifier.gguf"));
	}

}
