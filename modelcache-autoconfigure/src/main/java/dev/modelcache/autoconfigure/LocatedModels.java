/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Supplier;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelNotFoundException;
import reactor.core.scheduler.Schedulers;

/**
 * Files of models, by their locations.
 * <p>
 * <em>Thread-safety</em>: may be used from any thread. <em>Blocking</em>: waits until a
 * model that is not ready is acquired; on a thread that must not block, such as an event
 * loop, only models that are ready are found.
 */
final class LocatedModels {

	private final Supplier<ModelCache> cache;

	/**
	 * Creates the files of a cache.
	 * @param cache supplies the cache; called when a file is requested
	 */
	LocatedModels(Supplier<ModelCache> cache) {
		this.cache = cache;
	}

	/**
	 * Returns whether a location may name a file, without acquiring the model.
	 * @param location the location
	 * @return {@code false} if no such model is configured, or if it is ready and has no
	 * such file
	 */
	boolean mayHave(ModelLocation location) {
		try {
			CachedModel model = this.cache.get().status(location.id()).model();
			return model == null || location.file() == null || new FilesByName(model).has(location.file());
		}
		catch (ModelNotFoundException ex) {
			return false;
		}
	}

	/**
	 * Returns the file that a location names.
	 * @param location the location
	 * @return the published file
	 * @throws ModelCacheException if the model is not available
	 * @throws IllegalStateException if the model is not ready and this thread must not
	 * block
	 */
	Path get(ModelLocation location) {
		CachedModel model = Schedulers.isInNonBlockingThread() ? ready(location) : acquire(location);
		return (location.file() != null) ? new FilesByName(model).get(location.file()) : model.path();
	}

	private CachedModel ready(ModelLocation location) {
		CachedModel model = this.cache.get().status(location.id()).model();
		if (model == null) {
			throw new IllegalStateException("'" + location + "' is not ready yet, and the thread "
					+ Thread.currentThread().getName() + " must not block. Use " + "ModelCache.get(\"" + location.id()
					+ "\") there, or open the resource on a thread " + "that may block");
		}
		return model;
	}

	private CachedModel acquire(ModelLocation location) {
		return Objects.requireNonNull(BlockingBridge.await(this.cache.get().get(location.id())));
	}

}
