/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All observers of the application as one. One that fails is logged, and breaks nothing.
 */
public final class Observers implements AcquisitionObserver {

	private static final Logger logger = LoggerFactory.getLogger(Observers.class);

	private final List<AcquisitionObserver> observers;

	/**
	 * Combines observers.
	 * @param observers the observers, in order
	 */
	public Observers(List<AcquisitionObserver> observers) {
		this.observers = List.copyOf(observers);
	}

	@Override
	public void configured(Set<String> modelIds) {
		each((observer) -> observer.configured(modelIds));
	}

	@Override
	public void transferStarted(String modelId) {
		each((observer) -> observer.transferStarted(modelId));
	}

	@Override
	public void transferEnded(String modelId) {
		each((observer) -> observer.transferEnded(modelId));
	}

	@Override
	public void bytesWritten(String modelId, String host, long bytes) {
		each((observer) -> observer.bytesWritten(modelId, host, bytes));
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
		List<Steps> all = new ArrayList<>();
		each((observer) -> all.add(observer.started(modelId)));
		return new Steps() {

			@Override
			public Consumer<@Nullable Throwable> began(Step step, @Nullable String source) {
				List<Consumer<@Nullable Throwable>> ends = new ArrayList<>();
				each(all, (steps) -> ends.add(steps.began(step, source)));
				return (failure) -> each(ends, (end) -> end.accept(failure));
			}

			@Override
			public void ended(String outcome, @Nullable Throwable failure) {
				each(all, (steps) -> steps.ended(outcome, failure));
			}

		};
	}

	private void each(Consumer<AcquisitionObserver> told) {
		each(this.observers, told);
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

}
