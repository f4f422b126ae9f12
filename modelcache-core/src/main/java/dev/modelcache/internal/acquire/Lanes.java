/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.acquire.Operation.Kind;
import dev.modelcache.internal.lock.HostName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/**
 * Runs the operations of each model one after the other, on a daemon thread of the
 * model's own that is never interrupted. Callers that want the same share an operation;
 * the last one that loses interest cancels it.
 * <p>
 * <em>Thread-safety</em>: all methods. The monitor is never held while an operation runs,
 * is shown or is told. <em>Blocking</em>: {@link #awaitIdle} alone.
 * <em>Cancellation</em>: callers are told at once; the thread ends at its next look at
 * the {@link Cancellation}. Where it does not get there, because a system call hangs, the
 * lane is wedged: what waits for it fails, and so does what comes later, until that call
 * returns.
 */
final class Lanes {

	private static final Logger logger = LoggerFactory.getLogger(Lanes.class);

	/** How long the thread of a cancelled operation may take until its lane is wedged. */
	private static final Duration UNTIL_WEDGED = Duration.ofSeconds(5);

	private final EngineThreads threads;

	private final Clock clock;

	private final String host = HostName.current();

	private final Map<Key, Lane> lanes = new HashMap<>();

	/** Callers that have not been told the end of their operation. */
	private int waiting;

	private boolean closed;

	Lanes(EngineThreads threads, Clock clock) {
		this.threads = threads;
		this.clock = clock;
	}

	/**
	 * Runs an operation when what its lane has accepted before is done, or joins the same
	 * operation that waits or runs already.
	 * @param key the lane
	 * @param operations makes the operation, for each subscriber
	 * @return its result; fails at once if the lanes are closed, and, with its failure
	 * shown, if the lane is wedged
	 */
	Mono<CachedModel> enter(Key key, Supplier<Operation> operations) {
		return Mono.defer(() -> enter(key, null, operations.get()));
	}

	/**
	 * Reads what is ready beside the operations of a lane, if they leave it ready.
	 * @param busy that lane
	 * @param operations makes the operation that reads, for each subscriber
	 * @return its result, as of the other operations; empty if that lane is empty, or
	 * acquires or evicts
	 */
	Mono<CachedModel> enterBeside(Key busy, Supplier<Operation> operations) {
		return Mono.defer(() -> enter(busy.besides(), busy, operations.get()));
	}

	private Mono<CachedModel> enter(Key key, @Nullable Key busy, Operation wanted) {
		Operation same = null;
		List<Operation> ahead = List.of();
		ModelCacheException refusal = null;
		Lane lane;
		synchronized (this) {
			if (this.closed) {
				return Mono.error(closing(key.modelId()));
			}
			if (busy != null && !isReady(busy)) {
				return Mono.empty();
			}
			lane = this.lanes.computeIfAbsent(key, Lane::new);
			if (lane.wedged != null) {
				refusal = lane.wedged(lane.wedged);
			}
			else {
				ahead = lane.operations().toList();
				same = joinable(ahead, wanted).filter((operation) -> operation.join(wanted)).findFirst().orElse(null);
				refusal = (same == null) ? add(lane, wanted) : null;
			}
			this.waiting += (refusal == null) ? 1 : 0;
		}
		if (refusal != null) {
			wanted.accepted(null);
			show(wanted, refusal);
			return Mono.error(refusal);
		}
		if (same == null) {
			if (wanted.kind() == Kind.EVICT) {
				cancel(lane, ahead, "it was evicted while it was being acquired");
				cancel(key.besides(), "it is being evicted");
			}
			wanted.accepted(ahead.isEmpty() ? null : owner(lane));
		}
		Operation operation = (same != null) ? same : wanted;
		return operation.result()
			.asMono()
			.publishOn(this.threads.io())
			.doFinally((signal) -> left(lane, operation, signal == SignalType.CANCEL));
	}

	/** Returns why the operation cannot begin, if its thread cannot be started. */
	private @Nullable ModelCacheException add(Lane lane, Operation wanted) {
		wanted.join(wanted);
		try {
			lane.add(wanted);
			return null;
		}
		catch (Throwable ex) {
			this.lanes.remove(lane.key, lane);
			return wanted.asModelCacheException(FailureBoundary.asException("starting", ex));
		}
	}

	/** What comes before an eviction does not serve requests that come after it. */
	private static Stream<Operation> joinable(List<Operation> ahead, Operation wanted) {
		int from = 0;
		for (int i = 0; i < ahead.size(); i++) {
			if (ahead.get(i).kind() == Kind.EVICT) {
				from = i + 1;
			}
		}
		boolean evict = wanted.kind() == Kind.EVICT;
		return ahead.stream().skip(evict ? Math.max(0, ahead.size() - 1) : from);
	}

	/** After the subscription has ended: what the operation ends with is not dropped. */
	private void left(Lane lane, Operation operation, boolean cancelled) {
		if (cancelled) {
			leave(lane, operation);
		}
		told();
	}

