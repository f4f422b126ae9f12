/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.runtime;

import java.time.Clock;

import dev.modelcache.ModelCache;
import dev.modelcache.internal.runtime.DefaultModelManager;
import dev.modelcache.internal.runtime.RuntimeObserver;

/**
 * Builds a {@link ModelManager}.
 * <p>
 * <em>Thread-safety</em>: not thread-safe.
 */
public final class ModelManagerBuilder {

	private final ModelCache cache;

	private final ModelLoader loader;

	private String modelId = "default";

	private RuntimeObserver observer = RuntimeObserver.NONE;

	private Clock clock = Clock.systemUTC();

	ModelManagerBuilder(ModelCache cache, ModelLoader loader) {
		this.cache = cache;
		this.loader = loader;
	}

	/**
	 * Sets the model to load; {@code default} by default.
	 * @param modelId the model's id
	 * @return this builder
	 */
	public ModelManagerBuilder modelId(String modelId) {
		this.modelId = modelId;
		return this;
	}

	/**
	 * Sets the clock that measures the duration of loads.
	 * @param clock the clock
	 * @return this builder
	 */
	public ModelManagerBuilder clock(Clock clock) {
		this.clock = clock;
		return this;
	}

	/** Sets the observer, which is called on the thread that loads. */
	void observer(RuntimeObserver observer) {
		this.observer = observer;
	}

	/**
	 * Builds the manager without loading the model.
	 * @return the manager, which the caller must close before the cache
	 */
	public ModelManager build() {
		return new DefaultModelManager(this.modelId, this.cache, this.loader, this.observer, this.clock);
	}

}
