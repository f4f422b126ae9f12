/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferProgress;
import org.mockito.Mockito;
import reactor.core.publisher.Mono;

/**
 * Statuses as the cache would tell them.
 */
public final class Statuses {

	static final Digest DIGEST = Digest.parse("ab".repeat(32));

	private final Map<String, ModelStatus> statuses = new LinkedHashMap<>();

	Statuses with(ModelStatus status) {
		this.statuses.put(status.id(), status);
		return this;
	}

	/** Returns operations of models that all count. */
	ModelCacheOperations operations(ModelRequest... requests) {
		ModelCacheOperations operations = Mockito.mock(ModelCacheOperations.class);
		Mockito.when(operations.models()).thenReturn(List.of(requests));
		for (ModelRequest request : requests) {
			Mockito.when(operations.model(request.id())).thenReturn(request);
		}
		Mockito.when(operations.counts(Mockito.anyString())).thenReturn(true);
		Mockito.when(operations.status(Mockito.anyString()))
			.thenAnswer((call) -> this.statuses.get(call.<String>getArgument(0)));
		Mockito.when(operations.check(Mockito.anyString()))
			.thenAnswer((call) -> Mono.justOrEmpty(this.statuses.get(call.<String>getArgument(0))));
		return operations;
	}

	static ModelRequest request(String id) {
		return ModelRequest.builder(id).url(URI.create("https://example.com/" + id + ".gguf")).build();
	}

	public static CachedModel model(String id) {
		Path path = Path.of("/models", id + ".gguf").toAbsolutePath();
		return CachedModel.of(id, List.of(path), 1000, DIGEST, "https://example.com/" + id + ".gguf")
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withVerified(true)
			.withFormat(ModelFormat.of("GGUF")
				.withArchitecture("llama")
				.withQuantization("Q4_K_M")
				.withParameters(1_100_048_384L)
				.withContextLength(2048L)
				.withVocabularySize(32_000L));
	}

	static ModelStatus ready(String id) {
		return ModelStatus.ready(model(id));
	}

	static ModelStatus downloading(String id, TransferProgress progress) {
		return ModelStatus.of(id, ModelState.DOWNLOADING)
			.withSource("https://example.com/" + id + ".gguf")
			.withProgress(progress);
	}

	static ModelStatus failed(String id) {
		return ModelStatus.of(id, ModelState.FAILED).withError(failure(id));
	}

	public static ModelCacheException failure(String id) {
		return new ModelTransferException(id, "example.com did not answer", "Check the network", null);
	}

	static ModelStatus waiting(String id) {
		Instant since = Instant.parse("2026-01-02T03:04:05Z");
		LockOwner owner = LockOwner.of(4711, "build-host", since).withProgress(TransferProgress.of(10, 20L, 0));
		return ModelStatus.of(id, ModelState.WAITING).withOwner(owner).withProgress(owner.progress());
	}

}
