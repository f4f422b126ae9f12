/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import reactor.core.publisher.Mono;

/**
 * The content of a compressed file that is still being written. It reads, on a thread of
 * its own, just behind the contiguous frontier of what was written, and writes the
 * content to another file, which a {@link StreamingDigest} hashes on a second thread.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: none; the executor's threads
 * are taken for as long as the file grows. <em>Memory</em>: a few MiB and the format's
 * window, whatever the sizes. <em>Cancellation</em>: {@link #close()}, and
 * {@link #stopped()} tells when nothing is written any more. <em>Errors</em>:
 * {@link ModelIntegrityException} for bytes that are damaged, cut off or followed by
 * others, {@link ModelFormatException} for bytes of another format and for content that
 * is too large, {@link dev.modelcache.ModelConfigurationException} for a library that
 * does not work, {@link IOException} for a disk that does not.
 */
public final class StreamingDecompression implements AutoCloseable {

	private static final int BLOCK = 1 << 20;

	private static final long MOST_ADMITTED_AT_ONCE = 16L << 20;

	private static final long FORCED_AT_ONCE = 64L << 20;

	private final DecompressionPlan plan;

	private final FileChannel compressed;

	private final DecompressionTarget target;

	private final Frontier frontier = new Frontier();

	private final StreamingDigest digest;

	private final CompletableFuture<Long> size = new CompletableFuture<>();

	private StreamingDecompression(DecompressionPlan plan, FileChannel compressed, DecompressionTarget target,
			Executor executor) {
		this.plan = plan;
		this.compressed = compressed;
		this.target = target;
		this.digest = StreamingDigest.start(target.channel(), plan.algorithms(), executor, target::advanced);
	}

	/**
	 * Starts decompressing a file from its beginning.
	 * @param plan what is in it
	 * @param compressed the file, open for reading; stays open
	 * @param target where its content goes; what is there is dropped
	 * @param executor gives two threads, for as long as the file grows; must not
	 * interrupt them
	 * @return the running decompression
	 * @throws dev.modelcache.ModelConfigurationException if the format needs a library
	 * that is missing
	 */
	public static StreamingDecompression start(DecompressionPlan plan, FileChannel compressed,
			DecompressionTarget target, Executor executor) {
		plan.compression().requireReader(plan.modelId(), plan.archive());
		StreamingDecompression decompression = new StreamingDecompression(plan, compressed, target, executor);
		executor.execute(decompression::run);
		return decompression;
	}

	/**
	 * Says how far the compressed file is written without a gap.
	 * @param position the number of contiguous bytes from the beginning; a number less
	 * than one said before changes nothing
	 */
	public void advance(long position) {
		this.frontier.advance(position);
	}

	/**
	 * Waits for a failure.
	 * @return never completes; fails as soon as the decompression does
	 */
	public Mono<Void> failure() {
		return Mono.fromFuture(this.size, true)
			.onErrorMap(CompletionException.class, (failure) -> Objects.requireNonNullElse(failure.getCause(), failure))
			.then(Mono.never());
	}

	/**
	 * Says that the compressed file is whole, and waits for the content.
	 * @return the size and the digests of the content, once its last byte is written and
	 * hashed
	 */
	public Mono<DecompressedContent> complete() {
		return Mono.defer(() -> {
			this.frontier.complete();
			return Mono.fromFuture(this.size, true);
		})
			.onErrorMap(CompletionException.class, (failure) -> Objects.requireNonNullElse(failure.getCause(), failure))
			.flatMap((bytes) -> this.digest.complete().map((digests) -> new DecompressedContent(bytes, digests)));
	}

	/**
	 * Waits until nothing is read and written any more.
	 * @return completes then, whatever came of it
	 */
	public Mono<Void> stopped() {
		return Mono.when(Mono.fromFuture(this.size, true).onErrorComplete(), this.digest.stopped().onErrorComplete());
	}

	/**
	 * Stops decompressing within a piece of at most 1 MiB.
	 */
	@Override
	public void close() {
		this.frontier.close();
		this.digest.close();
	}

