package dev.modelcache.internal.transfer;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HeldBuffer}.
 */
class HeldBufferTests {

	private static final int ROUNDS = 5_000;

	/** Nobody looks for leaks here: what the operator drops is another fault. */
	private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false, true);

	private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(this.memory);

	@Test
	void aBufferIsReleasedOnce() {
		ByteBuf bytes = this.memory.heapBuffer(4).writeInt(1).retain();
		HeldBuffer held = new HeldBuffer(this.buffers.wrap(bytes));
		assertThat(held.size()).isEqualTo(4);
		held.release();
		held.release();
		assertThat(held.take()).isNull();
		assertThat(bytes.refCnt()).isEqualTo(1);
		bytes.release();
	}

	@Test
	void whatWasTakenIsNotReleased() {
		ByteBuf bytes = this.memory.heapBuffer(4).writeInt(1);
		HeldBuffer held = new HeldBuffer(this.buffers.wrap(bytes));
		DataBuffer taken = held.take();
		held.release();
		assertThat(taken).isNotNull();
		assertThat(bytes.refCnt()).isEqualTo(1);
		DataBufferUtils.release(taken);
		assertThat(bytes.refCnt()).isZero();
	}

	/** Without it, one in some hundred of these buffers is released twice. */
	@Test
	void cancellationWhileABufferArrivesReleasesItOnce() throws Exception {
		Hooks.onErrorDropped((failure) -> {
		});
		ExecutorService threads = Executors.newCachedThreadPool();
		try {
			for (int i = 0; i < ROUNDS; i++) {
				// Netty's own reference is let go after the element was handed on.
				ByteBuf bytes = this.memory.heapBuffer(4).writeInt(i).retain();
				race(threads, this.buffers.wrap(bytes));
				assertThat(bytes.refCnt()).as("round " + i).isGreaterThanOrEqualTo(1);
			}
		}
		finally {
			threads.shutdown();
			assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
			Hooks.resetOnErrorDropped();
		}
	}

	private void race(ExecutorService threads, DataBuffer buffer) throws Exception {
		AtomicReference<CoreSubscriber<? super DataBuffer>> writer = new AtomicReference<>();
		BaseSubscriber<HeldBuffer> reader = new BaseSubscriber<>() {
		};
		new Flux<DataBuffer>() {
			@Override
			public void subscribe(CoreSubscriber<? super DataBuffer> actual) {
				writer.set(actual);
				actual.onSubscribe(Operators.emptySubscription());
			}
		}.map(HeldBuffer::new)
			.publishOn(Schedulers.fromExecutor(threads), 8)
			.doOnNext(HeldBuffer::release)
			.doOnDiscard(HeldBuffer.class, HeldBuffer::release)
			.subscribe(reader);
		writer.get().onNext(this.buffers.wrap(this.memory.heapBuffer(4)));
		AtomicInteger ready = new AtomicInteger();
		Future<?> cancellation = threads.submit(() -> {
			meet(ready);
			reader.cancel();
		});
		meet(ready);
		writer.get().onNext(buffer);
		cancellation.get();
	}

	private static void meet(AtomicInteger ready) {
		ready.incrementAndGet();
		while (ready.get() < 2) {
			Thread.onSpinWait();
		}
	}

}
