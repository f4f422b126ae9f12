/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.acquire.Operation.Kind;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Lanes}.
 */
@Timeout(120)
class LanesTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private static final Lanes.Key KEY = new Lanes.Key("m", Path.of("/models/m.gguf"));

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private final EngineThreads threads = new EngineThreads(this.timer);

	private final Lanes lanes = new Lanes(this.threads, Clock.systemUTC());

	private final List<String> log = new CopyOnWriteArrayList<>();

	private final CountDownLatch hang = new CountDownLatch(1);

	private final CountDownLatch hanging = new CountDownLatch(1);

	private volatile @Nullable Thread held;

	@AfterEach
	void close() {
		this.hang.countDown();
		this.lanes.close();
		assertThat(this.lanes.awaitIdle(PATIENCE)).isTrue();
		this.threads.close();
	}

	private Mono<CachedModel> enter(Kind kind, String name, Callable<@Nullable CachedModel> step) {
		return this.lanes.enter(KEY, () -> new Step(kind, name, step));
	}

	private Mono<CachedModel> quick(Kind kind, String name) {
		return enter(kind, name, () -> null);
	}

	/** Does not look at its cancellation. */
	private Mono<CachedModel> hanging(Kind kind) {
		return enter(kind, "hanging", () -> {
			this.hanging.countDown();
			callTheDisk();
			return null;
		});
	}

	private void callTheDisk() throws InterruptedException {
		this.held = Thread.currentThread();
		assertThat(this.hang.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	private boolean isHeldInTheCall() {
		StackTraceElement[] calls = (this.held != null) ? this.held.getStackTrace() : new StackTraceElement[0];
		return calls.length > 0 && calls[0].getMethodName().endsWith("park");
	}

	private void awaitHanging() throws InterruptedException {
		assertThat(this.hanging.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	private static void assertCancelled(CompletableFuture<?> future) {
		assertThat(future).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
	}

	@Test
	void operationsFollowEachOtherAndTheSameIsDoneOnce() throws Exception {
		CompletableFuture<?> first = hanging(Kind.VERIFY).toFuture();
		awaitHanging();
		CompletableFuture<?> renew = quick(Kind.RENEW, "renew").toFuture();
		CompletableFuture<?> acquire = quick(Kind.ACQUIRE, "acquire").toFuture();
		CompletableFuture<?> again = quick(Kind.RENEW, "the same").toFuture();
		assertThat(this.log).containsExactly("hanging accepted", "renew waits", "acquire waits");
		this.hang.countDown();
		assertThat(CompletableFuture.allOf(first, renew, acquire, again)).succeedsWithin(PATIENCE);
		assertThat(this.log).containsSubsequence("hanging succeeded", "renew succeeded", "acquire succeeded")
			.noneMatch((line) -> line.startsWith("the same"));
	}

	@Test
	void evictionEndsWhatReadsBesideARenewalAndNothingReadsBesideTheEviction() throws Exception {
		CompletableFuture<?> renew = hanging(Kind.RENEW).toFuture();
		awaitHanging();
		CompletableFuture<?> read = beside(() -> {
			callTheDisk();
			return null;
		}).toFuture();
		CompletableFuture<?> evict = quick(Kind.EVICT, "evict").toFuture();
		assertCancelled(read);
		assertCancelled(renew);
		assertThat(beside(() -> {
			throw new IllegalStateException("must not read");
		}).blockOptional(PATIENCE)).isEmpty();
		this.hang.countDown();
		assertThat(evict).succeedsWithin(PATIENCE);
	}

	private Mono<CachedModel> beside(Callable<@Nullable CachedModel> step) {
		return this.lanes.enterBeside(KEY, () -> new Step(Kind.ACQUIRE, "read", step));
	}

	@Test
	void lastCallerThatLeavesTakesAWaitingOperationWithIt() throws Exception {
		CompletableFuture<?> first = hanging(Kind.VERIFY).toFuture();
		awaitHanging();
		Disposable one = quick(Kind.ACQUIRE, "acquire").subscribe();
		Disposable other = quick(Kind.ACQUIRE, "the same").subscribe();
		one.dispose();
		assertThat(this.log).doesNotContain("acquire cancelled");
		other.dispose();
		assertThat(this.log).contains("acquire cancelled");
		this.hang.countDown();
		assertThat(first).succeedsWithin(PATIENCE);
		assertThat(quick(Kind.RENEW, "renew").toFuture()).succeedsWithin(PATIENCE);
		assertThat(this.log).doesNotContain("acquire succeeded");
	}

	@Test
	void lastCallerThatLeavesDoesNotWaitForTheThread() throws Exception {
		Disposable call = hanging(Kind.ACQUIRE).subscribe();
		awaitHanging();
		call.dispose();
		assertThat(this.log).contains("hanging cancelled");
		CompletableFuture<?> next = quick(Kind.ACQUIRE, "next").toFuture();
		assertThat(this.log).contains("next waits");
		this.hang.countDown();
		assertThat(next).succeedsWithin(PATIENCE);
		assertThat(this.log).doesNotContain("hanging succeeded");
	}

	@Test
	void evictionCancelsWhatIsAheadOfItAndNotWhatComesAfterIt() throws Exception {
		CompletableFuture<?> running = hanging(Kind.ACQUIRE).toFuture();
		awaitHanging();
		CompletableFuture<?> waiting = quick(Kind.VERIFY, "verify").toFuture();
		CompletableFuture<?> evict = quick(Kind.EVICT, "evict").toFuture();
		CompletableFuture<?> later = quick(Kind.ACQUIRE, "later").toFuture();
		assertCancelled(running);
		assertCancelled(waiting);
		this.lanes.cancel(KEY, "it was cancelled");
		assertCancelled(later);
		this.hang.countDown();
		assertThat(evict).succeedsWithin(PATIENCE);
	}

	@Test
	void evictionIsNotCancelledByOneThatComesAfterAnotherRequest() throws Exception {
		CompletableFuture<?> first = hanging(Kind.EVICT).toFuture();
		awaitHanging();
		CompletableFuture<?> between = quick(Kind.ACQUIRE, "between").toFuture();
		CompletableFuture<?> second = quick(Kind.EVICT, "second").toFuture();
		assertCancelled(between);
		this.hang.countDown();
		assertThat(first).succeedsWithin(PATIENCE);
		assertThat(second).succeedsWithin(PATIENCE);
	}

	@Test
	void threadThatDoesNotComeBackFailsWhatWaitsForItAndNamesTheCall() throws Exception {
		CompletableFuture<?> first = hanging(Kind.ACQUIRE).toFuture();
		awaitHanging();
		this.lanes.cancel(KEY, "it was cancelled");
		assertCancelled(first);
		CompletableFuture<?> waiting = quick(Kind.ACQUIRE, "waiting").toFuture();
		Awaitility.await().atMost(PATIENCE).until(this::isHeldInTheCall);
		this.timer.advanceTimeBy(Duration.ofSeconds(4));
		assertThat(waiting).isNotDone();
		this.timer.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(waiting).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelStorageException.class)
			.withMessageContaining("park, called in LanesTests.callTheDisk, since ");
		assertThat(this.log).contains("waiting failed");
		assertThat(quick(Kind.ACQUIRE, "later").toFuture()).isCompletedExceptionally();
		assertThat(this.log).containsSubsequence("later accepted", "later failed");
		this.hang.countDown();
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(quick(Kind.ACQUIRE, "after").toFuture()).succeedsWithin(PATIENCE));
	}

	@Test
	void operationThatIsAbandonedFailsBeforeItsThreadComesBack() throws Exception {
		Step step = new Step(Kind.ACQUIRE, "abandoned", () -> {
			this.hanging.countDown();
			callTheDisk();
			return null;
		});
		CompletableFuture<?> call = this.lanes.enter(KEY, () -> step).toFuture();
		awaitHanging();
		this.lanes.abandon(step, new ModelTransferException("m", "nothing advanced", "Check the disk", null));
		assertThat(call).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelTransferException.class);
		assertThat(this.log).contains("abandoned failed");
	}

	@Test
	void errorThatIsNoExceptionIsTold() {
		assertThat(enter(Kind.ACQUIRE, "error", () -> {
			throw new NoClassDefFoundError("x");
		}).toFuture()).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelTransferException.class);
		assertThat(quick(Kind.ACQUIRE, "next").toFuture()).succeedsWithin(PATIENCE);
	}

	@Test
	void callerThatBlocksInItsCallbackHoldsUpNothing() throws Exception {
		quick(Kind.ACQUIRE, "acquire").doOnTerminate(() -> {
			this.hanging.countDown();
			quick(Kind.VERIFY, "verify").block(PATIENCE);
			this.log.add("told");
		}).subscribe();
		awaitHanging();
		assertThat(quick(Kind.RENEW, "renew").toFuture()).succeedsWithin(PATIENCE);
		Awaitility.await().atMost(PATIENCE).until(() -> this.log.contains("told"));
	}

	@Test
	void closedLanesCancelAndRefuseEverythingUntilTheyOpen() throws Exception {
		CompletableFuture<?> running = hanging(Kind.ACQUIRE).toFuture();
		awaitHanging();
		CompletableFuture<?> waiting = quick(Kind.EVICT, "evict").toFuture();
		this.lanes.close();
		assertCancelled(running);
		assertCancelled(waiting);
		assertCancelled(quick(Kind.ACQUIRE, "refused").toFuture());
		assertThat(this.lanes.awaitIdle(Duration.ZERO)).as("the thread hangs still").isFalse();
		this.hang.countDown();
		assertThat(this.lanes.awaitIdle(PATIENCE)).isTrue();
		this.lanes.open();
		assertThat(quick(Kind.ACQUIRE, "after").toFuture()).succeedsWithin(PATIENCE);
		this.lanes.close();
	}

	private final class Step extends Operation {

		private final String name;

		private final Callable<@Nullable CachedModel> step;

		Step(Kind kind, String name, Callable<@Nullable CachedModel> step) {
			super(kind, ModelRequest.builder("m").modelPath(Path.of("/models/m.gguf")).build());
			this.name = name;
			this.step = step;
		}

		private void told(String what) {
			LanesTests.this.log.add(this.name + " " + what);
		}

		@Override
		@Nullable CachedModel call() throws Exception {
			return this.step.call();
		}

		@Override
		void accepted(@Nullable LockOwner ahead) {
			told((ahead != null) ? "waits" : "accepted");
		}

		@Override
		void succeeded(@Nullable CachedModel model) {
			told("succeeded");
		}

		@Override
		void failed(ModelCacheException failure) {
			told("failed");
		}

		@Override
		void cancelled() {
			told("cancelled");
		}

		@Override
		ModelCacheException asModelCacheException(Throwable failure) {
			return new ModelTransferException("m", "unexpected", "Look", failure);
		}

	}

}
