/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeRequest.Coding;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * When requests are repeated, and when no more: on a virtual clock, to the millisecond.
 */
class BackOffTests {

	@TempDir
	private Path directory;

	private TransferFixture fixture;

	@BeforeEach
	void open() {
		this.fixture = new TransferFixture(this.directory);
	}

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private ModelCacheException fail(int mirrors) {
		CompletableFuture<TransferResult> result = this.fixture.run(mirrors).toFuture();
		this.fixture.letTimePass();
		Throwable failure = result.handle((came, thrown) -> thrown).orTimeout(3, TimeUnit.MINUTES).join();
		assertThat(failure).isInstanceOf(ModelCacheException.class);
		return (ModelCacheException) failure;
	}

	private static List<Duration> millis(long... millis) {
		return Arrays.stream(millis).mapToObj(Duration::ofMillis).toList();
	}

	@Test
	void delaysDoubleFromOneSecondToThirty() {
		this.fixture.maxRequests(8).answer(TransferFixture.failing(Reason.RESET));
		ModelCacheException failure = fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(1000, 2000, 4000, 8000, 16_000, 30_000, 30_000));
		assertThat(failure).isInstanceOf(ModelTransferException.class);
		assertThat(failure.getSuppressed()).hasSize(8);
	}

	@Test
	void delaysAreRandomizedByAQuarter() {
		Queue<Double> numbers = new ArrayDeque<>(List.of(0.0, 1.0, 0.25, 0.75, 0.0, 0.0, 1.0));
		this.fixture.maxRequests(8).random(numbers::remove).answer(TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(750, 2500, 3500, 9000, 12_000, 22_500, 30_000));
	}

	@Test
	void maxAttemptsCountsAllRequests() {
		this.fixture.maxRequests(3).answer(TransferFixture.failing(Reason.STALLED));
		fail(1);
		assertThat(this.fixture.requests).hasSize(3);
	}

	@Test
	void attemptsOfTheApplicationTakeThePlaceOfTheModels() {
		RetryRegistry registry = RetryRegistry.ofDefaults();
		registry.retry("modelcache-" + TransferFixture.MODEL, RetryConfig.custom().maxAttempts(2).build());
		this.fixture.registry(registry).maxRequests(3).answer(TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged).containsExactly(true, false);
	}

	@Test
	void everyMirrorHasItsOwnCount() {
		this.fixture.maxRequests(3).answer(TransferFixture.failing(Reason.UNREACHABLE));
		fail(2);
		assertThat(this.fixture.requests.stream().map((request) -> Origin.of(request.mirror().uri()).host()))
			.containsExactly("mirror1", "mirror1", "mirror1", "mirror2", "mirror2", "mirror2");
		// The second mirror is asked at once.
		assertThat(this.fixture.delays()).isEqualTo(millis(1000, 2000, 0, 1000, 2000));
	}

	@Test
	void lastRequestOfEachMirrorIsForTheWholeFile() {
		this.fixture.maxRequests(3).answer(TransferFixture.failing(Reason.SERVER_ERROR));
		fail(2);
		assertThat(this.fixture.requests)
			.extracting((request) -> Origin.of(request.mirror().uri()).host() + " " + request.ranged())
			.containsExactly("mirror1 true", "mirror1 true", "mirror1 false", "mirror2 true", "mirror2 true",
					"mirror2 false");
	}

	@Test
	void newBytesOnDiskStartTheCountAgain() {
		byte[] file = new byte[4000];
		this.fixture.maxRequests(2)
			.answer(TransferFixture.failing(Reason.RESET), TransferFixture.cutAt(file, 1000),
					TransferFixture.failing(Reason.RESET), TransferFixture.cutAt(file, 2000),
					TransferFixture.failing(Reason.RESET), TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.requests.stream().map((request) -> request.range().start())).containsExactly(0L, 0L,
				1000L, 1000L, 2000L, 2000L, 0L);
		// Asked for the whole file before it is given up.
		assertThat(this.fixture.requests).last().satisfies((request) -> assertThat(request.ranged()).isFalse());
	}

	@Test
	void bytesThatWereThereBeforeDoNot() {
		byte[] file = new byte[4000];
		// The second answer, and all that follow, bring nothing beyond the first.
		this.fixture.maxRequests(3).answer(TransferFixture.cutAt(file, 1000), TransferFixture.cutAt(file, 1000));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged)
			.containsExactly(true, true, true, true, false);
	}

	@Test
	void retryAfterDelaysTheNextRequest() {
		this.fixture.maxRequests(2).answer(TransferFixture.failing(503, Duration.ofSeconds(17)));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(17_000));
	}

	@Test
	void additionalRequestForTheWholeFileIsDelayedToo() {
		byte[] file = new byte[4000];
		this.fixture.maxRequests(2)
			.answer(TransferFixture.cutAt(file, 1000), TransferFixture.failing(503, Duration.ofSeconds(17)));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged).containsExactly(true, true, true, false);
		assertThat(this.fixture.delays()).isEqualTo(millis(1000, 17_000, 17_000));
	}

	@Test
	void whereOneAttemptIsAllowedAndNothingCameThereIsNoOther() {
		this.fixture.maxRequests(1).answer(TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged).containsExactly(true);
	}

	@Test
	void retryAfterNeverShortensTheDelay() {
		this.fixture.maxRequests(2).answer(TransferFixture.failing(503, Duration.ZERO));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(1000));
	}

	@Test
	void retryAfterBeyondAllNumbersIsBoundedToo() {
		this.fixture.maxRequests(2).answer(TransferFixture.failing(503, Duration.ofSeconds(Long.MAX_VALUE)));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(301_000));
	}

	@Test
	void retryAfterIsHonouredUpToTheEndOfAWindowOfFiveMinutes() {
		this.fixture.maxRequests(2).answer(TransferFixture.failing(503, Duration.ofDays(3)));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(301_000));
	}

	@ParameterizedTest
	@EnumSource(names = { "UNPROVABLE", "UNTRUSTED", "CIRCUIT_OPEN", "TOO_BUSY", "OTHER_SIZE", "PRIVATE_ADDRESS",
			"PROXY_DENIED", "TOO_LARGE", "NO_CLIENT" })
	void whatAnotherRequestCannotMendIsNotRepeated(Reason reason) {
		this.fixture.answer(TransferFixture.failing(reason));
		fail(1);
		assertThat(this.fixture.requests).hasSize(1);
	}

	@ParameterizedTest
	@EnumSource(mode = Mode.EXCLUDE,
			names = { "NOT_FOUND", "ACCESS_DENIED", "REFUSED", "BAD_REDIRECT", "UNPROVABLE", "UNTRUSTED",
					"CIRCUIT_OPEN", "TOO_BUSY", "LINK_REFUSED", "LINK_EXPIRED", "OTHER_DIGEST", "OTHER_SIZE",
					"PRIVATE_ADDRESS", "PROXY_DENIED", "TOO_LARGE", "NO_CLIENT", "BAD_RANGE", "NO_SUCH_RANGE", "RESET",
					"SERVER_ERROR", "ENCODED", "TIMEOUT", "STALLED", "SHORT_BODY", "ILLEGAL_RESPONSE", "NOT_A_MODEL",
					"NOT_READY", "LOGIN_REQUIRED", "TOO_MANY_REQUESTS" })
	void everythingElseIs(Reason reason) {
		this.fixture.answer(TransferFixture.failing(reason));
		fail(1);
		assertThat(this.fixture.requests.stream().filter(RangeRequest::ranged)).hasSize(3);
		assertThat(this.fixture.requests).hasSizeBetween(3, 4);
	}

	@ParameterizedTest
	@EnumSource(names = { "BAD_RANGE", "NO_SUCH_RANGE" })
	void serverThatCannotDoWithRangesIsAskedForTheWholeFile(Reason reason) {
		this.fixture.answer(TransferFixture.failing(reason));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged).containsExactly(true, false, false, false);
	}

	@ParameterizedTest
	@EnumSource(names = { "RESET", "SERVER_ERROR", "TIMEOUT", "STALLED", "SHORT_BODY", "ILLEGAL_RESPONSE",
			"NOT_A_MODEL", "NOT_READY", "LOGIN_REQUIRED", "TOO_MANY_REQUESTS" })
	void lastRequestOfAServerThatFailsIsForTheWholeFile(Reason reason) {
		this.fixture.answer(TransferFixture.failing(reason));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged).containsExactly(true, true, false);
	}

	@Test
	void serverThatEncodesIsAskedWithoutAWordOnCodingsAndThenForTheWholeFile() {
		this.fixture.answer(TransferFixture.failing(Reason.ENCODED));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::coding)
			.containsExactly(Coding.REFUSED, Coding.UNSAID, Coding.DECODED, Coding.DECODED, Coding.DECODED);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged)
			.containsExactly(true, true, false, false, false);
	}

	@ParameterizedTest
	@EnumSource(names = { "REFUSED", "NOT_FOUND", "ACCESS_DENIED", "LINK_REFUSED", "LINK_EXPIRED", "OTHER_DIGEST",
			"BAD_REDIRECT" })
	void serverThatRefusesARangeIsAskedForTheWholeFileOnce(Reason reason) {
		this.fixture.answer(TransferFixture.failing(reason));
		fail(1);
		assertThat(this.fixture.requests).extracting(RangeRequest::ranged).containsExactly(true, false);
	}

	@Test
	void configurationOfTheApplicationWins() {
		RetryConfig configured = RetryConfig.custom()
			.maxAttempts(5)
			.intervalFunction(IntervalFunction.of(Duration.ofMillis(70)))
			.build();
		RetryRegistry registry = RetryRegistry.ofDefaults();
		registry.retry("modelcache-" + TransferFixture.MODEL, configured);
		this.fixture.registry(registry).answer(TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(70, 70, 70, 70));
	}

	@Test
	void baseConfigurationOfTheApplicationWinsButForTheNumber() {
		RetryConfig configured = RetryConfig.custom()
			.maxAttempts(9)
			.intervalFunction(IntervalFunction.of(Duration.ofMillis(70)))
			.build();
		this.fixture.registry(RetryRegistry.of(Map.of("modelcache", configured)))
			.answer(TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.delays()).isEqualTo(millis(70, 70));
	}

	@Test
	void configurationThatRetriesEverythingDoesNotLoseOurPredicate() {
		RetryConfig everything = RetryConfig.custom().maxAttempts(5).retryOnException((failure) -> true).build();
		RetryRegistry registry = RetryRegistry.ofDefaults();
		registry.retry("modelcache-" + TransferFixture.MODEL, everything);
		this.fixture.registry(registry).answer(TransferFixture.failing(Reason.UNTRUSTED));
		fail(1);
		assertThat(this.fixture.requests).hasSize(1);
	}

	@Test
	void registryCountsWhatHappened() {
		RetryRegistry registry = RetryRegistry.ofDefaults();
		this.fixture.registry(registry).answer(TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(registry.retry("modelcache-" + TransferFixture.MODEL)
			.getMetrics()
			.getNumberOfFailedCallsWithRetryAttempt()).isEqualTo(1);
	}

	@Test
	void everyBufferIsReleasedWhateverHappens() {
		byte[] file = new byte[4000];
		this.fixture.answer(TransferFixture.cutAt(file, 1000), TransferFixture.failing(Reason.RESET),
				TransferFixture.cutAt(file, 3000), TransferFixture.failing(Reason.RESET));
		fail(1);
		assertThat(this.fixture.buffers.made()).isEqualTo(2);
		assertThat(this.fixture.buffers.held()).isZero();
	}

}
