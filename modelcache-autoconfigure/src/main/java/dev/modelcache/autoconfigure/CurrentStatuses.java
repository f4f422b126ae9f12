/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import dev.modelcache.ModelCacheView;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Schedulers;

/**
 * Statuses of models after a check of the disk.
 * <p>
 * <em>Blocking</em>: for at most 200 ms, and not on threads that must not block. If the
 * disk takes longer, the result is visible in the next call.
 */
final class CurrentStatuses {

	private static final Logger logger = LoggerFactory.getLogger(CurrentStatuses.class);

	private static final Duration LONGEST_WAIT = Duration.ofMillis(200);

	private CurrentStatuses() {
	}

	static Map<String, ModelStatus> of(ModelCacheView view, Collection<ModelRequest> models) {
		await(CompletableFuture.allOf(models.stream()
			.map((model) -> view.check(model.id()).toFuture())
			.toArray(CompletableFuture<?>[]::new)));
		Map<String, ModelStatus> statuses = new LinkedHashMap<>();
		models.forEach((model) -> statuses.put(model.id(), view.status(model.id())));
		return statuses;
	}

	private static void await(CompletableFuture<?> checks) {
		if (Schedulers.isInNonBlockingThread()) {
			return;
		}
		try {
			checks.get(LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException | ExecutionException ex) {
			logger.debug("The files of models were not checked within {} ms", LONGEST_WAIT.toMillis(), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
