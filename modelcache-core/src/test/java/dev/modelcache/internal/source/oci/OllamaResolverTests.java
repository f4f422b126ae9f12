/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.List;

import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OciResolver} with the names and manifests of Ollama.
 */
class OllamaResolverTests extends SourceResolverContractTests {

	private final FakeRegistry registry = new FakeRegistry().servingManifestsAs("text/plain");

	OllamaResolverTests() {
		this.registry.manifest("library/model", "latest",
				ManifestJson.of("application/vnd.docker.container.image.v1+json")
					.layer("application/vnd.ollama.image.model", Content.random(1000, 1))
					.layer("application/vnd.ollama.image.license", Content.of("free"))
					.toString());
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
	protected URI location() {
		return this.registry.url("ollama", "model");
	}

	@Override
	protected URI missing() {
		return URI.create("ollama://u:s3cret@" + this.registry.host() + "/missing");
	}

	@Override
	protected List<RecordedRequest> requests() {
		return this.registry.server().requests();
	}

	@Test
	void acceptHeaderIsOllamas() {
		resolve(location());
		assertThat(this.registry.server().requests().get(0).header("Accept"))
			.isEqualTo("application/vnd.docker.distribution.manifest.v2+json");
	}

}
