/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import dev.modelcache.CacheOptions;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.http.Attempts;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.lock.FaultyDisk;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.PartialJudge;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.testsupport.TrackedBuffers;
import io.github.resilience4j.retry.RetryRegistry;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.util.unit.DataSize;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Scheduler;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * A transfer whose mirrors answer when a test says so, on a virtual clock and a disk that
 * a test may hold.
 */
final class ManualTransfer implements AutoCloseable {

	static final String VALIDATOR = "\"v\"";

	final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	final FaultyDisk disk = new FaultyDisk();

	final TrackedBuffers buffers = new TrackedBuffers();

	final List<Exchange> exchanges = new CopyOnWriteArrayList<>();

	final Told told = new Told();

	final StagedFile staged;

	private final HashingThreads hashing = new HashingThreads();

	private final SegmentedTransfer transfer;

	ManualTransfer(Path directory, Scheduler io, int connections) {
		this(directory, io, connections, DataSize.ofBytes(0));
	}

	ManualTransfer(Path directory, Scheduler io, int connections, DataSize minSpeed) {
		this(directory, io, connections, minSpeed, PartialJudge.NONE);
	}

	private ManualTransfer(Path directory, Scheduler io, int connections, DataSize minSpeed, PartialJudge judge) {
		ModelStore store = new ModelStore(
				new StoreSettings(directory, DataSize.ofBytes(0), CacheOptions.Verification.NEVER), this.disk.files(),
				Clock.systemUTC());
		ModelRequest request = ModelRequest.builder("m").url(mirror(1).uri()).build();
		this.staged = store.staging().stage("m", store.place(request, "m.gguf"), judge, () -> {
		});
		TransferSettings settings = new TransferSettings(DataSize.ofKilobytes(512), connections,
				DataSize.ofMegabytes(1), Duration.ofSeconds(30), Duration.ofSeconds(30), 5, false, null,
				Duration.ofMinutes(1), minSpeed);
		this.transfer = new SegmentedTransfer(Map.of("test", Client::new),
				new Attempts(RetryRegistry.ofDefaults(), (id) -> 3, () -> 0.5),
				new TransferThreads(io, this.hashing.executor(), this.timer), settings);
	}

	/** Goes on with what an earlier transfer of the same file left. */
	static ManualTransfer continuing(Path directory, Scheduler io, RemoteFile file) {
		return new ManualTransfer(directory, io, 1, DataSize.ofBytes(0),
				SegmentedTransfer.judge(new DownloadPlan("m", file, 3, 0)));
	}

	static Mirror mirror(int number) {
		return TransferFixture.mirror(number);
	}

	Mono<TransferResult> run(RemoteFile file) {
		return this.transfer.run(new DownloadPlan("m", file, 3, 0), this.staged, this.told);
	}

	CompletableFuture<TransferResult> start(RemoteFile file) {
		return run(file).toFuture();
	}

	/** Returns the exchanges that have not ended. */
	List<Exchange> open() {
		return this.exchanges.stream().filter((exchange) -> !exchange.over).toList();
	}

	@Override
	public void close() {
		this.staged.close();
		this.hashing.executor().shutdownNow();
		try {
			this.hashing.executor().awaitTermination(3, TimeUnit.MINUTES);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** One request, and the body of its answer. */
	final class Exchange extends Flux<DataBuffer> implements Subscription {

		final RangeRequest request;

		private final Function<RangeResponse, Mono<Void>> answered;

		private final CoreSubscriber<? super DataBuffer> taker;

		private final MonoSink<Void> sink;

		private @Nullable CoreSubscriber<? super DataBuffer> body;

		volatile boolean hasAnswered;

		volatile boolean over;

		volatile long wanted;

		/** The next byte to send, and the one after the last. */
		volatile long position;

		volatile long end;

		private Exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> taker,
				Function<RangeResponse, Mono<Void>> answered, MonoSink<Void> sink) {
			this.request = request;
			this.taker = taker;
			this.answered = answered;
			this.sink = sink;
			sink.onDispose(() -> this.over = true);
		}

		boolean isRead() {
			return this.body != null;
		}

		long start() {
			return this.request.range().start();
		}

		/** Answers with the range that was asked for. */
		void answer(long size) {
			answer(new RangeResponse(start(), size, Math.min(size, this.request.range().end()), false, VALIDATOR,
					true));
		}

		void answer(RangeResponse response) {
			this.hasAnswered = true;
			this.position = response.start();
			this.end = (response.bodyEnd() != null) ? response.bodyEnd() : ByteRange.OPEN;
			subscribe(this.taker);
			this.answered.apply(response).subscribe(null, this.sink::error, this.sink::success);
			ManualTransfer.this.hashing.awaitQuiet();
		}

		void send(int size) {
			send(new byte[size]);
		}

		void send(byte[] bytes) {
			this.wanted--;
			this.position += bytes.length;
			this.body.onNext(ManualTransfer.this.buffers.buffer(bytes));
		}

		void complete() {
			this.body.onComplete();
		}

		void fail(Reason reason) {
			fail(new RequestFailedException(reason, this.request.mirror(), "failed", null));
		}

		void fail(RequestFailedException failure) {
			ManualTransfer.this.hashing.awaitQuiet();
			if (this.hasAnswered) {
				this.body.onError(failure);
			}
			else {
				this.sink.error(failure);
			}
			ManualTransfer.this.hashing.awaitQuiet();
		}

		@Override
		public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
			this.body = actual;
			actual.onSubscribe(this);
		}

		@Override
		public void request(long n) {
			this.wanted += n;
		}

		@Override
		public void cancel() {
			this.over = true;
		}

	}

	private final class Client implements RangeClient {

		@Override
		public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
				Function<RangeResponse, Mono<Void>> answered) {
			return Mono.create((end) -> ManualTransfer.this.exchanges.add(new Exchange(request, body, answered, end)));
		}

	}

	/** What the listener was told. */
	static final class Told implements TransferListener {

		final List<RequestFailedException> failures = new CopyOnWriteArrayList<>();

		final List<Long> stored = new CopyOnWriteArrayList<>();

		/** Run before each block of an earlier transfer is compared. */
		volatile Runnable onChecked = () -> {
		};

		volatile Runnable onWritten = () -> {
		};

		/** Run before bytes are made durable. */
		volatile Runnable onStoring = () -> {
		};

		volatile long written;

		@Override
		public void answered(Mirror mirror, @Nullable Long totalBytes) {
		}

		@Override
		public void resumed(long position, long totalBytes) {
		}

		@Override
		public void written(Mirror mirror, long bytes, long position) {
			this.written += bytes;
			this.onWritten.run();
		}

		@Override
		public void checked(long bytes, long totalBytes) {
			this.onChecked.run();
		}

		@Override
		public void storing(long bytes, DiskStep step) throws IOException {
			this.stored.add(bytes);
			this.onStoring.run();
			step.take();
		}

		@Override
		public void failed(RequestFailedException failure) {
			this.failures.add(failure);
		}

		@Override
		public void retrying(RequestFailedException failure) {
		}

	}

}
