/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CacheOptions;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is proved before it is published, and what happens when it cannot be.
 */
@ExtendWith(OutputCaptureExtension.class)
class ChecksumTests {

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final Digest wrong = Digest.parse("00".repeat(32));

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("model.gguf");
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).modelPath(target());
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	@Test
	void rightChecksumIsPublished() {
		assertThat(get(request().expectedDigest(this.content.sha256())).verified()).isTrue();
		assertThat(get(request().expectedDigest(this.content.digest(Digest.Algorithm.SHA512))).verified()).isTrue();
	}

	@Test
	void checksumIsStaleWhenTwoDownloadsGiveTheSameBytes() {
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(this.wrong).maxAttempts(4)))
			.withMessageContaining("expected-checksum specifies " + this.wrong)
			.withMessageContaining("has the digest " + this.content.sha256())
			.withMessageContaining(
					"Two downloads had the same digest, so the configured checksum is probably out " + "of date")
			.withMessageContaining("If you trust the source, set expected-checksum: " + this.content.sha256())
			.withMessageContaining(this.server.uri("/m.gguf").toString())
			.satisfies((failure) -> {
				assertThat(failure.expected()).isEqualTo(this.wrong);
				assertThat(failure.actual()).isEqualTo(this.content.sha256());
				assertThat(failure.origin()).isEqualTo(DigestOrigin.CONFIGURATION);
			});
		assertThat(this.server.requests("/m.gguf")).hasSize(2);
		assertThat(target()).doesNotExist();
	}

	@Test
	void bytesThatDifferEachTimeAreFetchedAsOftenAsMaxAttemptsSays() {
		AtomicInteger seed = new AtomicInteger(10);
		this.server.answer("/m.gguf", (request) -> {
			this.server.serve("/m.gguf", Content.random(100_000, seed.incrementAndGet()));
			return Reply.ok();
		});
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(this.wrong).maxAttempts(3)))
			.withMessageNotContaining("stale");
		assertThat(this.server.requests("/m.gguf")).hasSize(3);
	}

	@Test
	void connectionsThatBreakDoNotStartTheWholeFileCountAgain() {
		this.server.answer("/m.gguf", (request) -> String.valueOf(request.range()).startsWith("bytes=0-")
				? Reply.ok().closeAfter(50_000) : Reply.ok());
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(this.wrong).maxAttempts(2)));
		assertThat(this.server.requests("/m.gguf")).hasSize(3);
	}

	@Test
	void wrongChecksumLeavesNothingBehindAndIsFailed() {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(request().expectedDigest(this.wrong).maxAttempts(0).build());
			assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> fixture.get("m"));
			assertThat(cache.status("m").state()).isEqualTo(ModelState.FAILED);
			assertThat(fixture.stagedFiles()).isEmpty();
		}
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	@Test
	void goodFileStaysWhenTheNewOneIsWrong() throws Exception {
		get(request());
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(this.wrong)));
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void absentChecksumIsAWarningThatTellsTheDigest(CapturedOutput output) {
		CachedModel model = get(request());
		assertThat(model.verified()).isFalse();
		assertThat(
				output.getOut().lines().filter((line) -> line.contains("was not verified, because no digest is known")))
			.singleElement()
			.satisfies((line) -> assertThat(line).contains("WARN").contains(this.content.sha256().toString()));
	}

	@Test
	void absentChecksumIsAnErrorWhereOneIsRequiredBeforeAnyRequest() {
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(request().digestRequired(true)))
			.withMessageContaining("require-checksum");
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void estimatedSizeIsShownUntilTheServerSaysItAndIsNeverAnError() {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().ignoringRange().chunked().stallAfter(50_000, rest));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture
				.open(request().expectedDigest(this.content.sha256()).estimatedSize(DataSize.ofMegabytes(600)).build());
			cache.get("m").subscribe();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> {
				var progress = cache.status("m").progress();
				return progress != null
						&& Long.valueOf(DataSize.ofMegabytes(600).toBytes()).equals(progress.totalBytes())
						&& progress.bytes() == 50_000;
			});
			rest.countDown();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> cache.status("m").state() == ModelState.READY);
		}
	}

	@Test
	void unknownLengthIsDownloadedAndProved() {
		this.server.always("/m.gguf", Reply.ok().ignoringRange().withoutLength());
		assertThat(get(request().expectedDigest(this.content.sha256())).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

	@Test
	void emptyFileIsPublishedOnlyWhenTheEmptyDigestIsExpected() {
		this.server.serve("/m.gguf", new byte[0]);
		Digest empty = Digest.parse("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		assertThat(get(request().expectedDigest(empty)).size()).isZero();
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().modelPath(this.directory.resolve("other.gguf"))))
			.withMessageContaining("sent an empty file");
	}

	@Test
	void diskSpaceIsCheckedBeforeTheFirstByte() {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture
				.store(new StoreSettings(this.directory, DataSize.ofTerabytes(8000), CacheOptions.Verification.ALWAYS))
				.open(request().expectedDigest(this.content.sha256()).build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("not enough disk space in " + target().getParent() + ": "
						+ (DataSize.ofTerabytes(8000).toBytes() + 100_000) + " bytes are required, ")
				.satisfies((failure) -> assertThat(failure.available()).isNotNull());
			assertThat(fixture.stagedFiles()).isEmpty();
			assertThat(fixture.events(ModelDownloadStarted.class)).hasSizeLessThanOrEqualTo(1);
		}
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void bodyWithoutLengthStopsAtTheSpaceThatIsToStayFree() throws Exception {
		DataSize allowed = DataSize.ofMegabytes(80);
		long usable = Files.getFileStore(this.directory).getUsableSpace();
		this.server.serve("/m.gguf", Content.random(DataSize.ofGigabytes(2).toBytes(), 7));
		this.server.always("/m.gguf", Reply.ok().ignoringRange().withoutLength());
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture
				.store(new StoreSettings(this.directory, DataSize.ofBytes(usable - allowed.toBytes()),
						CacheOptions.Verification.ALWAYS))
				.open(request().expectedDigest(this.content.sha256()).build());
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("not enough disk space in " + target().getParent())
				.satisfies((failure) -> assertThat(failure.available()).isNotNull());
			assertThat(fixture.stagedFiles()).isEmpty();
		}
		assertThat(target()).doesNotExist();
	}

	@Test
	void directoryThatCannotBeMadeIsAClearError() throws Exception {
		Path file = Files.createFile(this.directory.resolve(UUID.randomUUID().toString()));
		assertThatExceptionOfType(ModelStorageException.class)
			.isThrownBy(() -> get(request().modelPath(file.resolve("models/model.gguf"))))
			.withMessageContaining(file.toString());
	}

}
