/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.TransferProgress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link StatusBoard}.
 */
class StatusBoardTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final StatusBoard board = new StatusBoard(new LinkedHashSet<>(List.of("a", "b")), this.executor);

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
	}

	private void state(String id, ModelState state) {
		this.board.update(id, (status) -> status.withState(state));
	}

	private void progress(String id, int times) {
		state(id, ModelState.DOWNLOADING);
		for (int i = 1; i <= times; i++) {
			long bytes = i;
			this.board.update(id, (status) -> status.withProgress(TransferProgress.of(bytes, null, 0)));
		}
	}

	@Test
	void subscriberThatRequestsNothingGetsTheLatestStatusOfEachModelLater() {
		StepVerifier.create(this.board.watch(), 0).expectSubscription().then(() -> {
			state("a", ModelState.RESOLVING);
			progress("b", 3000);
			state("a", ModelState.VERIFYING);
		})
			.thenRequest(1)
			.assertNext((status) -> assertThat(status.state()).isEqualTo(ModelState.VERIFYING))
			.thenRequest(1)
			.assertNext((status) -> assertThat(status.progress()).isEqualTo(TransferProgress.of(3000, null, 0)))
			.thenCancel()
			.verify(PATIENCE);
	}

	@Test
	void subscriberGetsNoMoreThanItRequests() {
		List<ModelStatus> seen = new ArrayList<>();
		StatusBoard inline = new StatusBoard(Set.of("a"), Runnable::run);
		BaseSubscriber<ModelStatus> subscriber = new BaseSubscriber<>() {
			@Override
			protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
				request(2);
			}

			@Override
			protected void hookOnNext(ModelStatus status) {
				seen.add(status);
			}
		};
		inline.watch().subscribe(subscriber);
		inline.update("a", (status) -> status.withState(ModelState.RESOLVING));
		inline.update("a", (status) -> status.withState(ModelState.DOWNLOADING));
		assertThat(seen).extracting(ModelStatus::state).containsExactly(ModelState.ABSENT, ModelState.RESOLVING);
		subscriber.request(1);
		assertThat(seen).last().extracting(ModelStatus::state).isEqualTo(ModelState.DOWNLOADING);
	}

	@Test
	void changesOfStateAreNotMissedForShortDelaysAndProgressIsConflated() throws Exception {
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		List<ModelStatus> seen = new ArrayList<>();
		CountDownLatch verifying = new CountDownLatch(1);
		this.board.watch().filter((status) -> status.id().equals("b")).subscribe((status) -> {
			entered.countDown();
			awaitUninterruptibly(release);
			seen.add(status);
			if (status.state() == ModelState.VERIFYING) {
				verifying.countDown();
			}
		});
		assertThat(entered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		progress("b", 5000);
		state("b", ModelState.VERIFYING);
		release.countDown();
		assertThat(verifying.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		assertThat(seen).extracting(ModelStatus::state)
			.containsExactly(ModelState.ABSENT, ModelState.DOWNLOADING, ModelState.VERIFYING);
		assertThat(seen.get(1).progress()).isEqualTo(TransferProgress.of(5000, null, 0));
	}

	@Test
	void subscriberThatFailsIsCalledNoMore() {
		List<ModelStatus> seen = new ArrayList<>();
		StatusBoard inline = new StatusBoard(Set.of("a"), Runnable::run);
		inline.watch().subscribe(new BaseSubscriber<>() {
			@Override
			protected void hookOnNext(ModelStatus status) {
				seen.add(status);
				throw new StackOverflowError();
			}
		});
		inline.update("a", (status) -> status.withState(ModelState.RESOLVING));
		assertThat(seen).hasSize(1);
		assertThat(inline.get("a").state()).isEqualTo(ModelState.RESOLVING);
	}

	@Test
	void closingCompletesSubscriptionsAlsoLaterOnes() {
		StepVerifier.create(this.board.watch())
			.expectNextCount(2)
			.then(this.board::close)
			.expectComplete()
			.verify(PATIENCE);
		StepVerifier.create(this.board.watch()).expectNextCount(2).expectComplete().verify(PATIENCE);
		this.executor.shutdown();
		StepVerifier.create(this.board.watch()).expectComplete().verify(PATIENCE);
	}

	@Test
	void ofModelsThatAreNotConfiguredTheLastOnesAreKept() {
		state("first", ModelState.VERIFYING);
		for (int i = 0; i < StatusBoard.MOST_OTHERS + 10; i++) {
			this.board.update("other-" + i, (status) -> status.withState(ModelState.CANCELLED));
		}
		assertThat(this.board.get("first").state()).isEqualTo(ModelState.VERIFYING);
		assertThat(this.board.get("other-9").state()).isEqualTo(ModelState.ABSENT);
		assertThat(this.board.get("other-1009").state()).isEqualTo(ModelState.CANCELLED);
		assertThat(this.board.watch().take(StatusBoard.MOST_OTHERS + 2).collectList().block(PATIENCE))
			.extracting(ModelStatus::id)
			.startsWith("a", "b");
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
