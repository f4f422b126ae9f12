/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Provides the model files of an application. A file is either absent or complete,
 * verified and private, and concurrent requests share one download.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: no method
 * blocks, unless stated otherwise; files are accessed on threads of the cache.
 * <em>Errors</em>: every publisher fails with a {@link ModelCacheException}.
 */
public interface ModelCache extends AutoCloseable {

	/**
	 * Creates a builder.
	 * @return a builder, all of whose options have defaults
	 */
	static ModelCacheBuilder builder() {
		return new ModelCacheBuilder();
	}

	/**
	 * Returns a configured model, acquiring it if necessary. A model that is
	 * {@link ModelState#READY} is returned at once, even while it is being refreshed.
	 * Concurrent callers share one acquisition.
	 * <p>
	 * <em>Cancellation</em>: the acquisition is cancelled when its last caller cancels.
	 * @param id the model's id; {@code default} for the model at the top level of the
	 * configuration
	 * @return the model; fails with {@link ModelNotFoundException} for an unknown id
	 */
	Mono<CachedModel> get(String id);

	/**
	 * Returns a model that is not configured, acquiring it if necessary.
	 * @param request the model to acquire
	 * @return the model
	 */
	Mono<CachedModel> get(ModelRequest request);

	/**
	 * Returns the current status of a model without accessing the disk or the network.
	 * Files that were deleted manually are detected by {@link #check(String)}, which is
	 * part of every health check, and by {@link #get(String)}.
	 * @param id the model's id
	 * @return the status
	 * @throws ModelNotFoundException for an unknown id
	 */
	ModelStatus status(String id);

	/**
	 * Checks whether the files of a model that is {@link ModelState#READY} still exist,
	 * without reading them. If one is missing, the model becomes
	 * {@link ModelState#ABSENT}. Concurrent checks of a model share one access to the
	 * disk.
	 * @param id the model's id
	 * @return the status after the check; fails with {@link ModelNotFoundException} for
	 * an unknown id
	 */
	default Mono<ModelStatus> check(String id) {
		return Mono.fromCallable(() -> status(id));
	}

	/**
	 * Returns the current statuses of all models, followed by all changes. The changes of
	 * each model arrive in order. A slow subscriber misses intermediate statuses but
	 * always receives the latest status of each model.
	 * <p>
	 * <em>Blocking</em>: subscribers are called on dedicated threads, where they may
	 * block or call this cache.
	 * @return the statuses; completes when the cache is closed
	 */
	Flux<ModelStatus> statuses();

	/**
	 * Returns the current status of a model, followed by all changes, as
	 * {@link #statuses()} does for all models.
	 * @param id the model's id
	 * @return the statuses; fails with {@link ModelNotFoundException} for an unknown id
	 */
	default Flux<ModelStatus> statuses(String id) {
		return Flux.defer(() -> {
			status(id);
			return statuses().filter((status) -> status.id().equals(id));
		});
	}

	/**
	 * Removes the published files of a model and their records. Files in the cache of
	 * another tool are kept; only their records are removed. Does nothing if the model is
	 * absent. Waits for another process that is acquiring the model, as an acquisition
	 * does, and fails with {@link ModelLockTimeoutException} if that process makes no
	 * progress.
	 * @param id the model's id, or that of a request that this cache has served
	 * @return completes when the files are removed; fails with
	 * {@link ModelNotFoundException} for an unknown id
	 */
	Mono<Void> evict(String id);

	/**
	 * Removes the published files of a model that is not configured, as
	 * {@link #evict(String)} does, also if another caller requested the model.
	 * @param request the model
	 * @return completes when the files are removed
	 */
	default Mono<Void> evict(ModelRequest request) {
		return Mono.defer(() -> evict(request.id()));
	}

	/**
	 * Reads the published files of a model again and compares their digests. If a digest
	 * does not match, the model becomes {@link ModelState#FAILED} and the returned
	 * publisher fails.
	 * @param id the model's id
	 * @return the verified model
	 */
	Mono<CachedModel> verify(String id);

	/**
	 * Looks for a new version of a model and replaces the published files when the new
	 * version is complete. If the refresh fails, the current version stays. Nothing is
	 * downloaded if the published file already has the expected digest.
	 * @param id the model's id
	 * @return the current model after the refresh
	 */
	Mono<CachedModel> refresh(String id);

	/**
	 * Asks the source of a model whether it has another version than the one that is
	 * here, and how much {@link #refresh} would download. Nothing is downloaded and
	 * nothing changes. A model whose configured digest the published file has is current,
	 * without its source being asked. Not to be confused with {@link #check(String)},
	 * which looks at the disk.
	 * <p>
	 * <em>Errors</em>: those of asking the source, and {@link ModelOfflineException} if
	 * the network is not to be used.
	 * @param id the model's id
	 * @return what the source says; empty if this implementation cannot ask; fails with
	 * {@link ModelNotFoundException} for an unknown id
	 */
	default Mono<ModelUpdate> checkForUpdate(String id) {
		return Mono.fromCallable(() -> status(id)).then(Mono.empty());
	}

	/**
	 * Cancels the current acquisition of a configured model for all its callers, which
	 * receive a {@link ModelCancelledException}, or the next attempt after a failure that
	 * may be temporary. The model is {@link ModelState#CANCELLED} until the next request;
	 * a model that was ready stays ready. Does nothing if no acquisition is running or to
	 * follow.
	 * @param id the model's id
	 * @return completes when the acquisition is cancelled
	 */
	Mono<Void> cancel(String id);

	/**
	 * Cancels all operations and ends the threads of the cache when they have closed
	 * their files. Subsequent calls fail with a {@link ModelCancelledException}.
	 * Published files are kept, and partial downloads are resumed by the next cache that
	 * uses the same directory.
	 * <p>
	 * <em>Blocking</em>: a few seconds at most.
	 */
	@Override
	default void close() {
	}

}