	private synchronized void told() {
		this.waiting--;
		notifyAll();
	}

	/** What is ahead of an operation is this process's own. */
	private LockOwner owner(Lane lane) {
		return LockOwner.of(ProcessHandle.current().pid(), this.host, lane.since).withHeartbeat(this.clock.instant());
	}

	private void leave(Lane lane, Operation operation) {
		boolean last;
		synchronized (this) {
			last = operation.leaveOne();
		}
		if (last) {
			cancel(lane, operation, cancelled(lane.key.modelId(), "no caller waits for it any more"));
		}
	}

	/**
	 * Cancels what a lane acquires, renews or verifies.
	 * @param key the lane
	 * @param why what its callers are told
	 */
	void cancel(Key key, String why) {
		Lane lane;
		List<Operation> operations;
		synchronized (this) {
			lane = this.lanes.get(key);
			operations = (lane != null) ? lane.operations().toList() : List.of();
		}
		if (lane != null) {
			cancel(lane, operations, why);
		}
	}

	/** An eviction goes on: it ends what it has begun to delete. */
	private void cancel(Lane lane, List<Operation> operations, String why) {
		operations.stream()
			.filter((operation) -> operation.kind() != Kind.EVICT)
			.forEach((operation) -> cancel(lane, operation, cancelled(lane.key.modelId(), why)));
	}

	/**
	 * Ends an operation that advances no more, also while it publishes its result.
	 * @param operation the operation
	 * @param reason what it fails with
	 */
	void abandon(Operation operation, ModelCacheException reason) {
		Lane lane;
		synchronized (this) {
			lane = this.lanes.values().stream().filter((one) -> one.current == operation).findFirst().orElse(null);
		}
		if (lane != null) {
			operation.cancellation().cancel(reason);
			end(lane, operation, reason);
		}
	}

	private boolean isReady(Key key) {
		Lane lane = this.lanes.get(key);
		return lane != null && lane.operations().anyMatch((operation) -> operation.kind() != Kind.ACQUIRE)
				&& lane.operations().noneMatch((operation) -> operation.kind() == Kind.EVICT);
	}

	private void cancel(Lane lane, Operation operation, ModelCacheException reason) {
		if (operation.cancellation().cancel(reason)) {
			end(lane, operation, reason);
		}
	}

	/** Ends an operation before its thread has come back. */
	private void end(Lane lane, Operation operation, ModelCacheException reason) {
		if (!claimEnd(operation)) {
			return;
		}
		show(operation, reason);
		synchronized (this) {
			if (!lane.queue.remove(operation)) {
				lane.since = this.clock.instant();
			}
		}
		this.threads.timer()
			.schedule(() -> wedgeIfStuck(lane, operation), UNTIL_WEDGED.toMillis(), TimeUnit.MILLISECONDS);
		end(lane, operation, reason, null);
	}

	/** A caller that sees the end, and requests the model again, does not join it. */
	private synchronized boolean claimEnd(Operation operation) {
		operation.leave();
		return operation.markEnded();
	}

	private static void show(Operation operation, ModelCacheException reason) {
		if (reason instanceof ModelCancelledException) {
			operation.cancelled();
		}
		else {
			operation.failed(reason);
		}
	}

	/** Tells the callers, after the result was shown. */
	private void end(Lane lane, Operation operation, @Nullable ModelCacheException failure,
			@Nullable CachedModel model) {
		Operation next;
		synchronized (this) {
			next = lane.queue.peek();
		}
		if (next != null) {
			next.accepted(owner(lane));
		}
		if (failure != null) {
			operation.result().tryEmitError(failure);
		}
		else if (model != null) {
			operation.result().tryEmitValue(model);
		}
		else {
			operation.result().tryEmitEmpty();
		}
	}

	/** Fails what waits for a thread that does not come back. */
	private void wedgeIfStuck(Lane lane, Operation cancelled) {
		List<Operation> waiting;
		String step;
		synchronized (this) {
			if (lane.current != cancelled || lane.thread == null) {
				return;
			}
			step = EngineThreads.whereabouts(lane.thread);
			lane.wedged = step;
			waiting = List.copyOf(lane.queue);
		}
		logger.warn("{}", lane.wedged(step).problem());
		waiting.forEach((operation) -> cancel(lane, operation, lane.wedged(step)));
	}

	private void run(Lane lane) {
		for (Operation operation = next(lane); operation != null; operation = next(lane)) {
			run(lane, operation);
		}
	}

	private synchronized @Nullable Operation next(Lane lane) {
		lane.wedged = null;
		lane.current = lane.queue.poll();
		lane.since = this.clock.instant();
		if (lane.current == null) {
			this.lanes.remove(lane.key, lane);
			notifyAll();
		}
		return lane.current;
	}

