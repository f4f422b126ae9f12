/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.web;

import java.net.URI;
import java.util.Map;

import dev.modelcache.ModelRequest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HttpSourceResolver}.
 */
class HttpSourceResolverTests extends SourceResolverContractTests {

	@Override
	protected SourceResolver resolver() {
		return new HttpSourceResolver(Map.of("X-Team", "models"));
	}

	@Override
	protected URI location() {
		return URI.create("https://alice:pw@example.com/a/model.gguf?token=1");
	}

	@Override
	protected @Nullable URI missing() {
		return null;
	}

	@Test
	void userInfoBecomesAHeaderAndLeavesTheUrl() {
		Mirror mirror = resolve(location()).mirrors().get(0);
		assertThat(mirror.uri()).isEqualTo(URI.create("https://example.com/a/model.gguf?token=1"));
		assertThat(mirror.headers()).containsEntry("Authorization", "Basic YWxpY2U6cHc=")
			.containsEntry("X-Team", "models");
		assertThat(mirror).hasToString("https://example.com/a/model.gguf");
	}

	@Test
	void anotherOriginGetsItsUserInfoAlone() {
		ModelRequest request = ModelRequest.builder("m").url(URI.create("https://elsewhere.example/m.gguf")).build();
		Mirror mirror = resolver().resolve(SourceLocation.of(location(), request, false))
			.block(PATIENCE)
			.file()
			.mirrors()
			.get(0);
		assertThat(mirror.headers()).containsOnlyKeys("Authorization");
	}

	@Test
	void encodedPathStaysAsItIs() {
		Mirror mirror = resolve(URI.create("https://a:b@example.com/a%20b/m%2Fodel.gguf")).mirrors().get(0);
		assertThat(mirror.uri()).hasToString("https://example.com/a%20b/m%2Fodel.gguf");
	}

}
