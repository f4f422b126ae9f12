/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test.extending;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import dev.modelcache.source.SourceResolver;
import dev.modelcache.test.ModelOrigin;
import dev.modelcache.test.SourceResolverContract;
import dev.modelcache.test.TinyModels;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.web.reactive.function.client.WebClient;

// tag::contract[]
class ArtifactSourceTests extends SourceResolverContract {

	private final ModelOrigin server = ModelOrigin.start();

	@BeforeEach
	void publish() throws NoSuchAlgorithmException {
		byte[] digest = MessageDigest.getInstance("SHA-256").digest(content());
		this.server.serve("classifier/3/model.gguf", content())
			.serve("classifier/3/model.gguf.sha256",
					HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII));
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Override
	protected SourceResolver resolver() {
		return new ArtifactSource(WebClient.builder(), this.server.uri("/"));
	}

	@Override
	protected URI location() {
		return URI.create("artifacts://classifier/3/model.gguf");
	}

	@Override
	protected byte[] content() {
		return TinyModels.gguf();
	}

	@Override
	protected URI missing() {
		return URI.create("artifacts://missing/1/model.gguf");
	}

	@Override
	protected long requestCount() {
		return this.server.requests().size();
	}

}
// end::contract[]
