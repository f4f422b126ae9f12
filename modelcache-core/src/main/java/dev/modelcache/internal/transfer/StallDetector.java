package dev.modelcache.internal.transfer;

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
 * Fails a body that brings no byte for too long, also before its first one, or whose
 * mirror does not keep its {@link Pace}. Only time in which bytes are wanted counts, so
 * that neither a slow disk nor a limit on the bandwidth looks like a dead server.
 */
final class StallDetector {

	private static final Duration LONGEST_TICK = Duration.ofSeconds(5);

	private final Duration timeout;

	private final Scheduler timer;

	StallDetector(Duration timeout, Scheduler timer) {
		this.timeout = timeout;
		this.timer = timer;
	}

	/**
	 * Watches a body. Buffers pass through; those that arrive after the failure are
	 * released here.
	 * @param body the body
	 * @param pace the speed of the mirror that sends it
	 * @param stalled the failure when no byte comes
	 * @param tooSlow the failure when too few bytes come
	 */
	Flux<HeldBuffer> watch(Flux<HeldBuffer> body, Pace pace, Supplier<? extends Throwable> stalled,
			Supplier<? extends Throwable> tooSlow) {
		return new Flux<>() {
			@Override
			public void subscribe(CoreSubscriber<? super HeldBuffer> actual) {
				body.subscribe(new Watch(Operators.serialize(actual), pace, stalled, tooSlow));
			}
		};
	}

	private final class Watch implements CoreSubscriber<HeldBuffer>, Subscription {

		private final CoreSubscriber<? super HeldBuffer> actual;

		private final Pace pace;

		private final Supplier<? extends Throwable> stalled;

		private final Supplier<? extends Throwable> tooSlow;

		private final AtomicLong wanted = new AtomicLong();

		private final AtomicBoolean ended = new AtomicBoolean();

		private volatile long lastNanos;

		private volatile int missesBefore;

		/** Guarded by the pace. */
		private boolean measured;

		private @Nullable Subscription upstream;

		private @Nullable Disposable clock;

		Watch(CoreSubscriber<? super HeldBuffer> actual, Pace pace, Supplier<? extends Throwable> stalled,
				Supplier<? extends Throwable> tooSlow) {
			this.actual = actual;
			this.pace = pace;
			this.stalled = stalled;
			this.tooSlow = tooSlow;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.upstream = subscription;
			this.lastNanos = now();
			this.missesBefore = this.pace.misses(this.lastNanos);
			long period = Math.max(1, Math.min(LONGEST_TICK.toNanos(), StallDetector.this.timeout.toNanos() / 8));
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
			this.pace.came(buffer.size(), this.lastNanos);
			if (this.wanted.get() != Long.MAX_VALUE && this.wanted.decrementAndGet() == 0) {
				keepTime();
			}
			this.actual.onNext(buffer);
			if (this.ended.get()) {
				// It may have come after the failure, and been dropped.
				buffer.release();
			}
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
				keepTime();
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
			if (this.wanted.get() > 0 && silent) {
				fail(this.stalled);
			}
			else if (this.pace.misses(now()) != this.missesBefore) {
				fail(this.tooSlow);
			}
		}

		private void fail(Supplier<? extends Throwable> failure) {
			if (end()) {
				if (this.upstream != null) {
					this.upstream.cancel();
				}
				this.actual.onError(failure.get());
			}
		}

		/** Has the mirror's pace measured while this body is wanted. */
		private void keepTime() {
			synchronized (this.pace) {
				boolean wants = this.wanted.get() > 0 && !this.ended.get();
				if (wants != this.measured) {
					this.measured = wants;
					this.pace.wanted(wants ? 1 : -1, now());
				}
			}
		}

		private boolean end() {
			if (this.clock != null) {
				this.clock.dispose();
			}
			boolean first = this.ended.compareAndSet(false, true);
			if (first) {
				keepTime();
			}
			return first;
		}

		private long now() {
			return StallDetector.this.timer.now(TimeUnit.NANOSECONDS);
		}

	}

}
