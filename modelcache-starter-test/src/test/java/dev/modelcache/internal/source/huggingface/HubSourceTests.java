/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;

import dev.modelcache.source.SourceResolver;
import dev.modelcache.test.SourceResolverContract;
import dev.modelcache.test.TinyModels;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * The contract of sources for the Hugging Face Hub.
 */
class HubSourceTests extends SourceResolverContract {

	private final HubScenario hub = new HubScenario();

	@BeforeEach
	void publish() {
		this.hub.repository.large("model.gguf", Content.of(TinyModels.gguf()));
	}

	@AfterEach
	void stop() {
		this.hub.close();
	}

	@Override
	protected SourceResolver resolver() {
		return this.hub.resolver();
	}

	@Override
	protected URI location() {
		return URI.create("hf://org/repo/model.gguf");
	}

	@Override
	protected byte[] content() {
		return TinyModels.gguf();
	}

	@Override
	protected URI missing() {
		return URI.create("hf://org/repo/missing.gguf");
	}

	@Override
	protected long requestCount() {
		return this.hub.server.hub().requests().size();
	}

}
