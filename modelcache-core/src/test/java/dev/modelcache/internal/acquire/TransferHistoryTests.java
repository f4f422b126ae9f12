/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TransferHistory}.
 */
class TransferHistoryTests {

	private static final String ONE = "one.example:443";

	private static final String OTHER = "other.example:443";

	private final ManualClock clock = new ManualClock();

	private final TransferHistory history = new TransferHistory(this.clock);

	@BeforeEach
	void configure() {
		this.history.configured(Set.of("m", "n"));
	}

	private void seconds(int seconds) {
		this.clock.advance(Duration.ofSeconds(seconds));
	}

	private void endAcquisition(String outcome) {
		this.history.transferEnded("m");
		this.history.ended("m", outcome, Duration.ZERO);
	}

	private static Map<String, Object> mirror(String host, String state, long bytesPerSecond, int failures) {
		return Map.of("host", host, "state", state, "bytesPerSecond", bytesPerSecond, "failures", failures);
	}

	private List<Map<String, Object>> mirrors(String id) {
		return this.history.mirrors(id)
			.stream()
			.map((mirror) -> mirror(mirror.host(), mirror.state().name(), mirror.bytesPerSecond(), mirror.failures()))
			.toList();
	}

	private List<Map<String, Object>> attempts(String id) {
		return this.history.attempts(id).stream().map((attempt) -> {
			Map<String, Object> details = new HashMap<>(
					Map.of("at", attempt.at().toString(), "host", attempt.host(), "bytes", attempt.bytes()));
			if (attempt.error() != null) {
				details.put("error", attempt.error());
			}
			return details;
		}).toList();
	}

	@Test
	void knowsNothingAtFirst() {
		assertThat(mirrors("m")).isEmpty();
		assertThat(attempts("m")).isEmpty();
	}

