package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.testsupport.TrackedBuffers;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.unit.DataSize;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StallDetector}.
 */
class StallDetectorTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(30);

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Pace pace = new Pace(DataSize.ofBytes(1));

	private final TrackedBuffers buffers = new TrackedBuffers();

	private final TestPublisher<DataBuffer> body = TestPublisher
		.createNoncompliant(TestPublisher.Violation.CLEANUP_ON_TERMINATE);

	private final Slow subscriber = new Slow();

	private void watch() {
		Flux<HeldBuffer> watched = new StallDetector(TIMEOUT, this.time).watch(this.body.flux().map(HeldBuffer::new),
				this.pace, TimeoutException::new, IllegalStateException::new);
		watched.subscribe(this.subscriber);
	}

	private void send() {
		this.body.next(this.buffers.buffer(new byte[100]));
	}

	@Test
	void silenceBeforeTheFirstByteIsAStall() {
		watch();
		this.subscriber.request(1);
		this.time.advanceTimeBy(TIMEOUT.multipliedBy(2));
		assertThat(this.subscriber.errors).singleElement().isInstanceOf(TimeoutException.class);
		assertThat(this.body.wasCancelled()).isTrue();
	}

	@Test
	void silenceAfterAByteIsAStall() {
		watch();
		this.subscriber.request(10);
		send();
		this.time.advanceTimeBy(TIMEOUT.minusSeconds(1));
		assertThat(this.subscriber.errors).isEmpty();
		this.time.advanceTimeBy(TIMEOUT);
		assertThat(this.subscriber.errors).hasSize(1);
	}

	@Test
	void bytesThatKeepComingAreNoStall() {
		watch();
		this.subscriber.request(1000);
		for (int i = 0; i < 100; i++) {
			this.time.advanceTimeBy(TIMEOUT.minusSeconds(1));
			send();
		}
		assertThat(this.subscriber.errors).isEmpty();
		assertThat(this.buffers.held()).isZero();
	}

	@Test
	void timeInWhichNothingIsWantedDoesNotCount() {
		watch();
		this.subscriber.request(1);
		send();
		this.time.advanceTimeBy(TIMEOUT.multipliedBy(100));
		assertThat(this.subscriber.errors).isEmpty();
		this.subscriber.request(1);
		this.time.advanceTimeBy(TIMEOUT.minusSeconds(1));
		assertThat(this.subscriber.errors).isEmpty();
		send();
		assertThat(this.subscriber.received).isEqualTo(2);
	}

	@Test
	void minuteWithTooFewBytesFails() {
		watch();
		this.subscriber.request(1000);
		sendEveryTenSeconds(9);
		assertThat(this.subscriber.errors).singleElement().isInstanceOf(IllegalStateException.class);
		assertThat(this.body.wasCancelled()).isTrue();
	}

	@Test
	void timeInWhichNothingIsWantedDoesNotMakeAMirrorSlow() {
		watch();
		for (int i = 0; i < 10; i++) {
			this.subscriber.request(1);
			send();
			this.time.advanceTimeBy(Duration.ofMinutes(5));
		}
		assertThat(this.subscriber.errors).isEmpty();
	}

	@Test
	void bytesOfAllConnectionsOfAMirrorCount() {
		watch();
		this.subscriber.request(1000);
		this.pace.wanted(1, 0);
		this.pace.came(1000, 0);
		sendEveryTenSeconds(9);
		assertThat(this.subscriber.errors).isEmpty();
	}

	private void sendEveryTenSeconds(int times) {
		for (int i = 0; i < times; i++) {
			this.time.advanceTimeBy(Duration.ofSeconds(10));
			this.body.next(this.buffers.buffer(new byte[1]));
		}
	}

	@Test
	void bufferThatComesAfterTheStallIsReleased() {
		watch();
		this.subscriber.request(1);
		this.time.advanceTimeBy(TIMEOUT.multipliedBy(2));
		send();
		assertThat(this.subscriber.received).isZero();
		assertThat(this.buffers.held()).isZero();
	}

	/** The time is looked at when a buffer has been let in. */
	@Test
	void bufferThatMeetsTheStallIsReleased() {
		AtomicBoolean stalls = new AtomicBoolean();
		Scheduler timer = new DelegatingScheduler(this.time) {
			@Override
			public long now(TimeUnit unit) {
				if (stalls.compareAndSet(true, false)) {
					StallDetectorTests.this.time.advanceTimeBy(TIMEOUT.multipliedBy(2));
				}
				return super.now(unit);
			}
		};
		new StallDetector(TIMEOUT, timer)
			.watch(this.body.flux().map(HeldBuffer::new), this.pace, TimeoutException::new, IllegalStateException::new)
			.subscribe(this.subscriber);
		this.subscriber.request(1);
		stalls.set(true);
		send();
		assertThat(this.subscriber.errors).hasSize(1);
		assertThat(this.buffers.held()).isZero();
	}

	@Test
	void endOfTheBodyEndsTheWatch() {
		watch();
		this.subscriber.request(1);
		this.body.complete();
		this.time.advanceTimeBy(TIMEOUT.multipliedBy(2));
		assertThat(this.subscriber.errors).isEmpty();
		assertThat(this.subscriber.completed).isTrue();
	}

	@Test
	void cancellationCancelsTheBody() {
		watch();
		this.subscriber.cancel();
		this.time.advanceTimeBy(TIMEOUT.multipliedBy(2));
		assertThat(this.body.wasCancelled()).isTrue();
		assertThat(this.subscriber.errors).isEmpty();
	}

	private abstract static class DelegatingScheduler implements Scheduler {

		private final Scheduler delegate;

		DelegatingScheduler(Scheduler delegate) {
			this.delegate = delegate;
		}

		@Override
		public Disposable schedule(Runnable task) {
			return this.delegate.schedule(task);
		}

		@Override
		public Disposable schedulePeriodically(Runnable task, long initialDelay, long period, TimeUnit unit) {
			return this.delegate.schedulePeriodically(task, initialDelay, period, unit);
		}

		@Override
		public Worker createWorker() {
			return this.delegate.createWorker();
		}

		@Override
		public long now(TimeUnit unit) {
			return this.delegate.now(unit);
		}

	}

	private static final class Slow extends BaseSubscriber<HeldBuffer> {

		private final List<Throwable> errors = new CopyOnWriteArrayList<>();

		private int received;

		private boolean completed;

		@Override
		protected void hookOnSubscribe(Subscription subscription) {
			// Wants nothing by itself.
		}

		@Override
		protected void hookOnNext(HeldBuffer buffer) {
			this.received++;
			buffer.release();
		}

		@Override
		protected void hookOnError(Throwable error) {
			this.errors.add(error);
		}

		@Override
		protected void hookOnComplete() {
			this.completed = true;
		}

	}

}
