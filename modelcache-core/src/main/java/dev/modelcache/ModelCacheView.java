/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Read-only view of the configured models of a cache: their statuses, the history of
 * their transfers, and the disk usage.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread. <em>Blocking</em>: only
 * {@link #usage()} blocks. <em>Errors</em>: {@link ModelNotFoundException} for an id that
 * is not configured.
 */
public interface ModelCacheView {

	/**
	 * Returns the configured models.
	 * @return the models, in the order of the configuration
	 */
	List<ModelRequest> models();

	/**
	 * Returns a configured model.
	 * @param id the model's id
	 * @return the model
	 */
	ModelRequest model(String id);

	/**
	 * Returns the status of a configured model.
	 * @param id the model's id
	 * @return the status
	 */
	ModelStatus status(String id);

	/**
	 * Returns where a configured model comes from.
	 * @param id the model's id
	 * @return its URL without user-info, query and fragment, or the path of its file if
	 * it has no URL
	 */
	String source(String id);

	/**
	 * Checks whether the files of a model still exist.
	 * @param id the model's id
	 * @return the status after the check
	 * @see ModelCache#check(String)
	 */
	Mono<ModelStatus> check(String id);

	/**
	 * Returns whether a model is part of the application's health. If models are acquired
	 * on first use, a model is part of it from its first use.
	 * @param id the model's id
	 * @return {@code true} if the model is part of it
	 */
	boolean counts(String id);

	/**
	 * Returns when the next attempt in the background to acquire a model that failed
	 * begins.
	 * @param id the model's id
	 * @return the time, or {@code null} if the model has not failed, or for a reason that
	 * does not pass: it then waits for {@link ModelCacheOperations#ensure}
	 */
	@Nullable Instant nextAttempt(String id);

	/**
	 * Returns the statuses of the hosts in the current or last transfer of a model since
	 * the application started.
	 * @param id the model's id
	 * @return the statuses, in the order in which the hosts were first used; at most 16
	 */
	List<MirrorStatus> mirrors(String id);

	/**
	 * Returns the latest download attempts of a model since the application started.
	 * @param id the model's id
	 * @return the attempts, the oldest first; at most 20
	 */
	List<TransferAttempt> attempts(String id);

	/**
	 * Returns what the source of a model said when it was last asked for another version
	 * by {@link ModelCacheOperations#checkForUpdate}, since the application started.
	 * @param id the model's id
	 * @return the result, or {@code null} if it was not asked, the question failed, or
	 * the model has changed since
	 */
	@Nullable ModelUpdate update(String id);

	/**
	 * Returns the directory of the cache, without looking at it.
	 * @return the directory
	 */
	default Path directory() {
		return usage().directory();
	}

	/**
	 * Returns the disk usage of the cache. All callers share one count of its files.
	 * <p>
	 * <em>Blocking</em>: at most 200 milliseconds. A count that takes longer goes on, and
	 * the last one is returned meanwhile.
	 * @return the usage
	 */
	CacheUsage usage();

}
