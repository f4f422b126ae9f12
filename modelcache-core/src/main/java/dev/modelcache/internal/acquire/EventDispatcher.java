/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands events to the application, in order, on a thread of their own. A listener that
 * fails is logged; one that is slow misses progress, never anything else.
 */
final class EventDispatcher {

	private static final Logger logger = LoggerFactory.getLogger(EventDispatcher.class);

	private final Consumer<ModelCacheEvent> listeners;

	private final Executor executor;

	private final @Nullable EventDispatcher next;

	private final AtomicInteger waiting = new AtomicInteger();

	/**
	 * Creates a dispatcher.
	 * @param listeners takes the events
	 * @param executor runs one task after the other
	 */
	EventDispatcher(Consumer<ModelCacheEvent> listeners, Executor executor) {
		this(listeners, executor, null);
	}

	/**
	 * Creates a dispatcher that passes events on: neither waits for the other.
	 * @param listeners takes the events
	 * @param executor runs one task after the other
	 * @param next gets the same events
	 */
	EventDispatcher(Consumer<ModelCacheEvent> listeners, Executor executor, @Nullable EventDispatcher next) {
		this.listeners = listeners;
		this.executor = executor;
		this.next = next;
	}

	void dispatch(ModelCacheEvent event) {
		if (this.next != null) {
			this.next.dispatch(event);
		}
		if (event instanceof ModelDownloadProgress && this.waiting.get() > 0) {
			return;
		}
		this.waiting.incrementAndGet();
		try {
			this.executor.execute(() -> deliver(event));
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The application is closing; {} is not delivered", event);
		}
	}

	private void deliver(ModelCacheEvent event) {
		try {
			this.listeners.accept(event);
		}
		catch (Throwable ex) {
			logger.warn("A listener failed on {}; the model is not affected", event.getClass().getSimpleName(), ex);
		}
		finally {
			this.waiting.decrementAndGet();
		}
	}

}
