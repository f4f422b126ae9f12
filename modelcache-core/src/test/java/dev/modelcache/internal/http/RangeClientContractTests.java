/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import dev.modelcache.ModelStorageException;
import dev.modelcache.source.Mirror;
import dev.modelcache.testsupport.Content;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What every {@link RangeClient} does.
 */
public abstract class RangeClientContractTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int SIZE = 300_000;

	private final Content content = Content.random(SIZE, 1);

	/** Returns the client. */
	protected abstract RangeClient client();

	/** Returns the URL of the file, whether or not there is one. */
	protected abstract URI file();

	/** Puts a file at the URL, in place of the one that is there. */
	protected abstract void serve(Content content) throws IOException;

	private Mono<Void> exchange(ByteRange range, @Nullable String ifRange,
			Function<RangeResponse, Mono<Void>> answered) {
		return exchange(range, ifRange, new UnreadBody(), answered);
	}

	private Mono<Void> exchange(ByteRange range, @Nullable String ifRange, CoreSubscriber<DataBuffer> body,
			Function<RangeResponse, Mono<Void>> answered) {
		return client().exchange(new RangeRequest(new Mirror(file(), Map.of()), range, ifRange), body, answered);
	}

	private Answer get(ByteRange range, @Nullable String ifRange) {
		AtomicReference<RangeResponse> response = new AtomicReference<>();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		ReadBody body = new ReadBody((buffer) -> take(buffer, bytes));
		exchange(range, ifRange, body, (answer) -> {
			response.set(answer);
			return body.read();
		}).block(PATIENCE);
		return new Answer(response.get(), bytes.toByteArray());
	}

	private static void take(DataBuffer buffer, ByteArrayOutputStream bytes) {
		byte[] piece = new byte[buffer.readableByteCount()];
		buffer.read(piece);
		DataBufferUtils.release(buffer);
		bytes.writeBytes(piece);
	}

	private static byte[] part(Content content, int start, int end) {
		return Arrays.copyOfRange(content.bytes(), start, end);
	}

	@Test
	void openRangeFromTheStartIsTheFile() throws IOException {
		serve(this.content);
		Answer answer = get(ByteRange.from(0), null);
		assertThat(answer.bytes()).isEqualTo(this.content.bytes());
		assertThat(answer.response().start()).isZero();
		assertThat(answer.response().totalBytes()).isEqualTo(SIZE);
		assertThat(answer.response().bodyEnd()).isEqualTo(SIZE);
		assertThat(answer.response().endProven()).isTrue();
	}

	@Test
	void rangeHasItsPositionItsEndAndTheSizeOfTheFile() throws IOException {
		serve(this.content);
		Answer answer = get(new ByteRange(1000, 201_000), null);
		assertThat(answer.bytes()).isEqualTo(part(this.content, 1000, 201_000));
		assertThat(answer.response().whole()).isFalse();
		assertThat(answer.response().start()).isEqualTo(1000);
		assertThat(answer.response().bodyEnd()).isEqualTo(201_000);
		assertThat(answer.response().totalBytes()).isEqualTo(SIZE);
	}

	@Test
	void rangeThatReachesBeyondTheFileEndsWithIt() throws IOException {
		serve(this.content);
		Answer answer = get(new ByteRange(SIZE - 10, SIZE + 1000), null);
		assertThat(answer.bytes()).isEqualTo(part(this.content, SIZE - 10, SIZE));
		assertThat(answer.response().bodyEnd()).isEqualTo(SIZE);
		assertThat(answer.response().totalBytes()).isEqualTo(SIZE);
	}

	@Test
	void validatorHoldsForTheSameFile() throws IOException {
		serve(this.content);
		String validator = get(ByteRange.from(0), null).response().validator();
		assertThat(validator).isNotNull();
		Answer answer = get(ByteRange.from(1000), validator);
		assertThat(answer.bytes()).isEqualTo(part(this.content, 1000, SIZE));
		assertThat(answer.response().validator()).isEqualTo(validator);
		assertThat(answer.response().whole()).isFalse();
	}

	@Test
	void otherFileIsSentAsAWhole() throws IOException {
		serve(this.content);
		String validator = get(ByteRange.from(0), null).response().validator();
		Content other = Content.random(SIZE + 1, 2);
		serve(other);
		Answer answer = get(new ByteRange(1000, 2000), validator);
		assertThat(answer.bytes()).isEqualTo(other.bytes());
		assertThat(answer.response().whole()).isTrue();
		assertThat(answer.response().start()).isZero();
		assertThat(answer.response().validator()).isNotEqualTo(validator);
	}

	@Test
	void missingFileIsAnErrorThatNamesTheMirror() {
		StepVerifier.create(exchange(ByteRange.from(0), null, (response) -> {
			throw new AssertionError("there is no response");
		}))
			.expectErrorSatisfies(
					(failure) -> assertThat(failure).isInstanceOfSatisfying(RequestFailedException.class, (missing) -> {
						assertThat(missing.reason()).isEqualTo(RequestFailedException.Reason.NOT_FOUND);
						assertThat(missing.problem()).startsWith(new Mirror(file(), Map.of()).toString());
					}))
			.verify(PATIENCE);
	}

	@Test
	void nothingHappensBeforeTheSubscription() throws IOException {
		AtomicReference<Long> size = new AtomicReference<>();
		ReadBody body = new ReadBody(DataBufferUtils::release);
		Mono<Void> exchange = exchange(ByteRange.from(0), null, body, (response) -> {
			size.set(response.totalBytes());
			return body.read();
		});
		serve(this.content);
		exchange.block(PATIENCE);
		assertThat(size).hasValue((long) SIZE);
	}

	@Test
	void exchangeEndsAsItsConsumerDoes() throws IOException {
		serve(this.content);
		ModelStorageException refused = new ModelStorageException("m", Path.of("disk"), "the disk is full", null);
		StepVerifier.create(exchange(ByteRange.from(0), null, (response) -> Mono.error(refused)))
			.expectErrorSatisfies((failure) -> assertThat(failure).isSameAs(refused))
			.verify(PATIENCE);
		StepVerifier.create(exchange(ByteRange.from(0), null, (response) -> Mono.empty()))
			.expectComplete()
			.verify(PATIENCE);
		assertThat(get(ByteRange.from(0), null).bytes()).isEqualTo(this.content.bytes());
	}

	@Test
	void cancellationReachesTheConsumer() throws Exception {
		serve(this.content);
		CountDownLatch answered = new CountDownLatch(1);
		CountDownLatch cancelled = new CountDownLatch(1);
		Disposable exchange = exchange(ByteRange.from(0), null,
				(response) -> Flux.<Void>never()
					.doOnSubscribe((subscription) -> answered.countDown())
					.doOnCancel(cancelled::countDown)
					.then())
			.subscribe();
		assertThat(answered.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		exchange.dispose();
		assertThat(cancelled.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	private record Answer(RangeResponse response, byte[] bytes) {

	}

}
