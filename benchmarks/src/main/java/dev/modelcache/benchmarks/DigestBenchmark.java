/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.content.StreamingDigest;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long the SHA-256 of a file of 64 MiB takes that is in the page cache: as the
 * project computes it, and in other ways to bring the bytes to the JDK's digest.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DigestBenchmark {

	private static final int SIZE = 64 << 20;

	private static final int BLOCK = 1 << 20;

	private final byte[] content = new byte[SIZE];

	private final MessageDigest sha256 = sha256();

	private Path file = Path.of("");

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("every Java platform has SHA-256", ex);
		}
	}

	/**
	 * Makes the file.
	 * @throws IOException if it cannot be written
	 */
	@Setup
	public void write() throws IOException {
		new Random(2026).nextBytes(this.content);
		this.file = Files.write(Scratch.file("digest"), this.content);
	}

	/**
	 * Deletes the file.
	 * @throws IOException if it cannot be deleted
	 */
	@TearDown
	public void delete() throws IOException {
		Files.delete(this.file);
	}

	/**
	 * Nothing but the digest: the bytes are in an array.
	 * @return the digest
	 */
	@Benchmark
	public byte[] arrayOnly() {
		return this.sha256.digest(this.content);
	}

	private static void nothing() {
		// Progress is not measured.
	}

	/**
	 * The project's re-hash.
	 * @return the digests
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public Map<Algorithm, Digest> fileDigest() throws IOException {
		return FileDigest.of(this.file, EnumSet.of(Algorithm.SHA256), DigestBenchmark::nothing);
	}

	/**
	 * The project's digest behind the frontier, when it is far behind.
	 * @return the digests
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public Map<Algorithm, Digest> streamingDigest() throws IOException {
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.READ);
				StreamingDigest digest = StreamingDigest.start(channel, EnumSet.of(Algorithm.SHA256),
						(task) -> new Thread(task).start(), DigestBenchmark::nothing)) {
			digest.advance(SIZE);
			return digest.complete().blockOptional().orElseThrow();
		}
	}

	/**
	 * Through a buffer outside the heap, from which the digest copies 4 KiB at a time.
	 * @return the digest
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public byte[] channelToDirectBuffer() throws IOException {
		return read(ByteBuffer.allocateDirect(BLOCK));
	}

	/**
	 * Through a buffer in the heap, into which the channel copies.
	 * @return the digest
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public byte[] channelToHeapBuffer() throws IOException {
		return read(ByteBuffer.allocate(BLOCK));
	}

	/**
	 * Through a smaller buffer in the heap, which stays in the processor's cache.
	 * @return the digest
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public byte[] channelToSmallHeapBuffer() throws IOException {
		return read(ByteBuffer.allocate(BLOCK / 8));
	}

	private byte[] read(ByteBuffer block) throws IOException {
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.READ)) {
			while (channel.read(block.clear()) >= 0) {
				this.sha256.update(block.flip());
			}
		}
		return this.sha256.digest();
	}

	/**
	 * Through a stream.
	 * @return the digest
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public byte[] stream() throws IOException {
		byte[] block = new byte[BLOCK / 8];
		try (InputStream stream = Files.newInputStream(this.file)) {
			for (int n = stream.read(block); n >= 0; n = stream.read(block)) {
				this.sha256.update(block, 0, n);
			}
		}
		return this.sha256.digest();
	}

	/**
	 * From pages that are mapped, without a system call for each block.
	 * @return the digest
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public byte[] mapped() throws IOException {
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.READ)) {
			this.sha256.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, SIZE));
		}
		return this.sha256.digest();
	}

}
