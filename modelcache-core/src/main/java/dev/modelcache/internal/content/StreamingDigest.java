/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.internal.FailureBoundary;
import reactor.core.publisher.Mono;

/**
 * The digests of a file that is still being written. It reads, on a thread of its own,
 * just behind the contiguous frontier of what was written, while those pages are still in
 * the page cache, so that hashing costs the transfer no time. Algorithms that start with
 * the size of the file, which only small files are proved with, read it once more when it
 * is whole.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: none; the executor's thread is
 * taken for as long as the file grows. <em>Cancellation</em>: {@link #close()}.
 */
public final class StreamingDigest implements AutoCloseable {

	private static final int BLOCK = 1 << 20;

	private final FileChannel file;

	private final Map<Algorithm, MessageDigest> digests = new EnumMap<>(Algorithm.class);

	private final Set<Algorithm> afterwards = EnumSet.noneOf(Algorithm.class);

	private final CompletableFuture<Map<Algorithm, Digest>> result = new CompletableFuture<>();

	private final Runnable advanced;

	private final Frontier frontier = new Frontier(BLOCK);

	private StreamingDigest(FileChannel file, Set<Algorithm> algorithms, Runnable advanced) {
		this.advanced = advanced;
		this.file = file;
		for (Algorithm algorithm : algorithms) {
			if (algorithm.startsWithSize()) {
				this.afterwards.add(algorithm);
			}
			else {
				this.digests.put(algorithm, newDigest(algorithm, 0));
			}
		}
	}

	/**
	 * Starts hashing a file from its beginning.
	 * @param file the file, open for reading; stays open
	 * @param algorithms the digests to compute
	 * @param executor gives the thread, for as long as the file grows
	 * @param advanced run for every piece of at most 1 MiB that is hashed
	 * @return the running digest
	 */
	public static StreamingDigest start(FileChannel file, Set<Algorithm> algorithms, Executor executor,
			Runnable advanced) {
		StreamingDigest digest = new StreamingDigest(file, algorithms, advanced);
		executor.execute(digest::run);
		return digest;
	}

	/**
	 * Says how far the file is written without a gap.
	 * @param position the number of contiguous bytes from the beginning; a number less
	 * than one said before changes nothing
	 */
	public void advance(long position) {
		this.frontier.advance(position);
	}

	/**
	 * Says that the file is whole, and waits for its digests.
	 * @return the digests, once the last byte is hashed; fails with {@link IOException}
	 * if the file cannot be read
	 */
	public Mono<Map<Algorithm, Digest>> complete() {
		return Mono.defer(() -> {
			this.frontier.complete();
			return Mono.fromFuture(this.result, true)
				.onErrorMap(CompletionException.class,
						(failure) -> Objects.requireNonNullElse(failure.getCause(), failure));
		});
	}

	/**
	 * Waits until the file is not read any more.
	 * @return completes then; fails if it could not be read
	 */
	public Mono<Void> stopped() {
		return Mono.fromFuture(this.result, true)
			.then()
			.onErrorResume(CancellationException.class, (stopped) -> Mono.empty());
	}

	/**
	 * Stops hashing within a piece of at most 1 MiB; a digest that was not finished never
	 * will be.
	 */
	@Override
	public void close() {
		this.frontier.close();
	}

	private void run() {
		try {
			ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
			long position = 0;
			long end = this.frontier.awaitMore(position, BLOCK);
			while (end > position) {
				position = hash(block, position, end, this.digests);
				end = this.frontier.awaitMore(position, BLOCK);
			}
			finish(block, position);
		}
		catch (StoppedException ex) {
			this.result.cancel(false);
		}
		catch (Throwable ex) {
			this.result.completeExceptionally(FailureBoundary.asException("hashing the file", ex));
		}
	}

	/** Returns the end. */
	private long hash(ByteBuffer block, long start, long end, Map<Algorithm, MessageDigest> digests)
			throws IOException {
		long position = start;
		while (position < end) {
			if (this.frontier.isClosed()) {
				throw new StoppedException();
			}
			block.clear().limit((int) Math.min(BLOCK, end - position));
			int read = this.file.read(block, position);
			if (read < 0) {
				throw new IOException("the staged file ends at " + position + ", before " + end);
			}
			block.flip();
			this.advanced.run();
			digests.values().forEach((digest) -> digest.update(block.duplicate()));
			position += read;
		}
		return position;
	}

	private void finish(ByteBuffer block, long size) throws IOException {
		Map<Algorithm, MessageDigest> late = new EnumMap<>(Algorithm.class);
		this.afterwards.forEach((algorithm) -> late.put(algorithm, newDigest(algorithm, size)));
		if (!late.isEmpty()) {
			hash(block, 0, size, late);
		}
		this.digests.putAll(late);
		Map<Algorithm, Digest> values = new EnumMap<>(Algorithm.class);
		this.digests.forEach((algorithm, digest) -> values.put(algorithm, Digest.of(algorithm, digest.digest())));
		this.result.complete(values);
	}

	/**
	 * Returns a digest that awaits the first byte of a file.
	 * @param algorithm the algorithm
	 * @param size the size of the file; without meaning where the algorithm does not
	 * start with it
	 */
	static MessageDigest newDigest(Algorithm algorithm, long size) {
		try {
			MessageDigest digest = MessageDigest.getInstance(algorithm.jcaName());
			digest.update(algorithm.preamble(size));
			return digest;
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("this Java platform lacks " + algorithm.jcaName(), ex);
		}
	}

}
