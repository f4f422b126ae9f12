/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;

import dev.modelcache.source.SourceResolver;
import dev.modelcache.test.SourceResolverContract;
import dev.modelcache.test.TinyModels;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ManifestJson;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/**
 * The contract of sources for registries.
 */
class RegistrySourcesTests {

	private static final Content MODEL = Content.of(TinyModels.gguf());

	private static FakeRegistry registry(String config, String layer) {
		FakeRegistry registry = new FakeRegistry();
		registry.blob("library/model", MODEL);
		registry.manifest("library/model", "latest", ManifestJson.of(config).layer(layer, MODEL).toString());
		return registry;
	}

	@Nested
	class OciTests extends Registry {

		OciTests() {
			super(registry("application/vnd.docker.ai.model.config.v0.1+json", "application/vnd.docker.ai.gguf.v3"));
		}

		@Override
		protected URI location() {
			return this.registry.url("oci", "library/model");
		}

		@Override
		protected URI missing() {
			return URI.create("oci://u:s3cret@" + this.registry.host() + "/library/missing");
		}

	}

	@Nested
	class OllamaTests extends Registry {

		OllamaTests() {
			super(registry("application/vnd.docker.container.image.v1+json", "application/vnd.ollama.image.model"));
		}

		@Override
		protected URI location() {
			return this.registry.url("ollama", "model");
		}

		@Override
		protected URI missing() {
			return URI.create("ollama://u:s3cret@" + this.registry.host() + "/missing");
		}

	}

	abstract static class Registry extends SourceResolverContract {

		final FakeRegistry registry;

		Registry(FakeRegistry registry) {
			this.registry = registry;
		}

		@AfterEach
		void stop() {
			this.registry.close();
		}

		@Override
		protected SourceResolver resolver() {
			return OciFixture.resolver(this.registry);
		}

		@Override
		protected byte[] content() {
			return TinyModels.gguf();
		}

		@Override
		protected long requestCount() {
			return this.registry.server().requests().size();
		}

	}

}
