/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import dev.modelcache.source.Credentials;
import dev.modelcache.source.Mirror;
import dev.modelcache.testsupport.BlockingCalls;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.CountedBuffers;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.Connection;
import reactor.netty.http.client.HttpClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Exchanges that end before their body does: the buffers are released, and the connection
 * is closed instead of being read to its end.
 */
class WebRangeClientTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final long SIZE = 64L << 20;

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m", Content.random(SIZE, 1));

	private final CountedBuffers buffers = new CountedBuffers();

	private final WebRangeClient client = client(NettyBuffers.forDownloads(this.buffers.client()));

	private static WebRangeClient client(HttpClient netty) {
		return client(netty, new Breakers(null, (host) -> true), PATIENCE);
	}

	private static WebRangeClient client(HttpClient netty, Breakers breakers, Duration patience) {
		return new WebRangeClient(
				HttpConnections
					.anywhere(WebClient.builder().clientConnector(new ReactorClientHttpConnector(netty)).build()),
				breakers, new HttpSettings(patience, HttpSettings.LARGEST_ANSWER, 5, true), Schedulers.parallel(),
				Schedulers.boundedElastic(), Clock.systemUTC());
	}

	@AfterEach
	void everythingIsReleased() {
		try (this.server; this.buffers) {
			Awaitility.await("connections closed").atMost(PATIENCE).until(() -> this.server.openConnections() == 0);
			assertThat(this.server.bytesSent("/m")).as("bytes sent").isLessThan(SIZE);
		}
	}

	private RangeRequest request() {
		return new RangeRequest(new Mirror(this.server.uri("/m"), Map.of()), ByteRange.from(0), null);
	}

	@RepeatedTest(4)
	void cancelledBeforeTheBodyIsRead() throws Exception {
		CountDownLatch answered = new CountDownLatch(1);
		Disposable exchange = this.client.exchange(request(), new UnreadBody(), (response) -> {
			answered.countDown();
			return Mono.never();
		}).subscribe();
		assertThat(answered.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
		exchange.dispose();
	}

	@RepeatedTest(4)
	void cancelledWhileAnotherThreadLooksAtTheResponse() throws Exception {
		CountDownLatch answered = new CountDownLatch(1);
		CountDownLatch cancelled = new CountDownLatch(1);
		ReadBody body = new ReadBody(DataBufferUtils::release);
		Disposable exchange = this.client.exchange(request(), body, (response) -> Mono.fromRunnable(() -> {
			answered.countDown();
			await(cancelled);
		}).subscribeOn(Schedulers.boundedElastic()).then(body.read())).subscribe();
		assertThat(answered.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
		exchange.dispose();
		cancelled.countDown();
	}

	@RepeatedTest(4)
	void refusedBeforeTheBodyIsRead() {
		this.client
			.exchange(request(), new UnreadBody(), (response) -> Mono.error(new IllegalStateException("refused")))
			.onErrorComplete()
			.block(PATIENCE);
	}

	@RepeatedTest(4)
	void refusedOnAnotherThread() {
		this.client
			.exchange(request(), new UnreadBody(),
					(response) -> Mono.<Void>error(new IllegalStateException("refused"))
						.subscribeOn(Schedulers.boundedElastic()))
			.onErrorComplete()
			.block(PATIENCE);
	}

	@RepeatedTest(4)
	void cancelledInTheMiddleOfTheBody() throws Exception {
		CountDownLatch arrived = new CountDownLatch(3);
		ReadBody body = new ReadBody((buffer) -> {
			DataBufferUtils.release(buffer);
			arrived.countDown();
		});
		Disposable exchange = this.client.exchange(request(), body, (response) -> body.read()).subscribe();
		assertThat(arrived.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
		exchange.dispose();
	}

	@Test
	void cancelledBeforeTheHeaders() {
		this.server.always("/m", Reply.ok().stallBeforeHeaders());
		Disposable exchange = this.client.exchange(request(), new UnreadBody(), (response) -> Mono.never()).subscribe();
		this.server.awaitRequests("/m", 1);
		exchange.dispose();
	}

	@RepeatedTest(3)
	void cancelledBetweenTheArrivalOfTheResponseAndItsDelivery() {
		CompletableFuture<Disposable> exchange = new CompletableFuture<>();
		HttpClient netty = this.buffers.client().mapConnect((response) -> response.doOnNext(cancelElsewhere(exchange)));
		exchange.complete(client(NettyBuffers.forDownloads(netty))
			.exchange(request(), new UnreadBody(), (response) -> Mono.never())
			.subscribe());
		this.server.awaitRequests("/m", 1);
	}

	@RepeatedTest(3)
	void cancelledDuringTheDeliveryOfTheResponse() {
		CompletableFuture<Disposable> exchange = new CompletableFuture<>();
		HttpClient netty = NettyBuffers.forDownloads(this.buffers.client())
			.mapConnect((response) -> response.doOnNext(cancelElsewhere(exchange)));
		exchange.complete(client(netty).exchange(request(), new UnreadBody(), (response) -> Mono.never()).subscribe());
		this.server.awaitRequests("/m", 1);
	}

	@Test
	void credentialsAreAskedOnAnotherThread() {
		this.server.always("/m", Reply.ok().stallBeforeHeaders());
		CompletableFuture<Thread> asked = new CompletableFuture<>();
		Credentials credentials = new Credentials() {

			@Override
			public Mono<Map<String, String>> headers() {
				asked.complete(Thread.currentThread());
				return Mono.just(Map.of());
			}

			@Override
			public Mono<Boolean> refused(Map<String, String> headers, List<String> challenges) {
				return Mono.just(false);
			}

		};
		RangeRequest request = new RangeRequest(new Mirror(this.server.uri("/m"), Map.of(), credentials),
				ByteRange.from(0), null);
		Disposable exchange = this.client.exchange(request, new UnreadBody(), (response) -> Mono.never()).subscribe();
		assertThat(asked.join()).isNotSameAs(Thread.currentThread());
		this.server.awaitRequests("/m", 1);
		exchange.dispose();
	}

	@Test
	void consumersOfACircuitBreakerMayBlock() {
		this.server.always("/m", Reply.ok().stallBeforeHeaders());
		CircuitBreakerRegistry registry = CircuitBreakerRegistry.ofDefaults();
		CompletableFuture<Boolean> mayBlock = new CompletableFuture<>();
		registry.getEventPublisher()
			.onEntryAdded((added) -> added.getAddedEntry()
				.getEventPublisher()
				.onError((error) -> mayBlock.complete(!Schedulers.isInNonBlockingThread())));
		WebRangeClient impatient = client(NettyBuffers.forDownloads(this.buffers.client()),
				new Breakers(registry, (host) -> true), Duration.ofMillis(100));
		impatient.exchange(request(), new UnreadBody(), (response) -> Mono.never()).onErrorComplete().block(PATIENCE);
		assertThat(mayBlock).isCompletedWithValue(true);
	}

	@Test
	void connectionIsGivenBackBeforeTheEndOfTheBodyIsTold() {
		try (MisbehavingServer keepingAlive = MisbehavingServer.start().serve("/m", Content.random(1024, 1))) {
			RangeRequest whole = new RangeRequest(new Mirror(keepingAlive.uri("/m"), Map.of()), ByteRange.from(0),
					null);
			CompletableFuture<Void> second = new CompletableFuture<>();
			exchange(whole, () -> {
				CompletableFuture.runAsync(() -> exchange(whole, () -> second.complete(null)));
				// The connection's thread does nothing until another connection has
				// brought it.
				BlockingCalls.onPurpose(() -> second.completeOnTimeout(null, 1, TimeUnit.SECONDS).join());
			});
			keepingAlive.awaitRequests("/m", 2);
			assertThat(keepingAlive.requests("/m")).extracting(RecordedRequest::connection).containsOnly(1);
		}
	}

	private void exchange(RangeRequest request, Runnable atTheEnd) {
		ReadBody body = new ReadBody(DataBufferUtils::release, atTheEnd);
		this.client.exchange(request, body, (response) -> body.read()).block(PATIENCE);
	}

	private static Consumer<Connection> cancelElsewhere(CompletableFuture<Disposable> exchange) {
		return (response) -> BlockingCalls
			.onPurpose(() -> CompletableFuture.runAsync(() -> exchange.join().dispose()).join());
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

}
