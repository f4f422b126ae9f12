/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.DecompressionSettings;
import dev.modelcache.internal.content.StreamingDecompression;
import dev.modelcache.internal.lock.FaultyDisk;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static dev.modelcache.testsupport.Compressing.compress;
import static dev.modelcache.testsupport.Compressing.concatenate;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models that are compressed where they come from, and not where they are used.
 */
@ExtendWith(OutputCaptureExtension.class)
class CompressedSourceTests {

	private static final int MIB = 1 << 20;

	private static final Content CONTENT = Content.random(MIB + 12_345, 1);

	private static final Content COMPRESSED = Content.of(compress(Compression.GZIP, CONTENT.bytes()));

	/** Of several segments. */
	private static final Content LARGE = Content.random(5 * MIB, 3);

	private static final Content LARGE_COMPRESSED = Content.of(compress(Compression.GZIP, LARGE.bytes()));

	private static final String PATH = "/m.gguf.gz";

	@TempDir
	private Path directory;

	private final MisbehavingServer server = MisbehavingServer.start().serve(PATH, COMPRESSED);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("models/m.gguf");
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri(PATH)).modelPath(target());
	}

	private CachedModel get(ModelRequest.Builder request) {
		return get(new CacheFixture(this.directory).segmented(4), request);
	}

	private CachedModel get(CacheFixture fixture, ModelRequest.Builder request) {
		try (fixture) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	private void assertIsContent(CachedModel model) {
		assertThat(model.path()).matches(CONTENT::isIn);
		assertThat(model.digest()).isEqualTo(CONTENT.sha256());
		assertThat(model.size()).isEqualTo(CONTENT.size());
	}

	private List<Path> everythingBesideTheTarget() {
		try (var files = Files.list(target().getParent())) {
			return files.filter((file) -> !file.toString().endsWith(".download.lock")).toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@ParameterizedTest
	@EnumSource
	void contentIsPublishedUnderItsOwnName(Compression format) {
		String path = "/dir/m.gguf" + format.suffix();
		this.server.serve(path, compress(format, CONTENT.bytes()));
		CachedModel model = get(
				ModelRequest.builder("m").url(this.server.uri(path)).expectedDigest(CONTENT.digest(Algorithm.SHA512)));
		assertThat(model.path()).hasFileName("m.gguf");
		assertIsContent(model);
		assertThat(model.verified()).isTrue();
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.source()).isEqualTo(this.server.uri(path).toString());
	}

	@Test
	void severalConnectionsFetchOneCompressedFile() {
		CountDownLatch another = new CountDownLatch(1);
		this.server.serve(PATH, LARGE_COMPRESSED).answer(PATH, (request) -> {
			if (String.valueOf(request.range()).startsWith("bytes=0-")) {
				return Reply.ok().stallAfter(MIB, another);
			}
			another.countDown();
			return Reply.ok();
		});
		assertThat(get(request().expectedDigest(LARGE.sha256())).path()).matches(LARGE::isIn);
		assertThat(this.server.requests().stream().map(RecordedRequest::connection).distinct().count())
			.isGreaterThan(1);
	}

	@Test
	void fileWhoseTargetHasTheSuffixIsPublishedAsItIs() {
		Path target = this.directory.resolve("kept.gz");
		CachedModel model = get(request().modelPath(target).expectedDigest(COMPRESSED.sha256()));
		assertThat(model.path()).isEqualTo(target).matches(COMPRESSED::isIn);
		assertThat(model.digest()).isEqualTo(COMPRESSED.sha256());
	}

	@Test
	void fileOfThisMachineIsDecompressedToo() throws Exception {
		Path file = Files.write(this.directory.resolve("source.xz"), compress(Compression.XZ, CONTENT.bytes()));
		assertIsContent(get(request().url(file.toUri())));
	}

	@Test
	void digestMayBeThatOfTheContentAndThatIsSaid(CapturedOutput output) {
		assertThat(get(request().expectedDigest(CONTENT.sha256())).verified()).isTrue();
		assertThat(output).contains("the digest of expected-checksum is that of the content");
		assertThat(everythingBesideTheTarget()).containsExactly(target());
	}

	@Test
	void digestThatTheServerStatesOfTheCompressedFileIsNoContradiction() {
		this.server.always(PATH, Reply.ok().header("X-Linked-ETag", "\"" + COMPRESSED.sha256().hex() + "\""));
		assertIsContent(get(request().expectedDigest(CONTENT.sha256())));
	}

	@Test
	void digestMayBeThatOfTheCompressedFileAndThatIsSaid(CapturedOutput output) {
		CachedModel model = get(request().expectedDigest(COMPRESSED.digest(Algorithm.SHA512)));
		assertIsContent(model);
		assertThat(model.verified()).isTrue();
		assertThat(output).contains("the digest of expected-checksum is that of the compressed file");
	}

	@Test
	void cachedContentIsFoundByEitherDigestWithoutTheNetwork() {
		get(request().expectedDigest(COMPRESSED.sha256()));
		this.server.refuse();
		for (Digest digest : List.of(COMPRESSED.sha256(), CONTENT.sha256())) {
			CachedModel model = get(new CacheFixture(this.directory).offline(), request().expectedDigest(digest));
			assertIsContent(model);
			assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(model.verified()).isTrue();
		}
	}

	@Test
	void contentThatItsOwnDigestProvedIsFoundByTheOtherOne() {
		get(request().expectedDigest(CONTENT.sha256()));
		this.server.refuse();
		assertIsContent(get(new CacheFixture(this.directory).offline(), request().expectedDigest(COMPRESSED.sha256())));
	}

	@Test
	void receiptKnowsLongDigestsOfTheCompressedFileToo() {
		Digest sha512 = COMPRESSED.digest(Algorithm.SHA512);
		get(request().expectedDigest(sha512));
		this.server.refuse();
		assertIsContent(get(new CacheFixture(this.directory).offline(), request().expectedDigest(sha512)));
	}

	@Test
	void anotherDigestIsNotReady() {
		get(request().expectedDigest(COMPRESSED.sha256()));
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(Digest.parse("0".repeat(64)))));
	}

	@Test
	void changedTimeCostsOneReadOfTheContent() throws Exception {
		get(request().expectedDigest(COMPRESSED.sha256()));
		Files.setLastModifiedTime(target(), FileTime.fromMillis(1_000_000));
		this.server.refuse();
		CachedModel model = get(new CacheFixture(this.directory).offline(),
				request().expectedDigest(COMPRESSED.sha256()));
		assertIsContent(model);
	}

	@Test
	void verifyComparesTheContentWhateverTheExpectedDigestIsOf() throws Exception {
		for (Digest digest : List.of(COMPRESSED.sha256(), CONTENT.sha256(), COMPRESSED.digest(Algorithm.SHA512))) {
			try (CacheFixture fixture = new CacheFixture(this.directory)) {
				fixture.open(request().expectedDigest(digest).build());
				fixture.get("m");
				StepVerifier.create(fixture.cache().verify("m"))
					.assertNext(this::assertIsContent)
					.expectComplete()
					.verify(CacheFixture.PATIENCE);
			}
		}
	}

	@Test
	void verifyNoticesChangedContent() throws Exception {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.open(request().expectedDigest(COMPRESSED.sha256()).build());
			fixture.get("m");
			Files.write(target(), CONTENT.flipped(5).bytes());
			StepVerifier.create(fixture.cache().verify("m"))
				.expectErrorSatisfies((failure) -> assertThat(failure).isInstanceOf(ModelIntegrityException.class)
					.extracting("origin")
					.isEqualTo(DigestOrigin.RECEIPT))
				.verify(CacheFixture.PATIENCE);
		}
		assertIsContent(get(request().expectedDigest(COMPRESSED.sha256())));
		assertThat(this.server.requests(PATH)).hasSize(2);
	}

	@Test
	void wrongDigestNamesAllThreeAndLeavesNothing() {
		Digest wrong = Digest.parse("0".repeat(64));
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(wrong).maxAttempts(2)))
			.withMessageContainingAll(wrong.toString(), COMPRESSED.sha256().toString(), CONTENT.sha256().toString());
		assertThat(this.server.requests(PATH)).hasSize(2);
		assertThat(everythingBesideTheTarget()).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void contentThatUnfoldsTooFarIsRefusedAtOnceAndLeavesNothing(Compression format) {
		String path = "/bomb" + format.suffix();
		this.server.serve(path, compress(format, new byte[4 * MIB]));
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(request().url(this.server.uri(path))))
			.withMessageContaining("max-expansion");
		assertThat(this.server.requests(path)).hasSize(1);
		assertThat(everythingBesideTheTarget()).isEmpty();
	}

	@Test
	void limitIsConfigured() {
		byte[] zeros = new byte[3 * MIB];
		this.server.serve(PATH, compress(Compression.GZIP, zeros));
		CacheFixture fixture = new CacheFixture(this.directory).decompression(new DecompressionSettings(2000));
		assertThat(get(fixture, request()).path()).satisfies(Content.exactly(zeros));
	}

	@ParameterizedTest
	@EnumSource
	void fileThatIsCutAtItsSourceIsFetchedAgainInVain(Compression format) {
		byte[] whole = compress(format, CONTENT.bytes());
		String path = "/cut" + format.suffix();
		this.server.serve(path, Arrays.copyOf(whole, whole.length - 7));
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().url(this.server.uri(path)).maxAttempts(2)))
			.withMessageContaining("is truncated");
		assertThat(this.server.requests(path)).hasSize(2);
		assertThat(everythingBesideTheTarget()).isEmpty();
	}

	@Test
	void damagedFileThatIsTheExpectedOneIsNotFetchedAgain() {
		Content cut = Content.of(Arrays.copyOf(COMPRESSED.bytes(), (int) COMPRESSED.size() - 7));
		this.server.serve(PATH, cut);
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(request().expectedDigest(cut.sha256())))
			.withMessageContainingAll("is truncated", "though the file has the expected digest");
		assertThat(this.server.requests(PATH)).hasSize(1);
		assertThat(everythingBesideTheTarget()).isEmpty();
	}

	@Test
	void damagedFileThatIsTheExpectedOneIsNotFetchedAgainIfItsDigestComesLast() {
		Content cut = Content.of(Arrays.copyOf(COMPRESSED.bytes(), (int) COMPRESSED.size() - 7));
		this.server.serve(PATH, cut);
		FaultyDisk disk = new FaultyDisk();
		disk.beforeRead(CompressedSourceTests::letDecompressionEndBeforeDigests);
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(new CacheFixture(this.directory).locks(null, disk.files()),
					request().expectedDigest(cut.sha256())))
			.withMessageContainingAll("is truncated", "though the file has the expected digest");
		assertThat(this.server.requests(PATH)).hasSize(1);
	}

	private static void letDecompressionEndBeforeDigests() {
		if (!isIn(Thread.currentThread().getStackTrace(), StreamingDecompression.class)) {
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.until(() -> Thread.getAllStackTraces()
					.values()
					.stream()
					.noneMatch((stack) -> isIn(stack, StreamingDecompression.class)));
		}
	}

	private static boolean isIn(StackTraceElement[] stack, Class<?> type) {
		return Arrays.stream(stack).anyMatch((frame) -> frame.getClassName().equals(type.getName()));
	}

	@Test
	void bytesAfterTheEndAreAnError() {
		this.server.serve(PATH, concatenate(COMPRESSED.bytes(), "other data".getBytes(StandardCharsets.US_ASCII)));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(request().maxAttempts(1)))
			.withMessageContaining("followed by other data");
		assertThat(target()).doesNotExist();
	}

	@Test
	void damageOnTheWayIsMendedByAnotherDownload() {
		this.server.script(PATH, Reply.ok().flipped(MIB));
		assertIsContent(get(request()));
		assertThat(this.server.requests(PATH)).hasSize(2);
	}

	@Test
	void damageByOneMirrorIsMendedByTheOther() {
		this.server.serve(PATH, LARGE_COMPRESSED).always(PATH, Reply.ok().flipped(MIB));
		try (MisbehavingServer mirror = MisbehavingServer.start().serve(PATH, LARGE_COMPRESSED)) {
			CachedModel model = get(
					request().mirrors(List.of(mirror.uri(PATH))).expectedDigest(LARGE.sha256()).maxAttempts(1));
			assertThat(model.path()).matches(LARGE::isIn);
		}
	}

	@Test
	void fileOfAnotherFormatEndsTheDownloadEarly() {
		this.server.serve(PATH, Content.random(30L * MIB, 5));
		this.server.always(PATH, Reply.ok().stallAfter(2 * MIB));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.transfer(patient()).open(request().build());
			assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("although its name ends like that");
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> this.server.openConnections() == 0);
		}
		assertThat(this.server.requests(PATH)).hasSize(1);
		assertThat(everythingBesideTheTarget()).isEmpty();
	}

	/** Nothing but the failure ends a request that stalls. */
	private static TransferSettings patient() {
		TransferSettings defaults = TransferSettings.defaults();
		return new TransferSettings(defaults.bufferSize(), 1, defaults.segmentSize(), Duration.ofHours(1),
				Duration.ofHours(1), 0, true);
	}

	@Test
	void emptyContentIsNoModel() {
		this.server.serve(PATH, compress(Compression.GZIP, new byte[0]));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get(request().maxAttempts(1)))
			.withMessageContaining("empty file");
	}

	@Test
	void fallbackMayBeUncompressed() {
		this.server.serve(PATH, Arrays.copyOf(COMPRESSED.bytes(), 1000)).serve("/plain", CONTENT);
		CachedModel model = get(
				request().maxAttempts(1).fallbackUrl(this.server.uri("/plain")).expectedDigest(CONTENT.sha256()));
		assertIsContent(model);
		assertThat(model.fallback()).isTrue();
	}

	@Test
	void downloadThatBrokeOffGoesOnAndUnfoldsFromTheBeginning() {
		breakOff();
		int before = this.server.requests(PATH).size();
		CachedModel model = get(request().expectedDigest(LARGE.sha256()));
		assertThat(model.path()).matches(LARGE::isIn);
		assertThat(firstByteOf(this.server.requests(PATH).get(before))).isGreaterThanOrEqualTo(MIB);
		assertThat(everythingBesideTheTarget()).containsExactly(target());
	}

	@Test
	void contentThatAnEndedProcessLeftIsDeleted() throws Exception {
		breakOff();
		Path staged = everythingBesideTheTarget().stream()
			.filter((file) -> file.toString().endsWith(".part"))
			.findFirst()
			.orElseThrow();
		Files.write(
				staged
					.resolveSibling(staged.getFileName().toString().replaceAll("[0-9a-f]{8}\\.part", "0123abcd.part")),
				new byte[2 * MIB]);
		int before = this.server.requests(PATH).size();
		get(request().expectedDigest(LARGE.sha256()));
		assertThat(firstByteOf(this.server.requests(PATH).get(before))).isGreaterThanOrEqualTo(MIB);
		assertThat(everythingBesideTheTarget()).containsExactly(target());
	}

	@Test
	void bytesOfTheOtherFormAreNotGoneOnWith() {
		breakOff();
		this.server.serve("/plain", LARGE);
		CachedModel model = get(request().url(this.server.uri("/plain")).expectedDigest(LARGE.sha256()));
		assertThat(model.path()).matches(LARGE::isIn);
		assertThat(firstByteOf(this.server.requests("/plain").get(0))).isZero();
		assertThat(everythingBesideTheTarget()).containsExactly(target());
	}

	/** Leaves a staged file with its journal, and nothing else. */
	private void breakOff() {
		this.server.serve(PATH, LARGE_COMPRESSED);
		this.server.script(PATH, Reply.ok().closeAfter(3 * MIB), Reply.status(503), Reply.status(503),
				Reply.status(503));
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(
				() -> get(new CacheFixture(this.directory), request().expectedDigest(LARGE.sha256()).maxAttempts(2)));
		assertThat(everythingBesideTheTarget()).hasSize(2)
			.allSatisfy((file) -> assertThat(file.toString()).matches(".*\\.(part|journal)"));
		this.server.script(PATH);
	}

	private static long firstByteOf(RecordedRequest request) {
		return Long.parseLong(Objects.requireNonNull(request.range()).replaceAll("bytes=([0-9]+)-.*", "$1"));
	}

	@Test
	void cancelledDownloadKeepsTheCompressedBytesAlone() {
		this.server.serve(PATH, LARGE_COMPRESSED).always(PATH, Reply.ok().stallAfter(4 * MIB));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			Disposable download = fixture.open(request().build()).get("m").subscribe();
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.until(() -> fixture.stagedFiles()
					.stream()
					.filter((file) -> file.toFile().length() > 2 * MIB)
					.count() == 2);
			download.dispose();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> fixture.stagedFiles().size() == 1);
		}
		assertThat(everythingBesideTheTarget()).hasSize(2);
	}

}
