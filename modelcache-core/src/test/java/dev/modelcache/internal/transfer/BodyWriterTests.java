/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.transfer.Segment.Block;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Subscription;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.util.unit.DataSize;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BodyWriter}: a body that a test sends piece by piece.
 */
class BodyWriterTests {

	private static final long MIB = WorkMap.BLOCK;

	private static final int PIECES = 4;

	private static final long TIMEOUT = Duration.ofSeconds(30).toNanos();

	/** How many races are run; more of them by {@code -Dmodelcache.races}. */
	private static final int RACES = Integer.getInteger("modelcache.races", 1500);

	@TempDir
	private Path directory;

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false, true);

	private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(this.memory);

	private final List<ByteBuf> made = new ArrayList<>();

	private final Owner owner = new Owner();

	private final Body body = new Body();

	private Path target;

	private static final DownloadPlan PLAN = new DownloadPlan("m",
			new RemoteFile("m.gguf", List.of(new Mirror(URI.create("test://host/m"), Map.of())), null, null), 3, 0);

	private FileChannel file;

	@BeforeEach
	void open() throws IOException {
		this.target = this.directory.resolve("file");
		this.file = FileChannel.open(this.target, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
	}

	@AfterEach
	void close() throws IOException {
		this.file.close();
		assertThat(this.made).allSatisfy((buffer) -> assertThat(buffer.refCnt()).isZero());
	}

	private BodyWriter writer(long start, long end) {
		return writer(start, end, Schedulers.immediate(), new Bandwidth(null, this.time));
	}

	private BodyWriter writer(long start, long end, Scheduler io, Bandwidth bandwidth) {
		RangeRequest request = new RangeRequest(new Mirror(URI.create("test://host/m"), Map.of()),
				new ByteRange(start, end), null);
		return new BodyWriter(this.owner, request, PLAN, null, this.file,
				new TransferThreads(io, Runnable::run, this.time), bandwidth, PIECES);
	}

	/** A connection whose answer was accepted. */
	private BodyWriter started(long end) {
		BodyWriter writer = writer(0, end);
		writer.open(new Client(this.body));
		writer.start(0, 0, end, end, end);
		return writer;
	}

	private DataBuffer buffer(int size) {
		ByteBuf bytes = this.memory.heapBuffer(Math.max(1, size)).writeBytes(new byte[size]);
		this.made.add(bytes);
		return this.buffers.wrap(bytes);
	}

	private void send(int size) {
		this.body.subscriber.onNext(buffer(size));
	}

	@Test
	void nothingIsAskedForBeforeTheAnswerIsAccepted() {
		BodyWriter writer = writer(0, 1000);
		writer.open(new Client(this.body));
		assertThat(this.owner.opened).isEqualTo(1);
		assertThat(this.body.requested).hasValue(0);
		writer.start(0, 0, 1000, 1000, 1000);
		assertThat(this.body.requested).hasValue(PIECES);
		writer.cancel();
	}

	@Test
	void noMorePiecesAreAskedForThanAreHeld() {
		BodyWriter writer = started(MIB);
		this.owner.writes = false;
		for (int i = 0; i < PIECES; i++) {
			send(10);
		}
		assertThat(this.body.requested).hasValue(PIECES);
		assertThat(this.owner.landed).isZero();
		this.owner.writes = true;
		writer.resume();
		assertThat(this.owner.landed).isEqualTo(40);
		assertThat(this.body.requested.get()).isBetween(PIECES + 1L, 2L * PIECES);
		writer.cancel();
	}

	@Test
	void wholeBodyIsWrittenAndItsBlocksAreChecked() throws IOException {
		started(MIB + 10);
		send((int) MIB - 5);
		send(10);
		send(5);
		assertThat(this.owner.blocks).containsExactly(0L, 1L);
		assertThat(this.owner.ended).isZero();
		this.body.subscriber.onComplete();
		assertThat(this.owner.ended).isEqualTo(1);
		assertThat(this.owner.failure).isNull();
		assertThat(Files.size(this.target)).isEqualTo(MIB + 10);
	}

	@Test
	void bodyThatEndsTooEarlyFails() {
		started(1000);
		send(900);
		this.body.subscriber.onComplete();
		assertThat(this.owner.failure).isInstanceOfSatisfying(RequestFailedException.class,
				(failure) -> assertThat(failure.reason()).isEqualTo(Reason.SHORT_BODY));
	}

	@Test
	void bodyThatGoesOnTooLongFails() {
		started(1000);
		send(900);
		send(101);
		assertThat(this.owner.failure).isInstanceOfSatisfying(RequestFailedException.class,
				(failure) -> assertThat(failure.reason()).isEqualTo(Reason.LONG_BODY));
		assertThat(this.body.cancelled).isTrue();
		assertThat(this.owner.landed).isEqualTo(900);
	}

	@Test
	void bytesThatCameBeforeTheConnectionBrokeAreWritten() {
		BodyWriter writer = started(1000);
		this.owner.writes = false;
		send(900);
		this.body.subscriber.onError(new IOException("reset"));
		assertThat(this.owner.ended).isZero();
		this.owner.writes = true;
		writer.resume();
		assertThat(this.owner.landed).isEqualTo(900);
		assertThat(this.owner.failure).hasMessageContaining("reset");
	}

	@Test
	void diskThatFailsIsNoFailureOfTheMirror() throws IOException {
		started(1000);
		this.file.close();
		send(900);
		assertThat(this.owner.failure).isInstanceOf(IOException.class);
		assertThat(this.body.cancelled).isTrue();
	}

	@Test
	void errorWhileAPieceIsHandedOnEndsTheConnection() {
		started(1000);
		this.owner.error = new OutOfMemoryError("Java heap space");
		send(100);
		send(100);
		assertThat(this.owner.ended).isEqualTo(1);
		assertThat(this.owner.failure).hasMessageContaining("out of memory");
		assertThat(this.body.cancelled).isTrue();
	}

	@Test
	void errorOfTheClientEndsTheConnection() {
		BodyWriter writer = writer(0, 1000);
		writer.open(new Client(this.body) {
			@Override
			public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
					Function<RangeResponse, Mono<Void>> answered) {
				throw new OutOfMemoryError("direct buffer memory");
			}
		});
		assertThat(this.owner.failure).hasMessageContaining("direct buffer memory");
	}

	@Test
	void bodyIsCancelledWhenItComesAfterTheCancellation() {
		BodyWriter writer = writer(0, 1000);
		writer.cancel();
		writer.open(new Client(this.body));
		assertThat(this.owner.ended).isEqualTo(1);
		assertThat(this.body.subscriber == null || this.body.cancelled).isTrue();
	}

	// Giving a tail away

	@Test
	void tailIsGivenAwayAndTheRestOfTheBodyIsNotWanted() {
		BodyWriter writer = started(4 * MIB);
		send((int) MIB);
		writer.askToShrink(2 * MIB);
		assertThat(this.owner.shrunkTo).isEqualTo(2 * MIB);
		send((int) MIB + 1000);
		assertThat(this.owner.landed).isEqualTo(2 * MIB);
		assertThat(this.body.cancelled).isTrue();
		assertThat(this.owner.ended).isEqualTo(1);
		assertThat(this.owner.failure).isNull();
	}

	@Test
	void tailThatIsBegunIsNotGivenAway() {
		BodyWriter writer = started(4 * MIB);
		send((int) MIB);
		send((int) MIB);
		send(1);
		writer.askToShrink(2 * MIB);
		assertThat(this.owner.shrunkTo).isEqualTo(4 * MIB);
		writer.cancel();
	}

	@Test
	void tailIsGivenAwayBeforeTheAnswerComesAndWhileNoByteDoes() {
		BodyWriter writer = writer(0, 4 * MIB);
		writer.askToShrink(2 * MIB);
		assertThat(this.owner.shrunkTo).isEqualTo(2 * MIB);
		writer.open(new Client(this.body));
		writer.start(0, 0, 4 * MIB, 4 * MIB, 4 * MIB);
		writer.askToShrink(MIB);
		assertThat(this.owner.shrunkTo).isEqualTo(MIB);
		send((int) MIB);
		assertThat(this.owner.ended).isEqualTo(1);
		assertThat(this.owner.landed).isEqualTo(MIB);
	}

	@Test
	void connectionThatHasEndedDoesNotAnswer() {
		BodyWriter writer = started(4 * MIB);
		writer.cancel();
		writer.askToShrink(2 * MIB);
		assertThat(this.owner.shrunkTo).isEqualTo(-1);
	}

	// Stalls: silence counts while bytes are wanted

	@Test
	void silenceBeforeTheFirstByteIsAStall() {
		BodyWriter writer = started(MIB);
		assertThat(writer.isStalled(TIMEOUT, TIMEOUT)).isFalse();
		assertThat(writer.isStalled(TIMEOUT + 1, TIMEOUT)).isTrue();
		writer.cancel();
	}

	@Test
	void byteEndsTheSilence() {
		BodyWriter writer = started(MIB);
		this.time.advanceTimeBy(Duration.ofNanos(TIMEOUT - 1));
		send(1);
		this.time.advanceTimeBy(Duration.ofSeconds(2));
		assertThat(writer.isStalled(TIMEOUT + 1_000_000_000, TIMEOUT)).isFalse();
		writer.cancel();
	}

	@Test
	void timeInWhichNothingIsWantedIsNoStall() {
		BodyWriter writer = started(MIB);
		this.owner.writes = false;
		for (int i = 0; i < PIECES; i++) {
			send(10);
		}
		this.time.advanceTimeBy(Duration.ofHours(1));
		assertThat(writer.wantsBytes()).isFalse();
		assertThat(writer.isStalled(Duration.ofHours(1).toNanos(), TIMEOUT)).isFalse();
		this.owner.writes = true;
		writer.resume();
		assertThat(writer.wantsBytes()).isTrue();
		assertThat(writer.isStalled(Duration.ofHours(1).toNanos() + TIMEOUT, TIMEOUT)).isFalse();
		assertThat(writer.isStalled(Duration.ofHours(1).toNanos() + TIMEOUT + 1, TIMEOUT)).isTrue();
		writer.cancel();
	}

	// The limit on the bandwidth parks no thread

	@Test
	void piecesWaitForTheirTime() {
		BodyWriter writer = writer(0, MIB, Schedulers.immediate(), new Bandwidth(DataSize.ofBytes(100), this.time));
		writer.open(new Client(this.body));
		writer.start(0, 0, MIB, MIB, MIB);
		send(100);
		send(100);
		send(100);
		assertThat(this.owner.landed).isEqualTo(100);
		this.time.advanceTimeBy(Duration.ofMillis(1500));
		assertThat(this.owner.landed).isEqualTo(200);
		this.time.advanceTimeBy(Duration.ofMillis(500));
		assertThat(this.owner.landed).isEqualTo(300);
		send(100);
		send(100);
		writer.cancel();
		this.time.advanceTimeBy(Duration.ofHours(1));
		assertThat(this.owner.landed).isEqualTo(300);
	}

	/**
	 * Pieces arrive on one thread, cancellations, failures and requests for the tail come
	 * from another one, and the body ends in each way: every buffer is released once, the
	 * end is told once, and nothing is written after it.
	 */
	@Test
	void everyBufferIsReleasedOnceInEveryRace() throws Exception {
		ExecutorService threads = Executors.newCachedThreadPool();
		try {
			Scheduler io = Schedulers.fromExecutor(threads);
			Random random = new Random(1);
			for (int round = 0; round < RACES; round++) {
				race(random.nextLong(), io, threads);
			}
		}
		finally {
			threads.shutdown();
			assertThat(threads.awaitTermination(3, TimeUnit.MINUTES)).isTrue();
		}
	}

	private void race(long seed, Scheduler io, ExecutorService threads) throws Exception {
		Random random = new Random(seed);
		Owner told = new Owner();
		Body pieces = new Body();
		RangeRequest request = new RangeRequest(new Mirror(URI.create("test://host/m"), Map.of()),
				new ByteRange(0, 4096), null);
		BodyWriter writer = new BodyWriter(told, request, PLAN, null, this.file,
				new TransferThreads(io, threads, this.time), new Bandwidth(null, this.time), PIECES);
		writer.open(new Client(pieces));
		writer.start(0, 0, 4096, 4096, 4096);
		List<ByteBuf> sent = new ArrayList<>();
		for (int i = 0; i < 1 + random.nextInt(3); i++) {
			// Netty lets go of its own reference after the piece was handed on.
			sent.add(this.memory.heapBuffer(64).writeBytes(new byte[64]).retain());
		}
		int end = random.nextInt(3);
		int act = random.nextInt(4);
		AtomicInteger ready = new AtomicInteger();
		CountDownLatch acted = new CountDownLatch(1);
		threads.execute(() -> {
			meet(ready);
			switch (act) {
				case 0 -> writer.cancel();
				case 1 -> writer.fail(new RequestFailedException(Reason.STALLED, request.mirror(), "stalled", null));
				case 2 -> {
					writer.askToShrink(0);
					writer.cancel();
				}
				default -> writer.resume();
			}
			acted.countDown();
		});
		meet(ready);
		sent.forEach((bytes) -> pieces.subscriber.onNext(this.buffers.wrap(bytes)));
		switch (end) {
			case 0 -> pieces.subscriber.onComplete();
			case 1 -> pieces.subscriber.onError(new IOException("reset"));
			default -> writer.cancel();
		}
		assertThat(acted.await(3, TimeUnit.MINUTES)).isTrue();
		assertThat(told.over.await(3, TimeUnit.MINUTES)).as("end of race " + seed).isTrue();
		for (ByteBuf bytes : sent) {
			while (bytes.refCnt() > 1) {
				Thread.onSpinWait();
			}
			assertThat(bytes.refCnt()).as("race " + seed).isOne();
			bytes.release();
		}
		assertThat(told.ended).as("race " + seed).isEqualTo(1);
		assertThat(told.late).as("race " + seed).isFalse();
	}

	private static void meet(AtomicInteger ready) {
		ready.incrementAndGet();
		while (ready.get() < 2) {
			Thread.onSpinWait();
		}
	}

	private static class Client implements RangeClient {

		private final Body body;

		Client(Body body) {
			this.body = body;
		}

		@Override
		public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
				Function<RangeResponse, Mono<Void>> answered) {
			this.body.subscribe(body);
			return answered.apply(new RangeResponse(request.range().start(), null, null, false, "\"v\"", true));
		}

	}

	private static final class Body extends Flux<DataBuffer> implements Subscription {

		private final AtomicLong requested = new AtomicLong();

		private volatile boolean cancelled;

		private CoreSubscriber<? super DataBuffer> subscriber;

		@Override
		public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
			this.subscriber = actual;
			actual.onSubscribe(this);
		}

		@Override
		public void request(long n) {
			this.requested.addAndGet(n);
		}

		@Override
		public void cancel() {
			this.cancelled = true;
		}

	}

	private static final class Owner implements BodyWriter.Owner {

		private final CountDownLatch over = new CountDownLatch(1);

		private final List<Long> blocks = new ArrayList<>();

		private volatile boolean writes = true;

		private @Nullable Error error;

		private int opened;

		private long landed;

		private long shrunkTo = -1;

		private volatile int ended;

		private volatile boolean late;

		private @Nullable Throwable failure;

		@Override
		public void opened(BodyWriter writer, RangeResponse response) {
			this.opened++;
		}

		@Override
		public void seen(BodyWriter writer) {
			this.late |= this.ended > 0;
		}

		@Override
		public void landed(BodyWriter writer, long bytes, List<Block> whole) {
			if (this.error != null) {
				throw this.error;
			}
			this.late |= this.ended > 0;
			this.landed += bytes;
			whole.forEach((block) -> this.blocks.add(block.index()));
		}

		@Override
		public void shrunk(BodyWriter writer, long end) {
			this.late |= this.ended > 0;
			this.shrunkTo = end;
		}

		@Override
		public void ended(BodyWriter writer, @Nullable Throwable thrown) {
			this.ended++;
			this.failure = thrown;
			this.over.countDown();
		}

		@Override
		public boolean mayWrite(long position) {
			return this.writes;
		}

	}

}
