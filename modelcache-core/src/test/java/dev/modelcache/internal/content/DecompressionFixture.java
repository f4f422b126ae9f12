/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A growing compressed file and the file that its content goes to.
 */
final class DecompressionFixture implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofMinutes(3);

	final FileChannel compressed;

	final FileChannel content;

	private final Path contentFile;

	private final List<Thread> started = new CopyOnWriteArrayList<>();

	private final ExecutorService threads = Executors.newCachedThreadPool((work) -> {
		Thread thread = new Thread(work);
		this.started.add(thread);
		return thread;
	});

	private LongConsumer admission = (bytes) -> {
	};

	/** How much larger than the file its content may be. */
	static final int MAX_EXPANSION = 5;

	DecompressionFixture(Path directory) throws IOException {
		this.compressed = open(directory.resolve("file"));
		this.contentFile = directory.resolve("content");
		this.content = open(this.contentFile);
	}

	private static FileChannel open(Path file) throws IOException {
		return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
	}

	void admission(LongConsumer admission) {
		this.admission = admission;
	}

	StreamingDecompression start(Compression format) {
		DecompressionPlan plan = new DecompressionPlan("default", "https://host/m.gguf" + format.suffix(), format,
				EnumSet.allOf(Algorithm.class), new DecompressionSettings(MAX_EXPANSION), false);
		return StreamingDecompression.start(plan, this.compressed, new DecompressionTarget() {

			@Override
			public FileChannel channel() {
				return DecompressionFixture.this.content;
			}

			@Override
			public void admit(long bytes) {
				DecompressionFixture.this.admission.accept(bytes);
			}

		}, this.threads);
	}

	void write(byte[] bytes, int from, int to) throws IOException {
		this.compressed.write(ByteBuffer.wrap(bytes, from, to - from), from);
	}

	/** Decompresses a file that is there from the beginning. */
	void expectContent(Compression format, byte[] bytes, byte[] expected) throws IOException {
		writeAll(bytes);
		try (StreamingDecompression decompression = start(format)) {
			decompression.advance(bytes.length);
			expectContent(decompression, expected);
		}
	}

	void expectContent(StreamingDecompression decompression, byte[] expected) throws IOException {
		StepVerifier.create(decompression.complete())
			.assertNext((result) -> assertThat(result)
				.isEqualTo(new DecompressedContent(expected.length, digestsOfContentFile())))
			.expectComplete()
			.verify(PATIENCE);
		assertThat(Files.readAllBytes(this.contentFile)).isEqualTo(expected);
	}

	/** Decompresses a file that is there from the beginning, in vain. */
	Throwable failureOf(Compression format, byte[] bytes) throws IOException {
		writeAll(bytes);
		try (StreamingDecompression decompression = start(format)) {
			decompression.advance(bytes.length);
			return failureOf(decompression.complete());
		}
	}

	static Throwable failureOf(Mono<?> mono) {
		AtomicReference<Throwable> failure = new AtomicReference<>();
		StepVerifier.create(mono).expectErrorSatisfies(failure::set).verify(PATIENCE);
		return failure.get();
	}

	/** Decompresses a file and returns what came of it, or null if it failed. */
	byte @Nullable [] contentOf(Compression format, byte[] bytes) throws IOException {
		writeAll(bytes);
		try (StreamingDecompression decompression = start(format)) {
			decompression.advance(bytes.length);
			AtomicReference<DecompressedContent> result = new AtomicReference<>();
			StepVerifier.create(
					decompression.complete().doOnNext(result::set).then().onErrorComplete(ModelCacheException.class))
				.expectComplete()
				.verify(PATIENCE);
			return (result.get() != null) ? Files.readAllBytes(this.contentFile) : null;
		}
	}

	private void writeAll(byte[] bytes) throws IOException {
		this.compressed.truncate(0);
		write(bytes, 0, bytes.length);
	}

	private Map<Algorithm, Digest> digestsOfContentFile() {
		try {
			return FileDigest.of(this.contentFile, EnumSet.allOf(Algorithm.class), () -> {
			});
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** Waits until all threads wait for further bytes, or have ended. */
	void awaitRest() {
		Set<Thread.State> rest = EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.TERMINATED);
		Awaitility.await()
			.atMost(PATIENCE)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(2))
			.until(() -> this.started.stream().map(Thread::getState).allMatch(rest::contains));
	}

	/** Asserts that no thread still works, and starts none any more. */
	void awaitThreads() throws InterruptedException {
		this.threads.shutdown();
		assertThat(this.threads.awaitTermination(3, TimeUnit.MINUTES)).as("no thread still decompresses or hashes")
			.isTrue();
	}

	@Override
	public void close() throws Exception {
		awaitThreads();
		this.compressed.close();
		this.content.close();
	}

}
