/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Files that arrive with the wrong digest, and what is fetched again of them.
 */
@ExtendWith(OutputCaptureExtension.class)
class RepairTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	private final Content content = Content.random(12 * MIB + 777, 1);

	private final MisbehavingServer first = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final MisbehavingServer second = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServers() {
		this.first.close();
		this.second.close();
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory).transfer(new TransferSettings(DataSize.ofKilobytes(256), 4,
				DataSize.ofMegabytes(1), PATIENCE, PATIENCE, 5, true));
	}

	private ModelRequest.Builder lone() {
		return ModelRequest.builder("m")
			.url(this.first.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.modelPath(this.directory.resolve("model.gguf"))
			.maxAttempts(1);
	}

	private ModelRequest.Builder mirrored() {
		return lone().mirrors(List.of(this.second.uri("/m.gguf")));
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = fixture()) {
			fixture.open(request.build());
			CachedModel model = fixture.get("m");
			assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
			return model;
		}
	}

	private long landed() throws IOException {
		try (var files = Files.list(this.directory)) {
			Path journal = files.filter((file) -> file.toString().endsWith(".journal")).findFirst().orElse(null);
			return (journal != null)
					? Files.readAllLines(journal).stream().filter((line) -> line.startsWith("block")).count() : 0;
		}
	}

	@Test
	void blockThatTheDiskLostIsFetchedAgainAndNothingElse(CapturedOutput output) throws Exception {
		// The beginning stalls, so that the digest waits while the rest lands.
		AtomicInteger requests = new AtomicInteger();
		CountDownLatch damaged = new CountDownLatch(1);
		this.first.answer("/m.gguf",
				(request) -> (requests.getAndIncrement() == 0) ? Reply.ok().stallAfter(1000, damaged) : Reply.ok());
		try (CacheFixture fixture = fixture()) {
			Disposable running = fixture.open(lone().maxAttempts(2).build()).get("m").subscribe();
			Awaitility.await().atMost(PATIENCE).until(() -> landed() >= 10);
			try (var files = Files.list(this.directory);
					RandomAccessFile staged = new RandomAccessFile(
							files.filter((file) -> file.toString().endsWith(".part"))
								.findFirst()
								.orElseThrow()
								.toFile(),
							"rw")) {
				staged.seek(5 * MIB + 99);
				staged.write(staged.read() ^ 1);
			}
			damaged.countDown();
			Awaitility.await().atMost(PATIENCE).until(running::isDisposed);
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
		assertThat(output.getOut()).contains("1 blocks of 1 MiB on the disk are not what was received");
		assertThat(this.first.requests().stream().filter((request) -> "bytes=5242880-6291455".equals(request.range())))
			.hasSizeBetween(1, 2);
		assertThat(this.first.bytesSent("/m.gguf")).isBetween(this.content.size() + MIB, this.content.size() + 4 * MIB);
	}

	@Test
	void blocksOfALyingMirrorAreReplacedByThoseOfTheOther(CapturedOutput output) {
		this.second.always("/m.gguf", Reply.ok().flipped(11 * MIB));
		get(mirrored());
		assertThat(output.getOut()).doesNotContain("fetching the file again");
	}

	@Test
	void blocksOfALyingPrimaryAreReplacedByThoseOfTheMirror(CapturedOutput output) {
		this.first.serve("/m.gguf", Content.random(this.content.size(), 3));
		get(mirrored());
		assertThat(output.getOut()).contains("blocks of 1 MiB are replaced by those of")
			.doesNotContain("fetching the file again");
	}

	@Test
	void mirrorThatRefusesRangesIsBelievedAtLast(CapturedOutput output) {
		CountDownLatch refused = new CountDownLatch(1);
		Reply lie = Reply.ok().flipped(99);
		this.first.answer("/m.gguf",
				(request) -> String.valueOf(request.range()).startsWith("bytes=0-") ? lie : lie.heldBy(refused));
		this.second.answer("/m.gguf", (request) -> {
			refused.countDown();
			return (request.range() != null) ? Reply.status(403) : Reply.ok();
		});
		get(mirrored());
		assertThat(output.getOut()).contains("blocks of 1 MiB are replaced by those of")
			.doesNotContain("fetching the file again");
	}

	@Test
	void loneMirrorIsNotComparedWithItself(CapturedOutput output) {
		this.first.always("/m.gguf", Reply.ok().flipped(99));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(lone()));
		assertThat(output.getOut()).doesNotContain("are replaced by");
		// In segments, and then once more as a whole, in case that ranges are damaged.
		assertThat(this.first.bytesSent("/m.gguf")).isLessThan(2 * this.content.size() + 3 * MIB);
	}

	@Test
	void mirrorsThatAllLieEndInTheRightException() throws Exception {
		this.first.always("/m.gguf", Reply.ok().flipped(99));
		this.second.always("/m.gguf", Reply.ok().flipped(5 * MIB));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(mirrored()));
		try (var files = Files.list(this.directory)) {
			assertThat(files.map(Path::toString)).noneMatch((name) -> name.endsWith(".part") || name.endsWith(".gguf"));
		}
	}

	@Test
	void mirrorThatFailsInTheMiddleOfARepairLeavesAnIntegrityFailure() {
		this.first.serve("/m.gguf", Content.random(this.content.size(), 3));
		AtomicInteger requests = new AtomicInteger();
		this.second.answer("/m.gguf", (request) -> (requests.getAndIncrement() < 2) ? Reply.ok() : Reply.status(503));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(mirrored()));
	}

}
