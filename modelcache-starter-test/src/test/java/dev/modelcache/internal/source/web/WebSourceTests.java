/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.web;

import java.net.URI;
import java.util.Map;

import dev.modelcache.source.SourceResolver;
import dev.modelcache.test.ModelOrigin;
import dev.modelcache.test.SourceResolverContract;
import dev.modelcache.test.TinyModels;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * The contract of sources for web servers.
 */
class WebSourceTests extends SourceResolverContract {

	private final ModelOrigin origin = ModelOrigin.start();

	@AfterEach
	void stop() {
		this.origin.close();
	}

	@Override
	protected SourceResolver resolver() {
		return new HttpSourceResolver(Map.of("X-Team", "models"));
	}

	@Override
	protected URI location() {
		return URI.create(this.origin.uri("model.gguf").toString().replace("//", "//alice:pw@") + "?token=1");
	}

	@Override
	protected byte[] content() {
		return TinyModels.gguf();
	}

	@Override
	protected @Nullable URI missing() {
		return null;
	}

	@Override
	protected long requestCount() {
		return this.origin.requests().size();
	}

}
