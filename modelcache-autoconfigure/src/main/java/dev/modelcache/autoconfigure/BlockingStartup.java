/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.List;
import java.util.concurrent.locks.LockSupport;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
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

	private final ConfigurableApplicationContext context;

	BlockingStartup(ModelCache cache, List<ModelRequest> models, ConfigurableApplicationContext context) {
		this.cache = cache;
		this.models = models;
		this.context = context;
	}

	@Override
	public void run(ApplicationArguments args) {
		try {
			BlockingBridge.await(Flux.fromIterable(this.models).flatMap(this::acquire).then());
		}
		catch (RuntimeException ex) {
			if (!this.context.isClosed()) {
				throw ex;
			}
			logger.info("The application is closing before its models are ready");
			throw abandon();
		}
	}

	/**
	 * Ends a start that is not wanted any more. An exception that reaches the end of the
	 * main thread would be printed, so that a terminated process waits for its end
	 * instead, which does not wait for this thread.
	 */
	private SpringApplication.AbandonedRunException abandon() {
		while (isTerminated()) {
			LockSupport.park(this);
		}
		return new SpringApplication.AbandonedRunException(this.context);
	}

	private static boolean isTerminated() {
		try {
			Thread none = new Thread(() -> {
			});
			Runtime.getRuntime().addShutdownHook(none);
			Runtime.getRuntime().removeShutdownHook(none);
			return false;
		}
		catch (IllegalStateException ex) {
			return true;
		}
	}

	private Mono<?> acquire(ModelRequest request) {
		return Mono.justOrEmpty(this.cache.get(request.id()))
			.flatMap((acquisition) -> acquisition)
			.onErrorResume(ModelCacheException.class,
					(failure) -> request.required() ? Mono.error(failure) : Mono.fromRunnable(() -> logger
						.warn("The application starts without an optional model: {}", failure.getMessage())));
	}

}
