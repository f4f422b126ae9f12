package dev.modelcache.internal.transfer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

import dev.modelcache.benchmarks.Scratch;
import dev.modelcache.internal.transfer.Destination;
import dev.modelcache.internal.transfer.Segment;
import dev.modelcache.internal.transfer.SegmentBoard;
import dev.modelcache.internal.transfer.SegmentWriter;
import dev.modelcache.internal.transfer.TransferJournal;
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
import reactor.core.publisher.Flux;

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
public class SegmentWriterBenchmark {

	private static final int SIZE = StagedBytes.SIZE;

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
	public long segmentWriter() throws IOException {
		StagedBytes target = Objects.requireNonNull(this.staged);
		TransferJournal journal = target.journal();
		journal.clear();
		SegmentBoard board = new SegmentBoard(16 << 20, false);
		board.sizeIs(SIZE);
		Destination destination = new Destination(target.file, journal, board);
		for (Segment segment = board.claim(0); segment != null; segment = board.claim(0)) {
			SegmentWriter writer = new SegmentWriter(destination, segment, target.mirror, segment.end());
			while (!writer.isDone()) {
				writer.write(next());
			}
			board.release(segment);
		}
		return board.durable();
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

}
