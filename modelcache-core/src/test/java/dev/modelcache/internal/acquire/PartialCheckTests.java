/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.zip.CRC32C;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.internal.lock.FaultyDisk;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * A partial that is read before the first request, on a disk that does not answer: no
 * caller waits for the disk, and the reading ends at its next block.
 */
class PartialCheckTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private static final long SIZE = 4L << 30;

	private static final int BLOCK = 1 << 20;

	private final Content content = Content.random(SIZE, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final FaultyDisk disk = new FaultyDisk();

	private final CountDownLatch reading = new CountDownLatch(1);

	private final CountDownLatch answers = new CountDownLatch(1);

	private final AtomicInteger reads = new AtomicInteger();

	/** The read that the disk does not answer. */
	private volatile int held = 1;

	private boolean readAgain;

	private CacheFixture fixture;

	private DefaultModelCache cache;

	@BeforeEach
	void leaveAPartial() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(8 << 20));
		try (CacheFixture first = new CacheFixture(this.directory)) {
			Disposable call = first.open(request()).get("m").subscribe();
			Awaitility.await().atMost(PATIENCE).until(() -> first.find(".journal").stream().anyMatch(this::hasBlocks));
			call.dispose();
		}
		this.disk.beforeRead(() -> {
			if (this.reads.incrementAndGet() == this.held) {
				this.reading.countDown();
				await(this.answers);
			}
		});
		this.fixture = new CacheFixture(this.directory).locks(null, this.disk.files());
		this.cache = this.fixture.open(request());
	}

	private boolean hasBlocks(Path journal) {
		try {
			return Files.readAllLines(journal).stream().filter((line) -> line.startsWith("block")).count() > 5;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private ModelRequest request() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(Digest.parse("00".repeat(32)))
			.maxAttempts(1)
			.build();
	}

	private static void await(CountDownLatch latch) {
		assertThatNoException()
			.isThrownBy(() -> assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue());
	}

	/**
	 * The disk answers once nobody wants the file any more, so that no further block is
	 * read.
	 */
	@AfterEach
	void close() {
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> this.readAgain || !this.cache.status("m").state().isAcquiring());
		this.answers.countDown();
		this.fixture.close();
		this.server.close();
		if (!this.readAgain) {
			assertThat(this.reads).hasValue(this.held);
		}
	}

	@Test
	void callerThatLeavesDoesNotWait() throws Exception {
		Disposable call = this.cache.get("m").subscribe();
		await(this.reading);
		CompletableFuture.runAsync(call::dispose).get(PATIENCE.toSeconds() / 2, TimeUnit.SECONDS);
	}

	@Test
	void timeoutOfACallerIsKept() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		CompletableFuture<CachedModel> call = this.cache.get("m").timeout(Duration.ofSeconds(1), time).toFuture();
		await(this.reading);
		time.advanceTimeBy(Duration.ofSeconds(1));
		assertThat(call).failsWithin(PATIENCE.dividedBy(2))
			.withThrowableThat()
			.withCauseInstanceOf(TimeoutException.class);
	}

	@Test
	void closingDoesNotWait() throws Exception {
		this.cache.get("m").subscribe((model) -> {
		}, (failure) -> {
		});
		await(this.reading);
		CompletableFuture.runAsync(this.cache::close).get(PATIENCE.toSeconds() / 2, TimeUnit.SECONDS);
	}

	@Test
	void progressOfTheCheckIsShown() {
		this.held = 3;
		Disposable call = this.cache.get("m").subscribe();
		await(this.reading);
		ModelStatus status = this.cache.status("m");
		assertThat(status.state()).isEqualTo(ModelState.VERIFYING);
		assertThat(status.progress()).isNotNull();
		assertThat(status.progress().bytes()).isBetween(2L << 20, SIZE);
		assertThat(status.progress().totalBytes()).isEqualTo(SIZE);
		call.dispose();
	}

	@Test
	void cancellingTheCheckOfALargeFileAnswersAtOnceAndTheNextRequestIsSeen() throws Exception {
		makeLarge();
		this.held = 1000;
		CompletableFuture<CachedModel> first = this.cache.get("m").toFuture();
		await(this.reading);
		assertThat(this.cache.status("m").progress().bytes()).isGreaterThanOrEqualTo(999L * BLOCK);
		this.cache.cancel("m").block(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
		assertThat(first).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		this.readAgain = true;
		CompletableFuture<ModelStatus> seen = this.cache.statuses("m")
			.filter((status) -> status.state() == ModelState.VERIFYING && status.progress() != null)
			.next()
			.toFuture();
		Disposable again = this.cache.get("m").subscribe();
		assertThat(this.cache.status("m").state().isAcquiring()).isTrue();
		this.answers.countDown();
		assertThat(seen).succeedsWithin(PATIENCE);
		again.dispose();
	}

	/** The rest of the partial is a hole, of whose zeros the journal knows. */
	private void makeLarge() throws IOException {
		Path journal = this.fixture.find(".journal").get(0);
		CRC32C zeros = new CRC32C();
		zeros.update(new byte[BLOCK]);
		String checksum = HexFormat.of().toHexDigits((int) zeros.getValue());
		Files.write(journal,
				LongStream.range(16, SIZE / BLOCK - 10)
					.mapToObj((index) -> "block " + index + " 0 " + checksum)
					.toList(),
				StandardOpenOption.APPEND);
		try (RandomAccessFile staged = new RandomAccessFile(this.fixture.stagedFiles().get(0).toFile(), "rw")) {
			staged.setLength(SIZE);
		}
	}

}
