/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.util.stream.Stream;
import java.util.stream.Collectors;
import java.util.Set;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.ManualClock;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link Background}: how models are acquired.
 */
class BackgroundTests {

	private static final Duration INTERVAL = Duration.ofMinutes(1);

	private final ModelCache cache = mock(ModelCache.class);

	private final ManualClock clock = new ManualClock();

	private final AtomicInteger attempts = new AtomicInteger();

	private ModelStatus status = ModelStatus.absent("m");

	private Mono<CachedModel> result = Mono.never();

	private final Set<Thread> ofOthers = allKeepAliveThreads().collect(Collectors.toSet());

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private Sinks.Many<ModelStatus> statuses = Sinks.many().multicast().directBestEffort();

	private Background background;

	@BeforeEach
	void create() {
		given(this.cache.statuses()).willAnswer((call) -> this.statuses.asFlux());
		given(this.cache.status("m")).willAnswer((call) -> this.status);
		given(this.cache.get("m")).willReturn(Mono.defer(() -> {
			this.attempts.incrementAndGet();
			return this.result;
		}));
		this.background = background(false);
	}

	@AfterEach
	void close() {
		this.background.stop(null);
		this.timer.dispose();
		Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> keepAliveThreads() == 0);
	}

	private void pass(Duration time) {
		this.clock.advance(time);
		this.timer.advanceTimeBy(time);
	}

	/**
	 * What the cache shows when an attempt has ended, which a caller may have requested.
	 */
	private void show(ModelStatus status) {
		this.status = status;
		this.statuses.tryEmitNext(status);
	}

	private void showFailure(ModelCacheException failure) {
		show(this.status.withState(ModelState.FAILED).withError(failure));
	}

	private static CachedModel model() {
		return CachedModel.of("m", List.of(Path.of("/m.gguf")), 1, Digest.parse("00".repeat(32)), "here")
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withVerified(true);
	}

	private Background background(boolean onFirstUse) {
		ConfiguredModels models = new ConfiguredModels(
				List.of(ModelRequest.builder("m").modelPath(Path.of("/m.gguf")).build()));
		return new Background(this.cache, models, INTERVAL, null, onFirstUse, this.timer, this.clock);
	}

	private void failWith(ModelCacheException failure) {
		this.result = Mono.error(failure);
		this.status = this.status.withState(ModelState.FAILED).withError(failure);
	}

	private static ModelCacheException networkFailure() {
		return new ModelTransferException("m", "no answer", "Wait", null);
	}

	private long keepAliveThreads() {
		return allKeepAliveThreads().filter((thread) -> !this.ofOthers.contains(thread)).count();
	}

	private static Stream<Thread> allKeepAliveThreads() {
		return Thread.getAllStackTraces()
			.keySet()
			.stream()
			.filter((thread) -> thread.getName().equals("modelcache-keep-alive") && thread.isAlive());
	}

	@Test
	void startAcquiresEveryModelOnce() {
		this.background.ensureAll();
		this.background.ensureAll();
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void missingModelIsAcquiredWhenAHealthCheckFindsIt() {
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void readyModelIsLeftAlone() {
		this.status = this.status.withState(ModelState.DOWNLOADING);
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(0);
	}

	@Test
	void cancelledModelIsLeftAlone() {
		this.status = this.status.withState(ModelState.CANCELLED);
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(0);
	}

	@Test
	void intervalDoublesWithEachFailureUpToAnHour() {
		failWith(networkFailure());
		this.background.ensureAll();
		long minutes = 1;
		for (int failures = 1; failures < 12; failures++) {
			this.clock.advance(Duration.ofMinutes(minutes).minusMillis(1));
			this.background.ensureIfDue("m");
			assertThat(this.attempts).hasValue(failures);
			this.clock.advance(Duration.ofMillis(1));
			this.background.ensureIfDue("m");
			assertThat(this.attempts).hasValue(failures + 1);
			minutes = Math.min(60, minutes * 2);
		}
	}

	@Test
	void startWaitsForNoInterval() {
		failWith(networkFailure());
		this.background.ensureAll();
		this.background.ensure("m");
		assertThat(this.attempts).hasValue(2);
		this.status = this.status.withState(ModelState.CANCELLED);
		this.background.ensure("m");
		assertThat(this.attempts).hasValue(3);
	}

	@Test
	void startLeavesTheAttemptThatIsUnderWayAlone() {
		this.background.ensure("m");
		this.background.ensure("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void downloadThatIsCancelledStaysCancelledAlthoughItWasEnsured() {
		Sinks.One<CachedModel> attempt = Sinks.one();
		this.result = attempt.asMono();
		this.background.ensure("m");
		this.status = this.status.withState(ModelState.DOWNLOADING);
		this.background.ensure("m");
		this.status = this.status.withState(ModelState.CANCELLED);
		attempt.tryEmitError(new ModelCancelledException("m", "it was cancelled", "Ask for it again"));
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void cancellationIsNoFailure() {
		failWith(new ModelCancelledException("m", "it was evicted", "Ask for it again"));
		this.background.ensureAll();
		this.status = ModelStatus.absent("m");
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void successMakesTheIntervalShortAgain() {
		failWith(networkFailure());
		this.background.ensureAll();
		this.clock.advance(INTERVAL);
		this.background.ensureIfDue("m");
		this.clock.advance(INTERVAL.multipliedBy(2));
		this.result = Mono.just(model());
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(3);
		this.status = ModelStatus.absent("m");
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(4);
	}

	@Test
	void nextAttemptIsThatOfAFailureThatTimeMayMend() {
		assertThat(this.background.nextAttempt("m")).isNull();
		failWith(networkFailure());
		this.background.ensure("m");
		Instant due = this.clock.instant().plus(INTERVAL);
		assertThat(this.background.nextAttempt("m")).isEqualTo(due);
		this.clock.advance(INTERVAL.plusSeconds(1));
		assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant());
		this.background.ensureIfDue("m");
		assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant().plus(INTERVAL.multipliedBy(2)));
		failWith(new ModelNotFoundException("m", "gone", "Look"));
		assertThat(this.background.nextAttempt("m")).isNull();
	}

	@Test
	void diskAndLockAreMendedByTimeToo() {
		this.status = this.status.withState(ModelState.FAILED)
			.withError(new ModelStorageException("m", Path.of("/"), "full", null));
		this.background.ensureIfDue("m");
		this.clock.advance(INTERVAL);
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void lockTimeoutIsMendedByTime() {
		this.status = this.status.withState(ModelState.FAILED)
			.withError(new ModelLockTimeoutException("m", Path.of("/l"), null, INTERVAL));
		this.background.ensureIfDue("m");
		this.clock.advance(INTERVAL);
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void integrityAndConfigurationAreNot() {
		Digest digest = Digest.parse("00".repeat(32));
		this.status = this.status.withState(ModelState.FAILED)
			.withError(new ModelIntegrityException("m", digest, DigestOrigin.CONFIGURATION, digest, "here"));
		this.background.ensureIfDue("m");
		this.status = this.status.withState(ModelState.FAILED)
			.withError(new ModelNotFoundException("m", "gone", "Look"));
		this.background.ensureIfDue("m");
		this.clock.advance(Duration.ofDays(1));
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(0);
	}

	@Test
	void failureWithOneMendableReasonAmongOthersIsTriedAgain() {
		ModelCacheException failure = new ModelNotFoundException("m", "gone", "Look");
		failure.addSuppressed(networkFailure());
		this.status = this.status.withState(ModelState.FAILED).withError(failure);
		this.background.ensureIfDue("m");
		this.clock.advance(INTERVAL);
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void modelOfFirstUseDoesNotCountUntilSomebodyAsksForIt() {
		this.background.stop(null);
		this.background = background(true);
		assertThat(this.background.counts("m")).isFalse();
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(0);
		this.status = this.status.withState(ModelState.RESOLVING);
		assertThat(this.background.counts("m")).isTrue();
		this.status = ModelStatus.absent("m");
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void failedAttemptIsFollowedByOthersWithoutAHealthCheck() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		long minutes = 1;
		for (int failures = 1; failures < 12; failures++) {
			pass(Duration.ofMinutes(minutes).minusMillis(1));
			assertThat(this.attempts).hasValue(failures);
			assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant().plusMillis(1));
			pass(Duration.ofMillis(1));
			assertThat(this.attempts).hasValue(failures + 1);
			minutes = Math.min(60, minutes * 2);
		}
	}

	@Test
	void failureOfACallerIsFollowedByAnAttemptInTheBackground() {
		this.background.startRetrying();
		showFailure(networkFailure());
		assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant().plus(INTERVAL));
		pass(INTERVAL.minusMillis(1));
		assertThat(this.attempts).hasValue(0);
		pass(Duration.ofMillis(1));
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void failureIsCountedOnceHoweverItIsLearned() {
		this.background.startRetrying();
		ModelCacheException failure = networkFailure();
		failWith(failure);
		this.result = Mono.defer(() -> {
			showFailure(failure);
			return Mono.error(failure);
		});
		this.background.ensureAll();
		this.statuses.tryEmitNext(this.status);
		assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant().plus(INTERVAL));
	}

	/** The status shows the failure before the attempt is told its end. */
	@Test
	void attemptThatIsDueBeforeTheLastOneHasBeenToldItsEndFollowsIt() {
		this.background.startRetrying();
		ModelCacheException failure = networkFailure();
		this.result = Mono.defer(() -> {
			this.result = Mono.never();
			showFailure(failure);
			pass(INTERVAL);
			return Mono.error(failure);
		});
		this.background.ensureAll();
		this.timer.advanceTime();
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void attemptOfACallerThatBeginsBeforeTheLastOneHasBeenToldItsEndIsJoined() {
		this.background.startRetrying();
		ModelCacheException failure = networkFailure();
		this.result = Mono.defer(() -> {
			this.result = Mono.never();
			showFailure(failure);
			show(this.status.withState(ModelState.RESOLVING));
			return Mono.error(failure);
		});
		this.background.ensureAll();
		this.timer.advanceTime();
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void failureThatTimeDoesNotMendIsNotTriedAgain() {
		this.background.startRetrying();
		failWith(new ModelNotFoundException("m", "gone", "Look"));
		this.background.ensureAll();
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(1);
		assertThat(this.background.nextAttempt("m")).isNull();
		failWith(networkFailure());
		this.background.ensure("m");
		pass(INTERVAL);
		assertThat(this.attempts).hasValue(3);
	}

	@Test
	void attemptThatAFailureOfAnotherKindFollowsIsTheLast() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		this.result = Mono.defer(() -> {
			failWith(new ModelNotFoundException("m", "gone", "Look"));
			return this.result;
		});
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void cancellationEndsTheWaitForTheNextAttempt() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		show(this.status.withState(ModelState.CANCELLED));
		assertThat(this.background.nextAttempt("m")).isNull();
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(1);
		failWith(networkFailure());
		this.background.ensure("m");
		assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant().plus(INTERVAL));
	}

	@Test
	void modelThatIsEvictedOrReadyMeanwhileIsLeftAlone() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		show(ModelStatus.absent("m"));
		pass(Duration.ofDays(1));
		failWith(networkFailure());
		this.background.ensure("m");
		show(ModelStatus.ready(model()));
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void attemptThatACallerRequestsMeanwhileIsJoined() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		this.result = Mono.never();
		show(this.status.withState(ModelState.RESOLVING));
		assertThat(this.attempts).hasValue(2);
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void firstAttemptOfACallerIsTheCallersAlone() {
		this.background.startRetrying();
		show(this.status.withState(ModelState.RESOLVING));
		assertThat(this.attempts).hasValue(0);
	}

	@Test
	void healthCheckThatStartsTheAttemptReplacesTheOneOfTheTimer() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		this.clock.advance(INTERVAL);
		this.background.ensureIfDue("m");
		assertThat(this.attempts).hasValue(2);
		this.timer.advanceTimeBy(INTERVAL);
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void modelOfFirstUseIsTriedAgainOnceItWasAskedFor() {
		this.background.stop(null);
		this.background = background(true);
		this.background.startRetrying();
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(0);
		showFailure(networkFailure());
		assertThat(this.background.nextAttempt("m")).isEqualTo(this.clock.instant().plus(INTERVAL));
		pass(INTERVAL);
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void waitForTheNextAttemptEndsWithTheCacheAndGoesOnWithIt() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		this.background.stop(null);
		assertThat(this.statuses.currentSubscriberCount()).isZero();
		pass(INTERVAL.dividedBy(2));
		this.background.start();
		pass(INTERVAL.dividedBy(2).minusMillis(1));
		assertThat(this.attempts).hasValue(1);
		pass(Duration.ofMillis(1));
		assertThat(this.attempts).hasValue(2);
		this.background.stop(null);
		pass(Duration.ofDays(1));
		assertThat(this.attempts).hasValue(2);
	}

	@Test
	void waitForTheNextAttemptDoesNotKeepTheApplicationAlive() {
		this.background.startRetrying();
		failWith(networkFailure());
		this.background.ensureAll();
		assertThat(this.background.nextAttempt("m")).isNotNull();
		Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> keepAliveThreads() == 0);
	}

	@Test
	void applicationStaysAliveWhileAnAttemptRunsAndNotLonger() {
		Sinks.One<CachedModel> sink = Sinks.one();
		this.result = sink.asMono();
		this.background.ensureAll();
		assertThat(keepAliveThreads()).isEqualTo(1);
		sink.tryEmitError(networkFailure());
		Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> keepAliveThreads() == 0);
	}

	@Test
	void closeCancelsAndNothingFollows() {
		boolean[] cancelled = { false };
		this.result = Mono.<CachedModel>never().doOnCancel(() -> cancelled[0] = true);
		this.background.ensureAll();
		this.background.stop(null);
		assertThat(cancelled[0]).isTrue();
		this.background.ensureAll();
		assertThat(this.attempts).hasValue(1);
	}

}