	@Test
	void rateIsTheAverageOverTheTimeThatAHostWasActive() {
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 1000);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "ACTIVE", 0, 0));
		seconds(2);
		this.history.bytesWritten("m", ONE, 3000);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "ACTIVE", 2000, 0));
		this.history.requestFailed("m", ONE, "answered 503");
		seconds(60);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "FAILING", 2000, 1));
		this.history.bytesWritten("m", ONE, 4000);
		seconds(2);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "ACTIVE", 2000, 1));
		endAcquisition("downloaded");
		seconds(60);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "IDLE", 2000, 1));
	}

	@Test
	void rateSinksWhileNothingComes() {
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 1000);
		seconds(10);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "ACTIVE", 100, 0));
	}

	@Test
	void clockThatGoesBackDoesNoHarm() {
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 1000);
		seconds(-10);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "ACTIVE", 0, 0));
	}

	@Test
	void attemptsTellWhenWhoHowMuchAndWhyTheOldestFirst() {
		this.history.requestFailed("m", OTHER, "https://other.example/m answered 404");
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 1000);
		seconds(1);
		this.history.requestFailed("m", ONE, "broke the connection");
		this.history.bytesWritten("m", ONE, 500);
		seconds(1);
		endAcquisition("downloaded");
		assertThat(attempts("m")).containsExactly(
				Map.of("at", "2026-01-02T03:04:05Z", "host", OTHER, "bytes", 0L, "error",
						"https://other.example/m answered 404"),
				Map.of("at", "2026-01-02T03:04:06Z", "host", ONE, "bytes", 1000L, "error", "broke the connection"),
				Map.of("at", "2026-01-02T03:04:07Z", "host", ONE, "bytes", 500L));
	}

	@Test
	void mirrorsAreThoseOfOneAcquisitionAndAttemptsStay() {
		this.history.requestFailed("m", ONE, "answered 503");
		this.history.ended("m", "failed", Duration.ZERO);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "FAILING", 0, 1));
		this.history.requestFailed("m", OTHER, "answered 503");
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 1);
		assertThat(mirrors("m")).containsExactly(mirror(OTHER, "FAILING", 0, 1), mirror(ONE, "ACTIVE", 0, 0));
		endAcquisition("downloaded");
		assertThat(attempts("m")).hasSize(3);
	}

	@Test
	void transferThatFailsAsAWholeEndsTheAttemptsAndBlamesNoHost() {
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 10);
		this.history.bytesWritten("m", OTHER, 20);
		this.history.transferFailed("m", "the digest is wrong");
		assertThat(attempts("m")).extracting((attempt) -> attempt.get("host") + " " + attempt.get("error"))
			.containsExactly(ONE + " the digest is wrong", OTHER + " the digest is wrong");
		this.history.bytesWritten("m", ONE, 30);
		this.history.transferFailed("m", "it was cancelled");
		endAcquisition("cancelled");
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "IDLE", 0, 0), mirror(OTHER, "IDLE", 0, 0));
		assertThat(attempts("m")).hasSize(3)
			.last()
			.satisfies((attempt) -> assertThat(attempt).containsEntry("bytes", 30L)
				.containsEntry("error", "it was cancelled"));
	}

	@Test
	void bytesOfARequestThatWasCancelledDoNotBeginATransfer() {
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 10);
		endAcquisition("cancelled");
		this.history.bytesWritten("m", OTHER, 10);
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "IDLE", 0, 0));
	}

	@Test
	void lastTwentyAttemptsAreKept() {
		for (int i = 0; i < 1000; i++) {
			this.history.requestFailed("m", ONE, "failure " + i);
		}
		assertThat(attempts("m")).hasSize(20)
			.first()
			.satisfies((attempt) -> assertThat(attempt).containsEntry("error", "failure 980"));
		assertThat(mirrors("m")).containsExactly(mirror(ONE, "FAILING", 0, 1000));
	}

	@Test
	void longErrorsAreCut() {
		this.history.requestFailed("m", ONE, "x".repeat(10_000));
		assertThat((String) attempts("m").get(0).get("error")).hasSize(501);
	}

	@Test
	void sixteenHostsAreKeptThoseThatBringBytesFirst() {
		this.history.transferStarted("m");
		this.history.bytesWritten("m", ONE, 1);
		for (int i = 0; i < 1000; i++) {
			this.history.requestFailed("m", "h" + i, "answered 503");
		}
		this.history.bytesWritten("m", OTHER, 1);
		assertThat(mirrors("m")).hasSize(16)
			.contains(mirror(ONE, "ACTIVE", 0, 0), mirror(OTHER, "ACTIVE", 0, 0), mirror("h999", "FAILING", 0, 1));
	}

	@Test
	void hostsBeyondSixteenThatAllBringBytesAreNotShown() {
		this.history.transferStarted("m");
		for (int i = 0; i < 100; i++) {
			this.history.bytesWritten("m", "h" + i, 1);
		}
		this.history.requestFailed("m", "h99", "answered 503");
		assertThat(mirrors("m")).hasSize(16).contains(mirror("h0", "ACTIVE", 0, 0));
		assertThat(attempts("m")).hasSize(1);
	}

	@Test
	void modelsAreApartAndThoseThatAreNotConfiguredAreNotRemembered() {
		this.history.requestFailed("m", ONE, "answered 503");
		this.history.transferStarted("ad-hoc");
		this.history.bytesWritten("ad-hoc", ONE, 1);
		this.history.requestFailed("ad-hoc", ONE, "answered 503");
		assertThat(attempts("n")).isEmpty();
		assertThat(attempts("ad-hoc")).isEmpty();
		assertThat(mirrors("ad-hoc")).isEmpty();
	}

	@Test
	void nothingIsLostBetweenThreads() throws InterruptedException {
		this.history.transferStarted("m");
		CountDownLatch begin = new CountDownLatch(1);
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			Thread thread = new Thread(() -> writeManyTimes(begin));
			thread.start();
			threads.add(thread);
		}
		begin.countDown();
		for (Thread thread : threads) {
			thread.join(TimeUnit.SECONDS.toMillis(30));
			assertThat(thread.isAlive()).isFalse();
		}
		endAcquisition("downloaded");
		assertThat(attempts("m")).containsExactly(
				Map.of("at", this.clock.instant().toString(), "host", ONE, "bytes", 40_000L),
				Map.of("at", this.clock.instant().toString(), "host", OTHER, "bytes", 80_000L));
	}

	private void writeManyTimes(CountDownLatch begin) {
		try {
			begin.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		for (int i = 0; i < 10_000; i++) {
			this.history.bytesWritten("m", ONE, 1);
			this.history.bytesWritten("m", OTHER, 2);
			if (i % 100 == 0) {
				mirrors("m");
			}
		}
	}

}
