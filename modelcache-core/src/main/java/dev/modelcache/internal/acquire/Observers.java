/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands on what happens to an acquisition: to the history at once, and to the observers
 * of the application one after the other on a thread of their own. One that blocks delays
 * the others, and neither an acquisition nor a thread that cancels it; while too much
 * waits for it, only the bytes and the beginning and the end of transfers are kept for
 * it. One that fails is logged.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: none, so that it may be called
 * under a lock.
 */
public final class Observers implements AcquisitionObserver {

	private static final Logger logger = LoggerFactory.getLogger(Observers.class);

	/** How much waits while an observer blocks. */
	private static final int MOST_WAITING = 10_000;

	private final TransferHistory history;

	private final List<AcquisitionObserver> observers;

	private final Executor executor;

	/** The bytes that the observers are about to be told, one task for each entry. */
	private final Map<Sender, Long> written = new ConcurrentHashMap<>();

	private final AtomicInteger waiting = new AtomicInteger();

	private final AtomicBoolean behind = new AtomicBoolean();

	/**
	 * Combines observers.
	 * @param history what the transfers did
	 * @param observers the observers of the application, in order
	 * @param executor runs one task after the other
	 */
	public Observers(TransferHistory history, List<AcquisitionObserver> observers, Executor executor) {
		this.history = history;
		this.observers = List.copyOf(observers);
		this.executor = executor;
	}

	@Override
	public void configured(Set<String> modelIds) {
		this.history.configured(modelIds);
		each(this.observers, (observer) -> observer.configured(modelIds));
	}

	@Override
	public void transferStarted(String modelId) {
		this.history.transferStarted(modelId);
		run(() -> each(this.observers, (observer) -> observer.transferStarted(modelId)));
	}

	@Override
	public void transferEnded(String modelId) {
		this.history.transferEnded(modelId);
		run(() -> each(this.observers, (observer) -> observer.transferEnded(modelId)));
	}

	/** Comes often: what an observer has not been told yet is added up. */
	@Override
	public void bytesWritten(String modelId, String host, long bytes) {
		this.history.bytesWritten(modelId, host, bytes);
		Sender sender = new Sender(modelId, host);
		if (!this.observers.isEmpty() && this.written.merge(sender, bytes, Long::sum) == bytes) {
			run(() -> {
				Long all = this.written.remove(sender);
				each(this.observers, (observer) -> observer.bytesWritten(modelId, host, (all != null) ? all : 0));
			});
		}
	}

	@Override
	public void requestFailed(String modelId, String host, String problem) {
		each((observer) -> observer.requestFailed(modelId, host, problem));
	}

	@Override
	public void transferFailed(String modelId, String problem) {
		each((observer) -> observer.transferFailed(modelId, problem));
	}

	@Override
	public void retried(String modelId, String reason) {
		each((observer) -> observer.retried(modelId, reason));
	}

	@Override
	public void verified(boolean matched, Duration elapsed) {
		each((observer) -> observer.verified(matched, elapsed));
	}

	@Override
	public void lockWaited(Duration waited) {
		each((observer) -> observer.lockWaited(waited));
	}

	@Override
	public void ended(String modelId, String outcome, Duration elapsed) {
		each((observer) -> observer.ended(modelId, outcome, elapsed));
	}

	@Override
	public Steps started(String modelId) {
		if (this.observers.isEmpty()) {
			return Steps.NONE;
		}
		List<Steps> all = new ArrayList<>();
		later(() -> each(this.observers, (observer) -> all.add(observer.started(modelId))));
		return new Steps() {

			@Override
			public Consumer<@Nullable Throwable> began(Step step, @Nullable String source) {
				List<Consumer<@Nullable Throwable>> ends = new ArrayList<>();
				later(() -> each(all, (steps) -> ends.add(steps.began(step, source))));
				return (failure) -> later(() -> each(ends, (end) -> end.accept(failure)));
			}

			@Override
			public void ended(String outcome, @Nullable Throwable failure) {
				later(() -> each(all, (steps) -> steps.ended(outcome, failure)));
			}

		};
	}

	private void each(Consumer<AcquisitionObserver> told) {
		told.accept(this.history);
		if (!this.observers.isEmpty()) {
			later(() -> each(this.observers, told));
		}
	}

	private void later(Runnable telling) {
		if (this.waiting.get() < MOST_WAITING) {
			run(telling);
		}
		else if (this.behind.compareAndSet(false, true)) {
			logger.warn("An observer of the model cache does not return. What happens until it does is not observed, "
					+ "so meters and traces lack it. Look for what it waits for in a thread dump (modelcache-observers)");
		}
	}

	private void run(Runnable telling) {
		this.waiting.incrementAndGet();
		try {
			this.executor.execute(() -> {
				if (this.waiting.decrementAndGet() == 0) {
					this.behind.set(false);
				}
				telling.run();
			});
		}
		catch (RejectedExecutionException ex) {
			logger.debug("The cache is closed; its observers are told no more");
		}
	}

	private static <T> void each(List<T> observers, Consumer<T> told) {
		for (T observer : observers) {
			try {
				told.accept(observer);
			}
			catch (Throwable ex) {
				logger.warn("An observer failed; the model is not affected", ex);
			}
		}
	}

	/**
	 * Where bytes came from.
	 *
	 * @param modelId the model's id
	 * @param host the host that sent them
	 */
	private record Sender(String modelId, String host) {

	}

}
