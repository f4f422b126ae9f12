/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * A Hub with the repository {@code org/repo}, and a resolver that asks it.
 */
final class HubScenario implements AutoCloseable {

	static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	static final Content MODEL = Content.random(1000, 1);

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	final HubServer server = HubServer.start().token("hf_known");

	final HubServer.Repository repository = this.server.repository("org/repo", COMMIT)
		.large("model.gguf", MODEL)
		.small("config.json", "{}");

	/** Who asks. */
	@Nullable String token;

	HuggingFaceResolver resolver() {
		HubToken token = new HubToken(this.token, (name) -> null, Path.of("/nowhere"));
		return new HuggingFaceResolver(new HubSettings(this.server.endpoint(), token), Map.of("X-Team", "models"),
				MetadataClients.create(), Schedulers.boundedElastic());
	}

	ResolvedModel model(String url, String... files) {
		ModelRequest request = ModelRequest.builder("m").url(URI.create(url)).files(List.of(files)).build();
		return resolver().resolve(SourceLocation.of(URI.create(url), request, true)).block(PATIENCE);
	}

	<E extends ModelCacheException> E failure(Class<E> type, String url, String... files) {
		E failure = catchThrowableOfType(type, () -> model(url, files));
		assertThat(failure).isNotNull().hasMessageContaining("Model 'm'");
		return failure;
	}

	@Override
	public void close() {
		this.server.close();
	}

}
