/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.function.Consumer;

import dev.modelcache.ModelCacheEvent;

/**
 * Who hears what the engine does.
 *
 * @param events takes the events, one after the other, on a thread for that
 * @param display takes the same events, on a thread of its own
 * @param observer hears about the work behind, on transfer threads
 */
public record Listeners(Consumer<ModelCacheEvent> events, Consumer<ModelCacheEvent> display,
		AcquisitionObserver observer) {

	/**
	 * Creates listeners without a display.
	 * @param events takes the events
	 * @param observer hears about the work behind
	 */
	public Listeners(Consumer<ModelCacheEvent> events, AcquisitionObserver observer) {
		this(events, (event) -> {
		}, observer);
	}

}
