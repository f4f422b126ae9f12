/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import dev.modelcache.ModelCacheException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;

/**
 * Whether an operation is still wanted. Its thread waits here and nowhere else, for
 * publishers and for time to pass, so that a cancellation wakes it; the thread is never
 * interrupted, because an interrupt closes the channels of the files that it reads and
 * writes.
 * <p>
 * <em>Thread-safety</em>: {@link #cancel}, {@link #giveUp} and {@link #onCancel} from any
 * thread, and they never block; the other methods from the threads of the operation.
 * <em>Blocking</em>: {@link #await} and {@link #sleep}.
 */
final class Cancellation {

	private final List<Runnable> wakeUps = new ArrayList<>();

	private @Nullable ModelCacheException reason;

	private @Nullable ModelCacheException setback;

	private boolean committing;

	private boolean committed;

	/**
	 * Cancels the operation, unless it is already publishing its result or was cancelled
	 * before. A reason that comes while the result is published, or after, ends only what
	 * begins as another {@linkplain #beginAttempt attempt}.
	 * @param reason what its callers are told
	 * @return whether the operation ends with this reason; if not, it ends as it would
	 * have
	 */
	boolean cancel(ModelCacheException reason) {
		List<Runnable> waiting;
		synchronized (this) {
			if (this.reason != null) {
				return false;
			}
			this.reason = reason;
			if (this.committing || this.committed) {
				return false;
			}
			waiting = wakeUps();
		}
		waiting.forEach(Runnable::run);
		return true;
	}

	/**
	 * Ends the present attempt of the operation as a cancellation would, except that
	 * another attempt may {@linkplain #beginAttempt begin}.
	 * @param setback what the attempt fails with
	 */
	void giveUp(ModelCacheException setback) {
		List<Runnable> waiting;
		synchronized (this) {
			if (this.setback == null) {
				this.setback = setback;
			}
			waiting = wakeUps();
		}
		waiting.forEach(Runnable::run);
	}

	/** Begins an attempt, after another one that may have failed. */
	synchronized void beginAttempt() {
		this.setback = null;
		this.committed = false;
	}

	/**
	 * Lets the present attempt go on after a setback.
	 * @param setback the setback; another one still ends the attempt
	 */
	synchronized void withdraw(ModelCacheException setback) {
		if (this.setback == setback) {
			this.setback = null;
		}
	}

	/** Returns whether the present attempt ends with a setback. */
	synchronized boolean isGivenUp(ModelCacheException setback) {
		return this.setback == setback;
	}

	private List<Runnable> wakeUps() {
		List<Runnable> waiting = List.copyOf(this.wakeUps);
		this.wakeUps.clear();
		return waiting;
	}

	/**
	 * Returns why the present attempt is to end.
	 * @return the reason of the cancellation, else the setback, or {@code null} if it may
	 * go on
	 */
	synchronized @Nullable ModelCacheException whyToEnd() {
		if (this.committing || this.committed) {
			return null;
		}
		return (this.reason != null) ? this.reason : this.setback;
	}

	/**
	 * Returns why the operation was cancelled.
	 * @return the reason, or {@code null} if it was not, or too late
	 */
	synchronized @Nullable ModelCacheException cancelled() {
		return this.committing || this.committed ? null : this.reason;
	}

	/**
	 * Ends an attempt here that was cancelled or given up.
	 * @throws ModelCacheException why it ends
	 */
	void check() {
		ModelCacheException why = whyToEnd();
		if (why != null) {
			throw why;
		}
	}

	/**
	 * Ends a cancelled operation here, between its attempts.
	 * @throws ModelCacheException the reason, if it was cancelled
	 */
	void checkCancelled() {
		ModelCacheException cancelled = cancelled();
		if (cancelled != null) {
			throw cancelled;
		}
	}

