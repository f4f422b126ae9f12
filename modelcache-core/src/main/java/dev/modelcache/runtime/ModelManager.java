/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.util.Optional;
import java.util.function.Function;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelReplaced;
import reactor.core.publisher.Mono;

/**
 * Loads a model into memory, replaces it and unloads it. With Spring Boot, it manages the
 * model {@code default}.
 * <p>
 * <em>Thread-safety</em>: may be called from any thread; all methods can be called
 * repeatedly. <em>Blocking</em>: only {@link #use} and {@link #close} block.
 * <em>Errors</em>: {@link ModelCacheException} if the file is not available or was
 * rejected, {@link ModelLoadException} if it cannot be loaded.
 */
public interface ModelManager extends AutoCloseable {

	/**
	 * Creates a builder.
	 * @param cache the cache that provides the file of the model
	 * @param loader the loader of the file
	 * @return a builder
	 */
	static ModelManagerBuilder builder(ModelCache cache, ModelLoader loader) {
		return new ModelManagerBuilder(cache, loader);
	}

	/**
	 * Acquires the file of the model if necessary.
	 * @return whether the file was downloaded
	 */
	Mono<Boolean> ensureModelAvailable();

	/**
	 * Loads the model, acquiring its file if necessary. Concurrent callers share one
	 * load. Does nothing if the model is already loaded.
	 * <p>
	 * <em>Cancellation</em>: a load continues if its callers cancel.
	 * @return completes when the model is ready to use
	 */
	Mono<Void> loadModel();

	/**
	 * Returns whether the model is loaded.
	 * @return {@code true} if the model is loaded
	 */
	boolean isLoaded();

	/**
	 * Unloads the model. A load that is running fails; tasks that are using the model can
	 * finish.
	 * @return completes when the model is no longer used and is closed
	 */
	Mono<Void> unload();

	/**
	 * Replaces the loaded model with another version in the background: the new version
	 * is loaded before the current one is closed. If the new version cannot be loaded,
	 * the current one stays in use. Does nothing if the model of the event is not loaded.
	 * With Spring Boot, each event is passed to this method.
	 * @param event the event
	 */
	default void replace(ModelReplaced event) {
	}

	/**
	 * Performs a task with the loaded model. The model is not closed before the task
	 * returns.
	 * <p>
	 * <em>Blocking</em>: as long as the task; must not be called on an event loop.
	 * @param <T> the type of the result
	 * @param task the task
	 * @return the result of the task, or empty if no model is loaded
	 */
	<T> Optional<T> use(Function<? super LoadedModel, ? extends T> task);

	/**
	 * Unloads the model permanently.
	 * <p>
	 * <em>Blocking</em>: a few seconds at most, until tasks that are using the model have
	 * finished.
	 */
	@Override
	default void close() {
	}

}
