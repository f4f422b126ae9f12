/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import dev.modelcache.ModelCancelledException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Cancellation}: how an operation waits, and how it ends.
 */
@Timeout(60)
class WaitingTests {

	private static final ModelCancelledException REASON = new ModelCancelledException("m", "it was cancelled",
			"Ask again");

	private final Cancellation cancellation = new Cancellation();

	@Test
	void awaitReturnsTheValueOfAPublisher() {
		assertThat(this.cancellation.<String>await(Mono.just("a"))).isEqualTo("a");
		assertThat(this.cancellation.<String>await(Mono.empty())).isNull();
	}

	@Test
	void awaitThrowsWhatThePublisherFailedWith() {
		IllegalStateException failure = new IllegalStateException("no");
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.cancellation.await(Mono.error(failure)))
			.isSameAs(failure);
	}

	@Test
	void cancellingEndsAwaitAndCancelsTheSubscriptionOnTheWaitingThread() throws Exception {
		CountDownLatch subscribed = new CountDownLatch(1);
		CompletableFuture<Thread> cancelledOn = new CompletableFuture<>();
		Mono<String> never = Mono.<String>never()
			.doOnSubscribe((subscription) -> subscribed.countDown())
			.doOnCancel(() -> cancelledOn.complete(Thread.currentThread()));
		CompletableFuture<Throwable> ended = new CompletableFuture<>();
		Thread thread = start(() -> this.cancellation.await(never), ended);
		subscribed.await();
		assertThat(this.cancellation.cancel(REASON)).isTrue();
		assertThat(ended.get()).isSameAs(REASON);
		assertThat(cancelledOn.get()).isSameAs(thread);
	}

	@Test
	void cancellingEndsSleep() throws Exception {
		CompletableFuture<Throwable> ended = new CompletableFuture<>();
		start(() -> this.cancellation.sleep(Duration.ofDays(1)), ended);
		this.cancellation.cancel(REASON);
		assertThat(ended.get()).isSameAs(REASON);
	}

	@Test
	void sleepEndsByItself() {
		this.cancellation.sleep(Duration.ofMillis(1));
		assertThat(this.cancellation.whyToEnd()).isNull();
	}

	@Test
	void interruptDoesNotEndAWaitAndIsKept() throws Exception {
		AtomicBoolean interrupted = new AtomicBoolean();
		CompletableFuture<Throwable> ended = new CompletableFuture<>();
		CountDownLatch subscribed = new CountDownLatch(1);
		CompletableFuture<String> value = new CompletableFuture<>();
		Mono<String> later = Mono.fromFuture(value).doOnSubscribe((subscription) -> subscribed.countDown());
		Thread thread = start(() -> {
			this.cancellation.await(later);
			interrupted.set(Thread.currentThread().isInterrupted());
		}, ended);
		subscribed.await();
		thread.interrupt();
		value.complete("a");
		assertThat(ended.get(60, TimeUnit.SECONDS)).isNull();
		assertThat(interrupted).isTrue();
	}

	@Test
	void whatIsCancelledBeginsNoWait() {
		this.cancellation.cancel(REASON);
		assertThatExceptionOfType(ModelCancelledException.class)
			.isThrownBy(() -> this.cancellation.await(Mono.just("a")));
		assertThatExceptionOfType(ModelCancelledException.class)
			.isThrownBy(() -> this.cancellation.sleep(Duration.ZERO));
		assertThatExceptionOfType(ModelCancelledException.class).isThrownBy(() -> this.cancellation.commit(() -> "a"));
	}

	@Test
	void firstReasonCounts() {
		assertThat(this.cancellation.cancel(REASON)).isTrue();
		assertThat(this.cancellation.cancel(new ModelCancelledException("m", "again", "Ask again"))).isFalse();
		assertThat(this.cancellation.whyToEnd()).isSameAs(REASON);
	}

	@Test
	void cancellingDuringTheCommitIsTooLate() throws Exception {
		assertThat(this.cancellation.commit(() -> this.cancellation.cancel(REASON))).isFalse();
		assertThat(this.cancellation.whyToEnd()).isNull();
		assertThat(this.cancellation.cancel(REASON)).isFalse();
	}

	@Test
	void cancellingDuringACommitThatFailsEndsWhatFollows() {
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> this.cancellation.commit(() -> {
			this.cancellation.cancel(REASON);
			throw new IllegalStateException("the disk is full");
		}));
		assertThat(this.cancellation.whyToEnd()).isSameAs(REASON);
	}

	@Test
	void wakeUpRunsOnceAndNotAfterItsRegistrationHasEnded() {
		StringBuilder runs = new StringBuilder();
		this.cancellation.onCancel(() -> runs.append("a")).close();
		this.cancellation.onCancel(() -> runs.append("b"));
		this.cancellation.cancel(REASON);
		this.cancellation.cancel(REASON);
		this.cancellation.onCancel(() -> runs.append("c"));
		assertThat(runs).hasToString("bc");
	}

	@Test
	void attemptThatIsGivenUpEndsItsWaitsAndAnotherOneMayBegin() throws Exception {
		ModelCancelledException setback = new ModelCancelledException("m", "nothing advanced", "Ask again");
		CompletableFuture<Throwable> ended = new CompletableFuture<>();
		start(() -> this.cancellation.sleep(Duration.ofDays(1)), ended);
		this.cancellation.giveUp(setback);
		assertThat(ended.get()).isSameAs(setback);
		this.cancellation.beginAttempt();
		assertThat(this.cancellation.<String>await(Mono.just("a"))).isEqualTo("a");
	}

	@Test
	void cancellationOfAnAttemptThatIsGivenUpStaysForTheNext() {
		this.cancellation.giveUp(new ModelCancelledException("m", "nothing advanced", "Ask again"));
		assertThat(this.cancellation.cancel(REASON)).isTrue();
		this.cancellation.beginAttempt();
		assertThat(this.cancellation.whyToEnd()).isSameAs(REASON);
	}

	@Test
	void setbackThatIsWithdrawnLeavesAnotherOne() {
		ModelCancelledException one = new ModelCancelledException("m", "one", "Ask again");
		ModelCancelledException other = new ModelCancelledException("m", "other", "Ask again");
		this.cancellation.giveUp(one);
		this.cancellation.giveUp(other);
		this.cancellation.withdraw(other);
		assertThat(this.cancellation.whyToEnd()).isSameAs(one);
		this.cancellation.withdraw(one);
		assertThat(this.cancellation.whyToEnd()).isNull();
	}

	@Test
	void joinWaitsForWorkThatEndsItself() throws Exception {
		CompletableFuture<Void> work = new CompletableFuture<>();
		CountDownLatch subscribed = new CountDownLatch(1);
		CompletableFuture<Throwable> ended = new CompletableFuture<>();
		start(() -> this.cancellation
			.join(Mono.fromFuture(work).doOnSubscribe((subscription) -> subscribed.countDown())), ended);
		subscribed.await();
		this.cancellation.cancel(REASON);
		assertThat(ended).isNotDone();
		work.complete(null);
		assertThat(ended.get(60, TimeUnit.SECONDS)).isNull();
	}

	private static Thread start(Runnable work, CompletableFuture<Throwable> ended) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
				ended.complete(null);
			}
			catch (Throwable ex) {
				ended.complete(ex);
			}
		}, "operation");
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

}