	/**
	 * Takes the step after which the result can be seen. A cancellation that comes while
	 * it runs has an effect only if it fails.
	 * @param step the step
	 * @param <T> the type of what it returns
	 * @param <E> the type of what it throws
	 * @return what the step returns
	 * @throws E what the step throws
	 * @throws ModelCacheException the reason, if the operation was cancelled before
	 */
	<T, E extends Exception> T commit(Commit<T, E> step) throws E {
		synchronized (this) {
			check();
			this.committing = true;
		}
		boolean done = false;
		try {
			T result = step.take();
			done = true;
			return result;
		}
		finally {
			synchronized (this) {
				this.committing = false;
				this.committed = done;
			}
		}
	}

	/**
	 * Adds what wakes a wait that this class does not know.
	 * @param wakeUp called once, on the thread of the canceller, at once if the operation
	 * was cancelled before; must not block
	 * @return ends this
	 */
	Registration onCancel(Runnable wakeUp) {
		synchronized (this) {
			if (whyToEnd() == null) {
				this.wakeUps.add(wakeUp);
				return () -> remove(wakeUp);
			}
		}
		wakeUp.run();
		return () -> {
		};
	}

	private synchronized void remove(Runnable wakeUp) {
		this.wakeUps.remove(wakeUp);
	}

	/**
	 * Waits for what a publisher tells. A cancellation cancels the subscription, on this
	 * thread.
	 * @param publisher the publisher
	 * @return the first value, or {@code null} if it completes without one
	 * @throws ModelCacheException the reason, if the operation is cancelled
	 */
	<T> @Nullable T await(Publisher<T> publisher) {
		check();
		Answer<T> answer = new Answer<>();
		try (Registration registration = onCancel(() -> answer.future.completeExceptionally(new Cancelled()))) {
			Mono.from(publisher).subscribe(answer);
			return answer.get();
		}
		catch (Cancelled ex) {
			answer.cancel();
			check();
			throw ex;
		}
	}

	/**
	 * Waits until work has ended that looks at this cancellation itself, so that nothing
	 * of it is left when this returns.
	 * @param work the work
	 */
	void join(Publisher<Void> work) {
		Answer<Void> answer = new Answer<>();
		Mono.from(work).subscribe(answer);
		answer.get();
	}

	/**
	 * Lets time pass.
	 * @param duration how long
	 * @throws ModelCacheException the reason, if the operation is cancelled
	 */
	void sleep(Duration duration) {
		check();
		Answer<Void> answer = new Answer<>();
		try (Registration registration = onCancel(() -> answer.future.complete(null))) {
			answer.future.completeOnTimeout(null, duration.toNanos(), TimeUnit.NANOSECONDS);
			answer.get();
		}
		check();
	}

	/**
	 * Ends what {@link Cancellation#onCancel} began.
	 */
	@FunctionalInterface
	interface Registration extends AutoCloseable {

		@Override
		void close();

	}

	/**
	 * The step after which the result of an operation can be seen.
	 *
	 * @param <T> the type of what it returns
	 * @param <E> the type of what it throws
	 */
	@FunctionalInterface
	interface Commit<T, E extends Exception> {

		T take() throws E;

	}

	/** Wakes the thread that waits for an answer. */
	private static final class Cancelled extends RuntimeException {

		Cancelled() {
			super("cancelled", null, false, false);
		}

	}

	private static final class Answer<T> implements CoreSubscriber<T> {

		private final CompletableFuture<@Nullable T> future = new CompletableFuture<>();

		private volatile @Nullable Subscription subscription;

		@Override
		public void onSubscribe(Subscription subscription) {
			this.subscription = subscription;
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(T value) {
			this.future.complete(value);
		}

		@Override
		public void onError(Throwable failure) {
			this.future.completeExceptionally(failure);
		}

		@Override
		public void onComplete() {
			this.future.complete(null);
		}

		void cancel() {
			Subscription current = this.subscription;
			if (current != null) {
				current.cancel();
			}
		}

		/** An interrupt from elsewhere is kept for later. */
		@Nullable T get() {
			boolean interrupted = false;
			try {
				while (true) {
					try {
						return this.future.get();
					}
					catch (InterruptedException ex) {
						interrupted = true;
					}
				}
			}
			catch (ExecutionException ex) {
				throw Exceptions.propagate(Objects.requireNonNull(ex.getCause()));
			}
			finally {
				if (interrupted) {
					Thread.currentThread().interrupt();
				}
			}
		}

	}

}
