/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Acquires the models before the application is ready. The web server is already running
 * at that time, and liveness is correct. If a required model is not available, startup
 * fails.
 */
final class BlockingStartup implements ApplicationRunner {

	private static final Logger logger = LoggerFactory.getLogger(BlockingStartup.class);

	private final ModelCache cache;

	private final List<ModelRequest> models;

	BlockingStartup(ModelCache cache, List<ModelRequest> models) {
		this.cache = cache;
		this.models = models;
	}

	@Override
	public void run(ApplicationArguments args) {
		BlockingBridge.await(Flux.fromIterable(this.models).flatMap(this::acquire).then());
	}

	private Mono<?> acquire(ModelRequest request) {
		return Mono.justOrEmpty(this.cache.get(request.id()))
			.flatMap((acquisition) -> acquisition)
			.onErrorResume(ModelCacheException.class, (failure) -> request.required() ? Mono.error(failure) : Mono
				.fromRunnable(() -> logger.warn("Not required, so the start goes on: {}", failure.getMessage())));
	}

}
