/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.transfer.TransferFixture.Answer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBuffer;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Mirrors that send bytes, but too few: on a virtual clock.
 */
class MinSpeedTests {

	private static final byte[] FILE = new byte[100_000];

	private static final Duration PATIENCE = Duration.ofMinutes(3);

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

	/** Sends the file at some bytes per second. */
	private static Answer trickling(byte[] file, int bytesPerSecond) {
		return (fixture, request) -> {
			int start = (int) request.range().start();
			int seconds = (file.length - start + bytesPerSecond - 1) / bytesPerSecond;
			return Flux.interval(Duration.ofSeconds(1), fixture.time).take(seconds).map((second) -> {
				int from = start + Math.toIntExact(second) * bytesPerSecond;
				return fixture.buffers
					.buffer(Arrays.copyOfRange(file, from, Math.min(file.length, from + bytesPerSecond)));
			});
		};
	}

	private CompletableFuture<TransferResult> run(int mirrors) {
		CompletableFuture<TransferResult> result = this.fixture.run(mirrors).toFuture();
		this.fixture.letTimePass();
		return result;
	}

	@Test
	void oneByteASecondFailsAfterAllRetries() {
		this.fixture.answer(trickling(FILE, 1));
		assertThat(run(1)).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelTransferException.class)
			.withMessageEndingWith("sent fewer than 1024 bytes per second for a minute (hooks.llm.download.min-speed)"
					+ " (3 failed requests). Check the network, the proxy and the host name; a mirror or fallback-url"
					+ " helps when a host is down.");
		assertThat(this.fixture.requests).hasSize(3);
	}

	@Test
	void oneByteASecondGivesWayToTheNextMirror() {
		Answer trickle = trickling(FILE, 1);
		this.fixture.answer((fixture, request) -> request.mirror().equals(TransferFixture.mirror(1))
				? trickle.body(fixture, request) : TransferFixture.whole(FILE, FILE.length).body(fixture, request));
		assertThat(run(2)).succeedsWithin(PATIENCE);
	}

	@Test
	void oneByteForEachConnectionFailsAfterAllRetries() {
		this.fixture.answer((fixture, request) -> TransferFixture.cutAt(FILE, (int) request.range().start() + 1)
			.body(fixture, request));
		assertThat(run(1)).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelTransferException.class);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1000, 20_000 })
	void oneByteForEachRequestFailsAfterAllRetries(int delayMillis) {
		this.fixture.answer(new OneByte(Duration.ofMillis(delayMillis)));
		assertThat(run(1)).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelTransferException.class)
			.withMessageContaining("min-speed");
	}

	@Test
	void oneByteForEachRequestGivesWayToTheNextMirror() {
		OneByte tiny = new OneByte(Duration.ofSeconds(1));
		this.fixture.answer(new Answer() {
			@Override
			public Flux<DataBuffer> body(TransferFixture fixture, RangeRequest request) {
				return TransferFixture.whole(FILE, FILE.length).body(fixture, request);
			}

			@Override
			public Duration delay() {
				return tiny.delay();
			}

			@Override
			public RangeResponse response(TransferFixture fixture, RangeRequest request) {
				return request.mirror().equals(TransferFixture.mirror(1)) ? tiny.response(fixture, request)
						: Answer.super.response(fixture, request);
			}
		});
		assertThat(run(2)).succeedsWithin(PATIENCE);
	}

	@Test
	void oneByteBeforeEachStallFailsAfterAllRetries() {
		this.fixture.answer((fixture, request) -> TransferFixture.whole(FILE, (int) request.range().start() + 1)
			.body(fixture, request)
			.concatWith(Flux.never()));
		assertThat(run(1)).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelTransferException.class);
	}

	private static Answer pausing(byte[] file, int brought, Duration pause) {
		return (fixture, request) -> {
			int middle = (int) Math.min(file.length, request.range().start() + brought);
			return TransferFixture.whole(file, middle)
				.body(fixture, request)
				.concatWith(Mono.delay(pause, fixture.time)
					.map((tick) -> fixture.buffers.buffer(Arrays.copyOfRange(file, middle, file.length))));
		};
	}

	/** A cache that sends what it has of the file, and fetches the rest then. */
	@ParameterizedTest
	@CsvSource({ "100, 100, 2", "100, 500, 3", "0, 100, 2" })
	void bodyThatPausesInEveryAnswerGetsMoreTime(int brought, int pauseSeconds, int requests) {
		this.fixture.answer(pausing(FILE, brought, Duration.ofSeconds(pauseSeconds)));
		assertThat(run(1)).succeedsWithin(PATIENCE);
		assertThat(this.fixture.requests).hasSize(requests);
	}

	/** Where the network loses large packets, no longer wait would help. */
	@Test
	void bodyThatNeverBeginsGetsNotMuchMoreTime() {
		this.fixture.answer(pausing(FILE, 0, Duration.ofSeconds(500)));
		assertThat(run(1)).failsWithin(PATIENCE)
			.withThrowableThat()
			.withMessageContaining("sent no data for 120000 ms");
		assertThat(this.fixture.requests).hasSize(3);
	}

	@Test
	void bodyThatPausesForLongerIsGivenUpInTime() {
		this.fixture.answer(pausing(FILE, 100, Duration.ofHours(2)));
		assertThat(run(1)).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelTransferException.class);
		Duration last = this.fixture.requestTimes.get(this.fixture.requests.size() - 1);
		assertThat(last).isLessThan(TransferSettings.GIVE_UP_AFTER);
	}

	/** A connection that the network has dropped is noticed soon again. */
	@Test
	void bodyThatStallsAfterManyBytesGetsNoMoreTime() {
		byte[] file = new byte[1_000_000];
		Answer stalling = (fixture, request) -> TransferFixture
			.whole(file, Math.min(file.length, (int) request.range().start() + 200_000))
			.body(fixture, request)
			.concatWith(Flux.never());
		this.fixture.answer(pausing(file, 100, Duration.ofHours(2)), stalling, stalling, stalling,
				TransferFixture.whole(file, file.length));
		assertThat(run(1)).succeedsWithin(PATIENCE);
		assertThat(this.fixture.delays()).extracting(Duration::toSeconds)
			.satisfiesExactly((first) -> assertThat(first).isBetween(30L, 35L),
					(second) -> assertThat(second).isBetween(120L, 125L),
					(third) -> assertThat(third).isBetween(30L, 35L),
					(fourth) -> assertThat(fourth).isBetween(30L, 35L));
	}

	@Test
	void giveUpAfterEndsATrickleThatManyRetriesWouldKeepUp() {
		this.fixture.maxRequests(1_000).answer(trickling(FILE, 1));
		assertThat(run(1)).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelTransferException.class);
		assertThat(this.fixture.requests).hasSizeLessThan(20);
	}

	/** A successful answer of one byte, whatever was asked for. */
	private record OneByte(Duration delay) implements Answer {

		@Override
		public Flux<DataBuffer> body(TransferFixture fixture, RangeRequest request) {
			return TransferFixture.whole(FILE, (int) request.range().start() + 1).body(fixture, request);
		}

		@Override
		public RangeResponse response(TransferFixture fixture, RangeRequest request) {
			long start = request.range().start();
			return new RangeResponse(start, (long) FILE.length, start + 1, false, "\"v\"", true);
		}

	}

	@Test
	void leastSpeedIsEnough() {
		this.fixture.answer(trickling(FILE, 1100));
		assertThat(run(1)).succeedsWithin(PATIENCE);
		assertThat(this.fixture.requests).hasSize(1);
	}

	@Test
	void smallFileMayBeSlowForLessThanAMinute() {
		byte[] small = new byte[50];
		this.fixture.answer(trickling(small, 1));
		assertThat(run(1)).succeedsWithin(PATIENCE);
		assertThat(this.fixture.requests).hasSize(1);
	}

	@Test
	void mirrorThatRecoversHasAllRetriesAgain() {
		byte[] file = new byte[1_000_000];
		Answer trickle = trickling(file, 1);
		Answer burst = (fixture, request) -> TransferFixture.cutAt(file, (int) request.range().start() + 100_000)
			.body(fixture, request);
		this.fixture.answer(trickle, burst, trickle, burst, trickle, burst, trickle, burst, trickle, burst,
				TransferFixture.whole(file, file.length));
		assertThat(run(1)).succeedsWithin(PATIENCE);
	}

}
