/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

import dev.modelcache.ModelStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * The current statuses of all models, and the subscribers to their changes. Keeps the
 * status of every configured model, and of the other models that changed last.
 * <p>
 * <em>Thread-safety</em>: all methods; each subscriber receives the statuses of a model
 * in their order. The monitor is held to change a status and to queue it, never while a
 * subscriber is called. <em>Blocking</em>: no method blocks.
 */
final class StatusBoard {

	private static final Logger logger = LoggerFactory.getLogger(StatusBoard.class);

	/** Models that the configuration does not name and whose status is kept. */
	static final int MOST_OTHERS = 1000;

	/** Changes of one model that are kept for a subscriber that requested them. */
	static final int MOST_PENDING = 16;

	private final Set<String> configured;

	private final Executor executor;

	private final Set<Subscriber> subscribers = new CopyOnWriteArraySet<>();

	/** Never modified; replaced under the monitor. */
	private volatile Map<String, ModelStatus> statuses;

	private volatile boolean closed;

	/**
	 * Creates a board.
	 * @param configured the ids of the configured models
	 * @param executor runs the subscribers, each for as long as it takes
	 */
	StatusBoard(Set<String> configured, Executor executor) {
		this.configured = Set.copyOf(configured);
		this.executor = executor;
		Map<String, ModelStatus> absent = new LinkedHashMap<>();
		configured.forEach((id) -> absent.put(id, ModelStatus.absent(id)));
		this.statuses = absent;
	}

	ModelStatus get(String id) {
		ModelStatus status = this.statuses.get(id);
		return (status != null) ? status : ModelStatus.absent(id);
	}

	/**
	 * Changes the status of a model.
	 * @param id the model's id
	 * @param change computes the new status; called under the monitor
	 * @return the status before
	 */
	ModelStatus update(String id, UnaryOperator<ModelStatus> change) {
		ModelStatus before;
		synchronized (this) {
			before = get(id);
			ModelStatus after = change.apply(before);
			if (after.equals(before)) {
				return before;
			}
			Map<String, ModelStatus> next = new LinkedHashMap<>(this.statuses);
			if (!this.configured.contains(id)) {
				next.remove(id);
				forgetOldest(next);
			}
			next.put(id, after);
			this.statuses = next;
			this.subscribers.forEach((subscriber) -> subscriber.add(after));
		}
		this.subscribers.forEach(Subscriber::schedule);
		return before;
	}

	private void forgetOldest(Map<String, ModelStatus> next) {
		Iterator<ModelStatus> oldest = next.values().iterator();
		for (int others = next.size() - this.configured.size(); others >= MOST_OTHERS && oldest.hasNext();) {
			ModelStatus status = oldest.next();
			if (!this.configured.contains(status.id()) && !status.state().isAcquiring()) {
				oldest.remove();
				this.subscribers.forEach((subscriber) -> subscriber.pending.remove(status.id()));
				others--;
			}
		}
	}

	/** Returns the present statuses, then the changes, until the board is closed. */
	Flux<ModelStatus> watch() {
		return Flux.create((sink) -> subscribe(new Subscriber(sink)), FluxSink.OverflowStrategy.IGNORE);
	}

	private void subscribe(Subscriber subscriber) {
		synchronized (this) {
			this.statuses.values().forEach(subscriber::add);
			this.subscribers.add(subscriber);
		}
		subscriber.sink.onDispose(() -> this.subscribers.remove(subscriber));
		subscriber.sink.onRequest((requested) -> subscriber.schedule());
		subscriber.schedule();
	}

	/** Completes all subscriptions, and those that follow, until it is opened again. */
	void close() {
		this.closed = true;
		this.subscribers.forEach(Subscriber::schedule);
	}

	void open() {
		this.closed = false;
	}

	/**
	 * The statuses that are still to be given to one subscriber. It is called by one task
	 * at a time. While it requests nothing, only the latest status of each model is kept.
	 */
	private final class Subscriber {

		private final FluxSink<ModelStatus> sink;

		/** By the model's id; guarded by the board. */
		private final Map<String, Deque<ModelStatus>> pending = new LinkedHashMap<>();

		private final AtomicInteger scheduled = new AtomicInteger();

		Subscriber(FluxSink<ModelStatus> sink) {
			this.sink = sink;
		}

		/** Called under the board's monitor. */
		void add(ModelStatus status) {
			Deque<ModelStatus> own = this.pending.computeIfAbsent(status.id(), (id) -> new ArrayDeque<>());
			if (this.sink.requestedFromDownstream() == 0 || own.size() == MOST_PENDING) {
				own.clear();
			}
			else if (!own.isEmpty() && own.getLast().state() == status.state()) {
				own.removeLast();
			}
			own.addLast(status);
		}

		void schedule() {
			if (this.scheduled.getAndIncrement() > 0) {
				return;
			}
			try {
				StatusBoard.this.executor.execute(this::drain);
			}
			catch (RejectedExecutionException ex) {
				this.sink.complete();
			}
		}

		private void drain() {
			try {
				int seen;
				do {
					seen = this.scheduled.get();
					ModelStatus next;
					while (this.sink.requestedFromDownstream() > 0 && !this.sink.isCancelled()
							&& (next = poll()) != null) {
						this.sink.next(next);
					}
					if (StatusBoard.this.closed) {
						this.sink.complete();
					}
				}
				while (this.scheduled.addAndGet(-seen) > 0);
			}
			catch (Throwable ex) {
				StatusBoard.this.subscribers.remove(this);
				logger.warn("A subscriber to the statuses of models failed and receives no more of them", ex);
			}
		}

		private @Nullable ModelStatus poll() {
			synchronized (StatusBoard.this) {
				Iterator<Deque<ModelStatus>> models = this.pending.values().iterator();
				if (!models.hasNext()) {
					return null;
				}
				Deque<ModelStatus> first = models.next();
				ModelStatus status = first.removeFirst();
				if (first.isEmpty()) {
					models.remove();
				}
				return status;
			}
		}

	}

}
