/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import reactor.core.publisher.Mono;

/**
 * Operations on a cache for health checks, operators and application startup. In addition
 * to {@link ModelCache}, they start work in the background, and stop and start the cache
 * with its application. From their creation on, they acquire a configured model again
 * after a failure that may be temporary, also one of an attempt that a caller requested.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: only
 * {@link #usage()}, {@link #awaitStopped()} and {@link #close()} block. <em>Errors</em>:
 * {@link ModelNotFoundException} for an id that is not configured.
 */
public interface ModelCacheOperations extends ModelCacheView, AutoCloseable {

	/**
	 * Starts to acquire a model in the background, unless an attempt is running.
	 * @param id the model's id
	 * @throws ModelCancelledException if the cache is stopped or closed
	 */
	void ensure(String id);

	/**
	 * Starts to acquire a model in the background if it is missing or failed for a
	 * temporary reason, and if enough time has passed since the last attempt.
	 * @param id the model's id
	 */
	void ensureIfDue(String id);

	/**
	 * Starts to acquire all configured models in the background.
	 */
	void ensureAll();

	/**
	 * Starts to look for new versions of the models and, while a fallback is served, for
	 * the model itself. Does nothing if the cache is offline.
	 */
	void startRefreshing();

	/**
	 * Verifies a model in the background; a verification that is running is joined. The
	 * result is logged.
	 * @param id the model's id
	 * @throws ModelCancelledException if the cache is stopped or closed
	 */
	void verify(String id);

	/**
	 * Refreshes a model in the background; a refresh that is running is joined. The
	 * result is logged.
	 * @param id the model's id
	 * @throws ModelCancelledException if the cache is stopped or closed
	 */
	void refresh(String id);

	/**
	 * Asks the source of a model in the background whether it has another version, unless
	 * it is running. The result is logged, and returned by {@link #update}.
	 * @param id the model's id
	 * @throws ModelCancelledException if the cache is stopped or closed
	 */
	void checkForUpdate(String id);

	/**
	 * Cancels the acquisition of a model, or the next attempt after a failure.
	 * @param id the model's id
	 * @return completes when the acquisition is cancelled
	 */
	Mono<Void> cancel(String id);

	/**
	 * Removes the published files of a model.
	 * @param id the model's id
	 * @return completes when the files are removed; fails with a
	 * {@link ModelCancelledException} after 10 seconds
	 */
	Mono<Void> evict(String id);

	/**
	 * Cancels all operations and rejects requests until {@link #start()} is called: all
	 * callers receive a {@link ModelCancelledException}. Completes
	 * {@link ModelCache#statuses()}.
	 */
	void stop();

	/**
	 * Waits until the operations that {@link #stop()} has cancelled have closed their
	 * files. Operations that are blocked in a system call for longer are logged.
	 * <p>
	 * <em>Blocking</em>: at most two seconds, which count for {@link #close()} as well.
	 */
	void awaitStopped();

	/**
	 * Accepts requests again after {@link #stop()} and resumes the background work.
	 */
	void start();

	/**
	 * Ends the background work and closes the cache that was built with these operations.
	 * Closing that cache ends the background work as well.
	 */
	@Override
	void close();

}
