package dev.modelcache.transfer;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import dev.modelcache.benchmarks.Scratch;
import dev.modelcache.source.Mirror;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.jspecify.annotations.NullMarked;
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
 * How long it takes to write 64 MiB that are there in Netty's buffers: as the project
 * does it, through a bare channel, and as {@link DataBufferUtils} does it. In this
 * package because the writer is not public.
 */
@NullMarked
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SegmentWriterBenchmark {

	private static final int SIZE = 64 << 20;

	/** Bytes that arrive at once. */
	@Param({ "8192", "131072" })
	private int piece;

	private final NettyDataBufferFactory buffers = new NettyDataBufferFactory(PooledByteBufAllocator.DEFAULT);

	private final Mirror mirror = new Mirror(URI.create("http://localhost/model"), Map.of());

	private ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(0);

	private Path file = Path.of("");

	/**
	 * Makes the bytes of a piece, and the file with all its pages.
	 * @throws IOException if the file cannot be made
	 */
	@Setup
	public void prepare() throws IOException {
		this.bytes = PooledByteBufAllocator.DEFAULT.directBuffer(this.piece).writeZero(this.piece);
		this.file = Files.write(Scratch.file("writer"), new byte[SIZE]);
	}

	/**
	 * Deletes the file.
	 * @throws IOException if it cannot be deleted
	 */
	@TearDown
	public void delete() throws IOException {
		this.bytes.release();
		Files.delete(this.file);
	}

	private DataBuffer next() {
		return this.buffers.wrap(this.bytes.retainedDuplicate());
	}

	/**
	 * The project's writer, in segments of 16 MiB.
	 * @return the bytes that are on disk
	 * @throws IOException if the file cannot be written
	 */
	@Benchmark
	public long segmentWriter() throws IOException {
		SegmentBoard board = new SegmentBoard(16 << 20, false);
		board.sizeIs(SIZE);
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.WRITE)) {
			for (Segment segment = board.claim(0); segment != null; segment = board.claim(0)) {
				SegmentWriter writer = new SegmentWriter(channel, board, segment, this.mirror, segment.end());
				while (!writer.isDone()) {
					writer.write(next());
				}
				board.release(segment);
			}
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
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.WRITE)) {
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
		try (AsynchronousFileChannel channel = AsynchronousFileChannel.open(this.file, StandardOpenOption.WRITE)) {
			Flux<DataBuffer> body = Flux.range(0, SIZE / this.piece).map((number) -> next());
			return DataBufferUtils.write(body, channel)
				.map(DataBufferUtils::release)
				.count()
				.blockOptional()
				.orElse(0L);
		}
	}

}
