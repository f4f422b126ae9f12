/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import dev.modelcache.CacheOptions;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.Function;

import dev.modelcache.ModelRequest;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.PartialJudge;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.testsupport.TrackedBuffers;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.unit.DataSize;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * A transfer on a virtual clock, from mirrors whose answers a test writes down.
 */
final class TransferFixture implements AutoCloseable {

	private static final Runnable UNTOLD = () -> {
	};

	static final String MODEL = "m";

	final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();

	final TrackedBuffers buffers = new TrackedBuffers();

	/** When each request was sent, since the beginning. */
	final List<Duration> requestTimes = new CopyOnWriteArrayList<>();

	final List<RangeRequest> requests = new CopyOnWriteArrayList<>();

	private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

	private final HashingThreads hashing = new HashingThreads();

	private final ModelStore store;

	private final StagedFile staged;

	private RetryRegistry registry = RetryRegistry.ofDefaults();

	private DoubleSupplier random = () -> 0.5;

	private int maxRequests = 3;

	TransferFixture(Path directory) {
		this.store = new ModelStore(new StoreSettings(directory, DataSize.ofBytes(0), CacheOptions.Verification.NEVER),
				new ExclusiveFiles(), Clock.systemUTC());
		ModelRequest request = ModelRequest.builder(MODEL).url(mirror(1).uri()).build();
		ModelPlace place = this.store.place(request, "m.gguf");
		this.staged = this.store.staging().stage(MODEL, place, PartialJudge.NONE, UNTOLD);
	}

	static Mirror mirror(int number) {
		return new Mirror(URI.create("test://mirror" + number + "/m.gguf"), Map.of());
	}

	TransferFixture random(DoubleSupplier random) {
		this.random = random;
		return this;
	}

	TransferFixture registry(RetryRegistry registry) {
		this.registry = registry;
		return this;
	}

	TransferFixture maxRequests(int maxRequests) {
		this.maxRequests = maxRequests;
		return this;
	}

	TransferFixture answer(Answer... next) {
		this.answers.addAll(List.of(next));
		return this;
	}

	Mono<TransferResult> run(int mirrors) {
		TransferThreads threads = new TransferThreads(Schedulers.immediate(), this.hashing.executor(), this.time);
		TransferSettings settings = new TransferSettings(DataSize.ofKilobytes(64), 4, DataSize.ofMegabytes(16),
				Duration.ofSeconds(30), Duration.ofSeconds(30), 5, false);
		SegmentedTransfer transfer = new SegmentedTransfer(Map.of("test", WrittenClient::new),
				new Attempts(this.registry, (id) -> 3, this.random), threads, settings);
		List<Mirror> all = new ArrayList<>();
		for (int i = 1; i <= mirrors; i++) {
			all.add(mirror(i));
		}
		DownloadPlan plan = new DownloadPlan(MODEL, new RemoteFile("m.gguf", all, null, null), this.maxRequests, 0);
		return transfer.run(plan, this.staged, new Deaf());
	}

	/** Lets an hour pass, in steps that let delays follow each other. */
	void letTimePass() {
		for (int step = 0; step < 200; step++) {
			letTimePass(Duration.ofMillis(10));
		}
		for (int second = 2; second < 3600; second++) {
			letTimePass(Duration.ofSeconds(1));
		}
	}

	/** What follows from one step may be taken care of by another thread. */
	private void letTimePass(Duration step) {
		this.hashing.awaitQuiet();
		this.time.advanceTimeBy(step);
	}

	/** Returns the delays between requests. */
	List<Duration> delays() {
		List<Duration> delays = new ArrayList<>();
		for (int i = 1; i < this.requestTimes.size(); i++) {
			delays.add(this.requestTimes.get(i).minus(this.requestTimes.get(i - 1)));
		}
		return delays;
	}

	static Answer failing(Reason reason) {
		return (fixture, request) -> Flux.error(new RequestFailedException(reason, request.mirror(), "failed", null));
	}

	static Answer failing(int status, @Nullable Duration retryAfter) {
		return (fixture, request) -> Flux
			.error(new RequestFailedException(Reason.SERVER_ERROR, request.mirror(), status, retryAfter));
	}

	/** Sends the file up to a byte, then breaks the connection. */
	static Answer cutAt(byte[] file, int end) {
		return (fixture, request) -> whole(file, end).body(fixture, request)
			.concatWith(Flux.error(new RequestFailedException(Reason.RESET, request.mirror(), "broke", null)));
	}

	/** Sends the file up to a byte. */
	static Answer whole(byte[] file, int end) {
		return (fixture, request) -> {
			int start = (int) Math.min(request.range().start(), end);
			byte[] part = Arrays.copyOfRange(file, start, end);
			return Flux.defer(() -> Flux.just(fixture.buffers.buffer(part)));
		};
	}

	@Override
	public void close() {
		this.staged.close();
		this.hashing.executor().shutdownNow();
		VirtualTimeScheduler.reset();
	}

	/** What a mirror sends. */
	interface Answer {

		Flux<DataBuffer> body(TransferFixture fixture, RangeRequest request);

		/** Returns how long the head of the response takes. */
		default Duration delay() {
			return Duration.ZERO;
		}

		default RangeResponse response(TransferFixture fixture, RangeRequest request) {
			return new RangeResponse(request.range().start(), null, null, false, "\"v\"", true);
		}

	}

	private final class WrittenClient implements RangeClient {

		@Override
		public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
				Function<RangeResponse, Mono<Void>> answered) {
			TransferFixture fixture = TransferFixture.this;
			return Mono.defer(() -> {
				fixture.requestTimes.add(Duration.ofNanos(fixture.time.now(TimeUnit.NANOSECONDS)));
				fixture.requests.add(request);
				Answer answer = fixture.answers.remove();
				if (fixture.answers.isEmpty()) {
					fixture.answers.add(answer);
				}
				RangeResponse response = answer.response(fixture, request);
				return Mono.delay(answer.delay(), fixture.time)
					.then(Mono.defer(() -> RangeClient.during(Mono.defer(() -> answered.apply(response)),
							answer.body(fixture, request), body)));
			});
		}

	}

	private static final class Deaf implements TransferListener {

		@Override
		public void answered(Mirror mirror, @Nullable Long totalBytes) {
		}

		@Override
		public void resumed(long position, long totalBytes) {
		}

		@Override
		public void written(Mirror mirror, long bytes, long position) {
		}

		@Override
		public void failed(RequestFailedException failure) {
		}

		@Override
		public void retrying(RequestFailedException failure) {
		}

	}

}
