/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelTransferException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Turns every throwable into an error signal that names the step at which it was thrown.
 * <p>
 * Reactor throws a {@link VirtualMachineError} or a {@link LinkageError} on the thread at
 * hand instead of signalling it, so that what waits for the signal waits for ever. A
 * boundary belongs behind every change of threads.
 */
public final class FailureBoundary {

	private FailureBoundary() {
	}

	/**
	 * Returns a publisher whose subscriber gets an error signal whatever is thrown: by
	 * the source when it is subscribed to, and by the subscriber on a signal.
	 * @param step what is done, to follow "while"; holds nothing that must not be printed
	 * @param source the source
	 * @param <T> the type of the value
	 * @return the publisher
	 */
	public static <T> Mono<T> around(String step, Mono<T> source) {
		return new MonoOperator<T, T>(source) {
			@Override
			public void subscribe(CoreSubscriber<? super T> actual) {
				Relay<T> relay = new Relay<>(step, actual);
				try {
					this.source.subscribe(relay);
				}
				catch (Throwable ex) {
					relay.caught(ex);
				}
			}
		};
	}

	/**
	 * Calls something on another thread.
	 * @param scheduler where it is called
	 * @param step what is done, to follow "while"; holds nothing that must not be printed
	 * @param call the call
	 * @param <T> the type of the result
	 * @return the result, empty if it is {@code null}; an error signal whatever it throws
	 */
	public static <T> Mono<T> on(Scheduler scheduler, String step, Callable<? extends @Nullable T> call) {
		return around(step, Mono.<T>fromCallable(call)).subscribeOn(scheduler);
	}

	/**
	 * Calls something, and throws what Reactor can signal.
	 * @param step what is done, to follow "while"
	 * @param call the call
	 * @param <T> the type of the result
	 * @return the result
	 * @throws Exception if the call fails
	 */
	public static <T extends @Nullable Object> T call(String step, Callable<T> call) throws Exception {
		try {
			return call.call();
		}
		catch (Error ex) {
			throw asException(step, ex);
		}
	}

	/**
	 * Returns what Reactor can signal.
	 * @param step what was done, to follow "while"
	 * @param thrown what was thrown
	 * @return the failure: an exception as it is
	 */
	public static Exception asException(String step, Throwable thrown) {
		Throwable failure = Exceptions.unwrap(thrown);
		return (failure instanceof Exception exception) ? exception
				: new UncaughtError(nameInWords(failure)
						+ ((failure.getMessage() != null) ? ": " + failure.getMessage() : "") + " while " + step,
						failure);
	}

	/**
	 * Returns what may be printed of a failure: where an error was thrown, or the name of
	 * an exception in words, because its text may hold anything.
	 * @param failure the failure
	 * @return the description
	 */
	public static String describe(Throwable failure) {
		return (failure instanceof UncaughtError) ? String.valueOf(failure.getMessage()) : nameInWords(failure);
	}

	/**
	 * Returns the name of an exception or error in words, such as "no such file".
	 * @param failure the failure
	 * @return the words
	 */
	static String nameInWords(Throwable failure) {
		Class<?> type = failure.getClass();
		while (type.isAnonymousClass()) {
			type = type.getSuperclass();
		}
		return type.getSimpleName()
			.replaceFirst("(?<=.)(Exception|Error)$", "")
			.replaceAll("(?<=[a-z])(?=[A-Z])", " ")
			.toLowerCase(Locale.ROOT);
	}

	/**
	 * Returns the failure of an operation of a model.
	 * @param modelId the model's id
	 * @param when when it was thrown, to follow "an unexpected failure"
	 * @param failure what was thrown
	 * @return the failure itself if it is one of the cache
	 */
	public static ModelCacheException asModelCacheException(String modelId, String when, Throwable failure) {
		if (failure instanceof ModelCacheException known) {
			return known;
		}
		ModelConfigurationException name = FileNameEncoding.explain(modelId, failure);
		return (name != null) ? name
				: new ModelTransferException(modelId, "an unexpected failure " + when + ": " + describe(failure),
						"Report it, with the stack trace of its cause, which is logged at the level DEBUG", failure);
	}

	/** An error, and where it was thrown. */
	private static final class UncaughtError extends RuntimeException {

		UncaughtError(String message, Throwable error) {
			super(message, error);
		}

	}

	private static final class Relay<T> implements CoreSubscriber<T>, Subscription {

		private final String step;

		private final CoreSubscriber<? super T> actual;

		private final AtomicBoolean failed = new AtomicBoolean();

		private volatile @Nullable Subscription upstream;

		Relay(String step, CoreSubscriber<? super T> actual) {
			this.step = step;
			this.actual = actual;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.upstream = subscription;
			guarded(() -> this.actual.onSubscribe(this));
		}

		@Override
		public void onNext(T value) {
			guarded(() -> this.actual.onNext(value));
		}

		@Override
		public void onError(Throwable failure) {
			guarded(() -> this.actual.onError(asException(this.step, failure)));
		}

		@Override
		public void onComplete() {
			guarded(this.actual::onComplete);
		}

		private void guarded(Runnable signal) {
			if (this.failed.get()) {
				return;
			}
			try {
				signal.run();
			}
			catch (Throwable ex) {
				caught(ex);
			}
		}

		void caught(Throwable thrown) {
			if (!this.failed.compareAndSet(false, true)) {
				return;
			}
			Throwable failure = asException(this.step, thrown);
			Subscription subscription = this.upstream;
			if (subscription == null) {
				Operators.error(this.actual, failure);
			}
			else {
				subscription.cancel();
				this.actual.onError(failure);
			}
		}

		@Override
		public void request(long n) {
			Subscription subscription = this.upstream;
			if (subscription != null) {
				subscription.request(n);
			}
		}

		@Override
		public void cancel() {
			Subscription subscription = this.upstream;
			if (subscription != null) {
				subscription.cancel();
			}
		}

	}

}
