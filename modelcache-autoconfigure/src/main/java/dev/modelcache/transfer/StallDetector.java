package dev.modelcache.transfer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Fails a body that brings no byte for too long, also before its first one. Only time in
 * which bytes are wanted counts, so that neither a slow disk nor a limit on the bandwidth
 * looks like a dead server.
 */
final class StallDetector {

	private final Duration timeout;

	private final Scheduler timer;

	StallDetector(Duration timeout, Scheduler timer) {
		this.timeout = timeout;
		this.timer = timer;
	}

	/**
	 * Watches a body. Buffers pass through; those that arrive after the failure are
	 * released here.
	 */
	Flux<HeldBuffer> watch(Flux<HeldBuffer> body, Supplier<? extends Throwable> failure) {
		return new Flux<>() {
			@Override
			public void subscribe(CoreSubscriber<? super HeldBuffer> actual) {
				body.subscribe(new Watch(Operators.serialize(actual), failure));
			}
		};
	}

	private final class Watch implements CoreSubscriber<HeldBuffer>, Subscription {

		private final CoreSubscriber<? super HeldBuffer> actual;

		private final Supplier<? extends Throwable> failure;

		private final AtomicLong wanted = new AtomicLong();

		private final AtomicBoolean ended = new AtomicBoolean();

		private volatile long lastNanos;

		private @Nullable Subscription upstream;

		private @Nullable Disposable clock;

		Watch(CoreSubscriber<? super HeldBuffer> actual, Supplier<? extends Throwable> failure) {
			this.actual = actual;
			this.failure = failure;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.upstream = subscription;
			this.lastNanos = now();
			long period = Math.max(1, StallDetector.this.timeout.toNanos() / 8);
			this.clock = StallDetector.this.timer.schedulePeriodically(this::check, period, period,
					TimeUnit.NANOSECONDS);
			this.actual.onSubscribe(this);
		}

		@Override
		public void onNext(HeldBuffer buffer) {
			if (this.ended.get()) {
				buffer.release();
				return;
			}
			this.lastNanos = now();
			if (this.wanted.get() != Long.MAX_VALUE) {
				this.wanted.decrementAndGet();
			}
			this.actual.onNext(buffer);
		}

		@Override
		public void onError(Throwable error) {
			if (end()) {
				this.actual.onError(error);
			}
		}

		@Override
		public void onComplete() {
			if (end()) {
				this.actual.onComplete();
			}
		}

		@Override
		public void request(long n) {
			if (this.wanted.getAndAccumulate(n, Operators::addCap) == 0) {
				this.lastNanos = now();
			}
			if (this.upstream != null) {
				this.upstream.request(n);
			}
		}

		@Override
		public void cancel() {
			end();
			if (this.upstream != null) {
				this.upstream.cancel();
			}
		}

		private void check() {
			boolean silent = now() - this.lastNanos > StallDetector.this.timeout.toNanos();
			if (this.wanted.get() > 0 && silent && end()) {
				if (this.upstream != null) {
					this.upstream.cancel();
				}
				this.actual.onError(this.failure.get());
			}
		}

		private boolean end() {
			if (this.clock != null) {
				this.clock.dispose();
			}
			return this.ended.compareAndSet(false, true);
		}

		private long now() {
			return StallDetector.this.timer.now(TimeUnit.NANOSECONDS);
		}

	}

}