	private void run() {
		try {
			this.size.complete(decompress());
		}
		catch (Throwable ex) {
			if (this.frontier.isClosed()) {
				this.size.cancel(false);
			}
			else {
				this.size.completeExceptionally(translate(ex));
			}
		}
	}

	private long decompress() throws IOException {
		this.target.channel().truncate(0);
		CompressedInput input = new CompressedInput(this.compressed, this.frontier);
		try (Decompressor decompressor = open(input)) {
			return copy(decompressor);
		}
	}

	/** A registry serves some archives as they are that are said to be gzip data. */
	private Decompressor open(CompressedInput input) throws IOException {
		boolean plain = this.plan.archive() && this.plan.compression() == Compression.GZIP
				&& PlainArchive.begins(input);
		return plain ? new PlainArchive(input) : this.plan.compression().open(input);
	}

	private long copy(Decompressor decompressor) throws IOException {
		ExpansionLimit limit = new ExpansionLimit(this.plan, this.frontier);
		ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
		long position = 0;
		long admitted = 0;
		long forced = 0;
		boolean more = true;
		while (more) {
			more = decompressor.read(block.clear());
			block.flip();
			long end = position + block.remaining();
			limit.await(end);
			if (end > admitted) {
				admitted = admit(position, end);
			}
			write(block, position);
			this.target.advanced();
			this.digest.advance(end);
			position = end;
			if (position - forced >= FORCED_AT_ONCE) {
				this.target.force(position - forced);
				forced = position;
			}
		}
		return position;
	}

	/** Asks for as much again as there is, and not for each block. */
	private long admit(long position, long end) {
		long upTo = Math.max(end, position + Math.min(position, MOST_ADMITTED_AT_ONCE));
		this.target.admit(upTo - position);
		return upTo;
	}

	private void write(ByteBuffer block, long start) throws IOException {
		if (this.frontier.isClosed()) {
			throw new StoppedException();
		}
		long position = start;
		while (block.hasRemaining()) {
			position += this.target.channel().write(block, position);
		}
	}

	private Throwable translate(Throwable failure) {
		if (failure instanceof DecompressionException ex) {
			return translate(ex);
		}
		if (failure instanceof LinkageError ex) {
			return this.plan.compression().unusable(this.plan.modelId(), this.plan.archive(), ex);
		}
		if (failure instanceof OutOfMemoryError ex) {
			return translate(
					new DecompressionException(DecompressionException.Reason.UNSUPPORTED, "not enough memory", ex));
		}
		if (failure instanceof IOException || failure instanceof ModelCacheException) {
			return failure;
		}
		return new IllegalStateException("the content of " + this.plan.source() + " could not be " + "decompressed",
				failure);
	}

	private ModelCacheException translate(DecompressionException failure) {
		String label = this.plan.compression().label();
		ModelCacheException translated = switch (failure.reason()) {
			case ANOTHER_FORMAT -> this.plan.archive() ? new ModelFormatException(this.plan.modelId(),
					"an archive of " + this.plan.source() + " is not " + label + " data, although its media type is "
							+ this.plan.compression().packing() + ": " + failure.getMessage(),
					"Ask its publisher to correct the media type, or use another source")
					: new ModelFormatException(this.plan.modelId(),
							this.plan.source() + " is not " + label + " data, although its name ends like that",
							"Check the file at that URL, or end model-path with " + this.plan.compression().suffix()
									+ " to store the file as it is");
			case UNSUPPORTED -> new ModelFormatException(this.plan.modelId(),
					"the " + label + " data of " + this.plan.source() + " cannot be decompressed: " + ""
							+ failure.getMessage(),
					"Compress the file with a smaller window or dictionary and without special options");
			case TRUNCATED -> damaged("is truncated");
			case TRAILING -> damaged("is followed by other data");
			case CORRUPT -> damaged("is damaged (" + failure.getMessage() + ")");
		};
		translated.addSuppressed(failure);
		return translated;
	}

	private ModelIntegrityException damaged(String how) {
		return new ModelIntegrityException(this.plan.modelId(),
				"the " + this.plan.compression().label() + " data of " + this.plan.source() + " " + how,
				"Check that the file at that URL is complete, or use another source");
	}

}
