/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.runtime.Classification.Outcome;
import dev.modelcache.runtime.Classification;
import dev.modelcache.runtime.ClassificationException;
import dev.modelcache.runtime.ClassifierBusyException;
import dev.modelcache.runtime.Question;
import dev.modelcache.testsupport.BlockingCalls;
import dev.modelcache.testsupport.CachedModels;
import dev.modelcache.testsupport.Content;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link QueuedClassifier}.
 */
class QueuedClassifierTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final Duration LONG = Duration.ofMinutes(5);

	private static final Duration SHORT = Duration.ofMillis(50);

	private final ModelCache cache = mock(ModelCache.class);

	private final FakeLoader loader = new FakeLoader();

	private final DefaultModelManager manager = new DefaultModelManager("default", this.cache, this.loader,
			RuntimeObserver.NONE, Clock.systemUTC());

	private final List<String> observed = new CopyOnWriteArrayList<>();

	private final AtomicInteger active = new AtomicInteger();

	private final CountDownLatch release = new CountDownLatch(1);

	private QueuedClassifier classifier = classifier(LONG, 1024);

	QueuedClassifierTests() {
		given(this.cache.get("default"))
			.willReturn(Mono.just(CachedModels.of(Path.of("m.gguf"), Content.random(10, 1))));
	}

	@AfterEach
	void close() {
		this.release.countDown();
		this.classifier.close();
		this.manager.close();
	}

	private QueuedClassifier classifier(Duration timeout, int capacity) {
		return classifier(timeout, capacity, Schedulers.parallel());
	}

	private QueuedClassifier classifier(Duration timeout, int capacity, Scheduler timer) {
		ClassifierSettings settings = new ClassifierSettings(List.of("READ", "DELETE"), "One of {labels}: {text} =>",
				"UNKNOWN", 0.3, timeout, capacity);
		RuntimeObserver observer = new RuntimeObserver() {

			@Override
			public void classificationStarted() {
				QueuedClassifierTests.this.active.incrementAndGet();
			}

			@Override
			public void classificationEnded(String label, String outcome, Duration elapsed) {
				QueuedClassifierTests.this.active.decrementAndGet();
				QueuedClassifierTests.this.observed.add(label + " " + outcome);
			}

		};
		return new QueuedClassifier(this.manager, settings, observer, timer, Clock.systemUTC());
	}

	/** Observers hear of an answer at the moment its caller does, or just after. */
	private void assertObserved(String... classifications) {
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.observed).containsExactly(classifications));
	}

	private void loaded() {
		this.manager.loadModel().block(PATIENCE);
	}

	/** A model that answers when it is released, whether anybody waits or not. */
	private CountDownLatch blocked() {
		CountDownLatch asked = new CountDownLatch(1);
		this.loader.speaker = (question, abandoned) -> {
			asked.countDown();
			FakeLoader.await(this.release);
			return "READ";
		};
		return asked;
	}

	@Test
	void theModelsAnswerIsTheLabel() {
		loaded();
		this.loader.speaker = (question, abandoned) -> question.prompt().contains("rm") ? "DELETE" : "READ";
		Classification classification = this.classifier.classify("rm -rf").block(PATIENCE);
		assertThat(classification).isNotNull();
		assertThat(classification.label()).isEqualTo("DELETE");
		assertThat(classification.outcome()).isEqualTo(Outcome.ANSWERED);
		assertThat(classification.isTimedOut()).isFalse();
		assertThat(classification.latency().isNegative()).isFalse();
		assertThat(this.classifier.classifyBlocking("ls").label()).isEqualTo("READ");
		assertObserved("DELETE answered", "READ answered");
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.active).hasValue(0));
	}

	@Test
	void theTextStandsInThePromptAsItIs() {
		loaded();
		this.classifier.classifyBlocking("a {text} of {labels}");
		assertThat(this.loader.loaded.get(0).questions).containsExactly(
				new Question("One of READ, DELETE: a {text} of {labels} =>", List.of("READ", "DELETE"), 0.3));
	}

	@Test
	void withoutAModelTheLabelIsTheConfiguredOneAndTheModelIsAskedForOnce() {
		given(this.cache.get("default")).willReturn(Mono.error(new ModelNotFoundException("default", "no", "Do")));
		for (int i = 0; i < 3; i++) {
			Classification classification = this.classifier.classifyBlocking("ls");
			assertThat(classification.label()).isEqualTo("UNKNOWN");
			assertThat(classification.outcome()).isEqualTo(Outcome.UNAVAILABLE);
		}
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.observed).containsOnly("UNKNOWN unavailable"));
		verify(this.cache, times(1)).get("default");
	}

	@Test
	void aTimeOutIsAnAnswerAndFreesTheWorker() {
		loaded();
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		this.classifier = classifier(SHORT, 10, time);
		CountDownLatch asked = new CountDownLatch(1);
		CountDownLatch gaveUp = new CountDownLatch(1);
		this.loader.speaker = (question, abandoned) -> {
			asked.countDown();
			Awaitility.await().atMost(PATIENCE).until(abandoned::getAsBoolean);
			gaveUp.countDown();
			throw new CancellationException();
		};
		CompletableFuture<Classification> slow = this.classifier.classify("ls").toFuture();
		FakeLoader.await(asked);
		time.advanceTimeBy(SHORT);
		assertThat(slow).succeedsWithin(PATIENCE).satisfies((classification) -> {
			assertThat(classification.label()).isEqualTo("UNKNOWN");
			assertThat(classification.isTimedOut()).isTrue();
		});
		FakeLoader.await(gaveUp);
		QueuedClassifier patient = this.classifier;
		this.classifier = classifier(LONG, 10);
		this.loader.speaker = (question, abandoned) -> "READ";
		assertThat(this.classifier.classifyBlocking("ls").label()).isEqualTo("READ");
		assertObserved("UNKNOWN timed_out", "READ answered");
		patient.close();
	}

	@Test
	void aFullQueueIsRefused() {
		loaded();
		this.classifier = classifier(LONG, 1);
		CountDownLatch asked = blocked();
		CompletableFuture<Classification> running = this.classifier.classify("1").toFuture();
		FakeLoader.await(asked);
		CompletableFuture<Classification> waiting = this.classifier.classify("2").toFuture();
		StepVerifier.create(this.classifier.classify("3"))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(ClassifierBusyException.class)
				.hasMessageContaining("hooks.llm.classifier.queue-capacity"))
			.verify(PATIENCE);
		assertThatExceptionOfType(ClassifierBusyException.class).isThrownBy(() -> this.classifier.classifyBlocking("4"))
			.satisfies((ex) -> assertThat(ex.capacity()).isEqualTo(1));
		this.release.countDown();
		assertThat(running).succeedsWithin(PATIENCE);
		assertThat(waiting).succeedsWithin(PATIENCE);
		assertObserved("none rejected", "none rejected", "READ answered", "READ answered");
	}

	@Test
	void textsThatTimedOutTakeNoPlaceInTheQueue() {
		loaded();
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		this.classifier = classifier(SHORT, 1, time);
		CountDownLatch asked = blocked();
		CompletableFuture<Classification> running = this.classifier.classify("1").toFuture();
		FakeLoader.await(asked);
		for (int i = 0; i < 5; i++) {
			CompletableFuture<Classification> waiting = this.classifier.classify("2").toFuture();
			time.advanceTimeBy(SHORT);
			assertThat(waiting).succeedsWithin(PATIENCE)
				.satisfies((classification) -> assertThat(classification.isTimedOut()).isTrue());
		}
		assertThat(running).succeedsWithin(PATIENCE);
		Awaitility.await()
			.atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.observed).containsOnly("UNKNOWN timed_out"));
	}

	@Test
	void aCancelledTextIsNotLookedAt() {
		loaded();
		CountDownLatch asked = blocked();
		CompletableFuture<Classification> running = this.classifier.classify("1").toFuture();
		FakeLoader.await(asked);
		Disposable waiting = this.classifier.classify("2").subscribe();
		waiting.dispose();
		this.release.countDown();
		assertThat(running).succeedsWithin(PATIENCE);
		this.classifier.classifyBlocking("3");
		assertThat(this.loader.loaded.get(0).questions).extracting(Question::prompt)
			.containsExactly("One of READ, DELETE: 1 =>", "One of READ, DELETE: 3 =>");
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.observed).contains("none cancelled"));
	}

	@Test
	void noAnswerOfAThousandIsLost() {
		loaded();
		this.loader.speaker = (question, abandoned) -> question.prompt().endsWith("7 =>") ? "DELETE" : "READ";
		List<Classification> all = Flux.range(0, 1000)
			.flatMap((number) -> this.classifier.classify("text " + number), 1000)
			.collectList()
			.block(PATIENCE);
		assertThat(all).hasSize(1000);
		assertThat(all).filteredOn((classification) -> classification.label().equals("DELETE")).hasSize(100);
		Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(this.active).hasValue(0));
	}

	@Test
	void aModelThatFailsIsAnErrorOfThatTextAlone() {
		loaded();
		this.loader.speaker = (question, abandoned) -> {
			throw new ClassificationException("it is mute", "Ask another", null);
		};
		assertThatExceptionOfType(ClassificationException.class)
			.isThrownBy(() -> this.classifier.classifyBlocking("ls"))
			.withMessage("it is mute. Ask another.");
		this.loader.speaker = (question, abandoned) -> "READ";
		assertThat(this.classifier.classifyBlocking("ls").label()).isEqualTo("READ");
		assertObserved("none failed", "READ answered");
	}

	@Test
	void anEventLoopIsNotBlocked() {
		loaded();
		StepVerifier
			.create(Mono.fromCallable(() -> this.classifier.classifyBlocking("ls")).subscribeOn(Schedulers.parallel()))
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(IllegalStateException.class)
				.hasMessageContaining("Use classify()"))
			.verify(PATIENCE);
	}

	@Test
	void subscribersDoNotHoldTheWorker() {
		loaded();
		CountDownLatch done = new CountDownLatch(1);
		List<CompletableFuture<String>> slow = new ArrayList<>();
		slow.add(this.classifier.classify("1").map((classification) -> {
			BlockingCalls.onPurpose(() -> FakeLoader.await(done));
			return classification.label();
		}).toFuture());
		assertThat(this.classifier.classifyBlocking("2").label()).isEqualTo("READ");
		done.countDown();
		assertThat(slow.get(0)).succeedsWithin(PATIENCE);
	}

	@Test
	void textsThatWaitAtTheEndGetAnAnswer() {
		loaded();
		CountDownLatch asked = blocked();
		CompletableFuture<Classification> running = this.classifier.classify("1").toFuture();
		FakeLoader.await(asked);
		CompletableFuture<Classification> waiting = this.classifier.classify("2").toFuture();
		this.classifier.close();
		assertThat(waiting).succeedsWithin(PATIENCE)
			.satisfies((classification) -> assertThat(classification.outcome()).isEqualTo(Outcome.UNAVAILABLE));
		this.release.countDown();
		assertThat(running).succeedsWithin(PATIENCE);
		StepVerifier.create(this.classifier.classify("3")).expectError(ClassificationException.class).verify(PATIENCE);
	}

}
