/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import dev.modelcache.benchmarks.Scratch;
import dev.modelcache.internal.http.ByteRange;
import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeRequest;
import dev.modelcache.internal.http.RangeResponse;
import dev.modelcache.source.RemoteFile;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * How long it takes to write 64 MiB that are there in Netty's buffers to an empty file:
 * as the project does it, through a bare channel, and as {@link DataBufferUtils} does it.
 * In this package because the writer is not public.
 */
@NullMarked
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class BodyWriterBenchmark {

	private static final int SIZE = StagedBytes.SIZE;

	private static final int SEGMENT = 16 << 20;

	/** Bytes that arrive at once. */
	@Param({ "8192", "131072" })
	private int piece;

	private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);

	private ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(0);

	private Path file = Path.of("");

	private @Nullable StagedBytes staged;

	/**
	 * Makes the bytes of a piece, and empty files.
	 * @throws IOException if a file cannot be made
	 */
	@Setup
	public void prepare() throws IOException {
		this.bytes = PooledByteBufAllocator.DEFAULT.directBuffer(this.piece).writeZero(this.piece);
		this.file = Scratch.file("writer");
		this.staged = new StagedBytes();
	}

	/**
	 * Deletes the files.
	 * @throws IOException if one cannot be deleted
	 */
	@TearDown
	public void delete() throws IOException {
		this.bytes.release();
		Files.delete(this.file);
		Objects.requireNonNull(this.staged).close();
	}

	private DataBuffer next() {
		return this.buffers.wrap(this.bytes.retainedDuplicate());
	}

	/**
	 * The project's writer, in segments of 16 MiB, with its journal.
	 * @return the bytes that are on disk
	 * @throws IOException if the file cannot be written
	 */
	@Benchmark
	public long bodyWriter() throws IOException {
		StagedBytes target = Objects.requireNonNull(this.staged);
		Landing landing = new Landing(target.log());
		landing.log.clear();
		TransferThreads threads = new TransferThreads(Schedulers.immediate(), Runnable::run, Schedulers.parallel());
		Bandwidth bandwidth = new Bandwidth(null, threads.timer());
		DownloadPlan plan = new DownloadPlan("m", new RemoteFile("m.gguf", List.of(target.mirror), null, null), 1, 0);
		for (long start = 0; start < SIZE; start += SEGMENT) {
			long end = start + SEGMENT;
			BodyWriter writer = new BodyWriter(landing,
					new RangeRequest(target.mirror, new ByteRange(start, end), null), plan, null, target.file.channel(),
					threads, bandwidth, 8);
			writer.open(landing);
			writer.start(start, start, end, end, SIZE);
			while (landing.bytes < end) {
				writer.onNext(next());
			}
			writer.onComplete();
		}
		return landing.bytes;
	}

	/**
	 * Nothing but positional writes.
	 * @return the bytes that were written
	 * @throws IOException if the file cannot be written
	 */
	@Benchmark
	public long fileChannel() throws IOException {
		long position = 0;
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.WRITE,
				StandardOpenOption.TRUNCATE_EXISTING)) {
			while (position < SIZE) {
				ByteBuffer part = this.bytes.nioBuffer();
				while (part.hasRemaining()) {
					position += channel.write(part, position);
				}
			}
		}
		return position;
	}

	/**
	 * The way of a simple pipeline: a write through the channel's thread pool for each
	 * buffer, and the next one when it is done.
	 * @return the buffers that were written
	 * @throws IOException if the file cannot be written
	 */
	@Benchmark
	public long asynchronousFileChannel() throws IOException {
		try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(this.file, StandardOpenOption.WRITE,
				StandardOpenOption.TRUNCATE_EXISTING)) {
			Flux<DataBuffer> body = Flux.range(0, SIZE / this.piece).map((number) -> next());
			return DataBufferUtils.write(body, channel)
				.map(DataBufferUtils::release)
				.count()
				.blockOptional()
				.orElse(0L);
		}
	}

	/** The mirror, which answers at once, and the owner of the writers. */
	private static final class Landing implements RangeClient, BodyWriter.Owner {

		private final BlockLog log;

		private long bytes;

		Landing(BlockLog log) {
			this.log = log;
		}

		@Override
		public Mono<Void> exchange(RangeRequest request, CoreSubscriber<? super DataBuffer> body,
				Function<RangeResponse, Mono<Void>> answered) {
			Flux.<DataBuffer>never().subscribe(body);
			return answered.apply(
					new RangeResponse(request.range().start(), (long) SIZE, request.range().end(), false, null, true));
		}

		@Override
		public void opened(BodyWriter writer, RangeResponse response) {
		}

		@Override
		public void seen(BodyWriter writer) {
			// Nothing is looked at.
		}

		@Override
		public void landed(BodyWriter writer, long more, List<Segment.Block> whole) {
			this.bytes += more;
			try {
				this.log.append(whole, SIZE);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

		@Override
		public void shrunk(BodyWriter writer, long end) {
		}

		@Override
		public void ended(BodyWriter writer, @Nullable Throwable thrown) {
			if (thrown != null) {
				throw new IllegalStateException(thrown);
			}
		}

		@Override
		public boolean mayWrite(long position) {
			return true;
		}

	}

}