	private void run(Lane lane, Operation operation) {
		CachedModel model = null;
		ModelCacheException failure = null;
		try {
			operation.begin();
			operation.cancellation().check();
			model = operation.call();
		}
		catch (Throwable ex) {
			ModelCacheException reason = operation.cancellation().cancelled();
			failure = (reason != null) ? reason : operation.asModelCacheException(ex);
		}
		if (!claimEnd(operation)) {
			return;
		}
		try {
			if (failure != null) {
				show(operation, failure);
			}
			else {
				operation.succeeded(model);
			}
		}
		catch (Throwable ex) {
			logger.warn("Model '{}': the end of an operation cannot be shown", lane.key.modelId(), ex);
		}
		end(lane, operation, failure, model);
	}

	/**
	 * Cancels everything. What comes is refused until the lanes {@linkplain #open open}
	 * again.
	 */
	void close() {
		List<Lane> all;
		synchronized (this) {
			if (!this.closed) {
				this.closed = true;
				this.threads.renewGrace();
			}
			all = List.copyOf(this.lanes.values());
		}
		for (Lane lane : all) {
			List<Operation> operations;
			synchronized (this) {
				operations = lane.operations().toList();
			}
			ModelCancelledException reason = closing(lane.key.modelId());
			operations.forEach((operation) -> {
				logger.info("{}", reason.getMessage());
				cancel(lane, operation, reason);
			});
		}
	}

	/** Accepts operations again. */
	synchronized void open() {
		this.closed = false;
		this.lanes.values().forEach((lane) -> lane.named = false);
	}

	/** Returns why everything is refused, or {@code null} if nothing is. */
	synchronized @Nullable ModelCancelledException refusal(@Nullable String modelId) {
		return this.closed ? closing(modelId) : null;
	}

	/**
	 * Waits until the threads have come back after {@link #close} and all callers are
	 * told, and logs where those threads are that have not.
	 * @param atMost how long
	 * @return whether all have
	 */
	boolean awaitIdle(Duration atMost) {
		boolean interrupted = false;
		Map<Lane, List<Operation>> busy = new HashMap<>();
		synchronized (this) {
			long end = now() + atMost.toNanos();
			for (long left = end - now(); left > 0 && (!this.lanes.isEmpty() || this.waiting > 0); left = end - now()) {
				try {
					TimeUnit.NANOSECONDS.timedWait(this, left);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
			for (Lane lane : this.lanes.values()) {
				busy.put(lane, lane.operations().toList());
				if (!lane.named) {
					lane.named = true;
					logger.warn("The model cache is closed without waiting any longer: {}",
							lane.wedged(EngineThreads.whereabouts(Objects.requireNonNull(lane.thread))).problem());
				}
			}
		}
		busy.forEach((lane, operations) -> operations
			.forEach((operation) -> end(lane, operation, closing(lane.key.modelId()))));
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		return busy.isEmpty();
	}

	private long now() {
		return this.threads.timer().now(TimeUnit.NANOSECONDS);
	}

	static ModelCancelledException closing(@Nullable String modelId) {
		return new ModelCancelledException(modelId, "the application is closing", "Restart the application");
	}

	private static ModelCancelledException cancelled(String modelId, String why) {
		return new ModelCancelledException(modelId, why,
				"Request the model '" + modelId + "' again, for example with the action 'ensure' of the endpoint"
						+ " modelcache, or restart the application");
	}

	/**
	 * Names a lane. Each model has one, and another one that reads what is ready while
	 * the first one is busy.
	 *
	 * @param modelId the model, so that each has its own status
	 * @param path the path of its file, links not followed, so that finding the lane
	 * needs no look at the disk; the lock is that of the file it leads to
	 * @param beside whether it is that other lane
	 */
	record Key(String modelId, Path path, boolean beside) {

		Key(String modelId, Path path) {
			this(modelId, path, false);
		}

		Key besides() {
			return new Key(this.modelId, this.path, true);
		}

	}

	/** The operations of one model; guarded by the lanes. */
	private final class Lane {

		private final Key key;

		private final Deque<Operation> queue = new ArrayDeque<>();

		private @Nullable Operation current;

		private @Nullable Thread thread;

		private volatile Instant since;

		/** The step in which the thread hangs. */
		private @Nullable String wedged;

		/** Whether the log has that step since the lanes were closed. */
		private boolean named;

		Lane(Key key) {
			this.key = key;
			this.since = Lanes.this.clock.instant();
		}

		Stream<Operation> operations() {
			return Stream.concat(Stream.ofNullable(this.current), this.queue.stream());
		}

		void add(Operation operation) {
			this.queue.add(operation);
			if (this.thread == null) {
				Thread started = new Thread(() -> Lanes.this.run(this), "modelcache-lane-" + this.key.modelId());
				started.setDaemon(true);
				started.start();
				this.thread = started;
			}
		}

		ModelStorageException wedged(String step) {
			Path directory = this.key.path().getParent();
			return new ModelStorageException(this.key.modelId(), (directory != null) ? directory : this.key.path(),
					"an earlier operation has not returned from the call " + step + ", since " + this.since, null);
		}

	}

}
