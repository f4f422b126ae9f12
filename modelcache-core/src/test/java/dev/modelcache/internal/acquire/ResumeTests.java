/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

import dev.modelcache.CacheOptions;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import dev.modelcache.testsupport.Signals;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Downloads that broke off, and those that go on with what they left.
 */
@ExtendWith(OutputCaptureExtension.class)
class ResumeTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int MIB = 1 << 20;

	private static final int CONNECTIONS = 4;

	@TempDir
	private Path directory;

	private final Content content = Content.random(10 * MIB + 54_321, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private StoreSettings store;

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path target() {
		return this.directory.resolve("model.gguf");
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.modelPath(target());
	}

	private CacheFixture fixture() {
		TransferSettings settings = new TransferSettings(DataSize.ofKilobytes(256), CONNECTIONS,
				DataSize.ofMegabytes(2), PATIENCE, PATIENCE, 5, true);
		CacheFixture fixture = new CacheFixture(this.directory).transfer(settings);
		return (this.store != null) ? fixture.store(this.store) : fixture;
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = fixture()) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	/** Fetches about half of the file, until the server has nothing more to give. */
	private void breakOff(ModelRequest.Builder request) {
		AtomicLong left = new AtomicLong(6);
		this.server.answer("/m.gguf",
				(asked) -> (left.getAndDecrement() > 0) ? Reply.ok().closeAfter(MIB + 1000) : Reply.status(503));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
		this.server.answer("/m.gguf", (asked) -> Reply.ok());
		assertThat(stagedFiles()).hasSize(1);
		assertThat(target()).doesNotExist();
	}

	private List<Path> stagedFiles() {
		return list(".part");
	}

	private List<Path> list(String ending) {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.filter((file) -> file.toString().endsWith(ending)).toList();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private long bytesOf(Runnable download) {
		long before = this.server.bytesSent("/m.gguf");
		download.run();
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(stagedFiles()).isEmpty();
		assertThat(list(".journal")).isEmpty();
		return this.server.bytesSent("/m.gguf") - before;
	}

	/** What the server sends into connections that break says nothing. */
	private Set<Long> blocksAskedFor(Runnable download) {
		int before = this.server.requests().size();
		bytesOf(download);
		return this.server.requests().stream().skip(before).flatMap((asked) -> {
			String[] bounds = Objects.requireNonNull(asked.range()).substring("bytes=".length()).split("-");
			long last = (bounds.length > 1) ? Long.parseLong(bounds[1]) : this.content.size() - 1;
			return LongStream.rangeClosed(Long.parseLong(bounds[0]) / MIB, last / MIB).boxed();
		}).collect(Collectors.toSet());
	}

	private Set<Long> landed() throws IOException {
		try (Stream<String> lines = Files.lines(list(".journal").get(0))) {
			return lines.filter((line) -> line.startsWith("block "))
				.map((line) -> Long.valueOf(line.split(" ")[1]))
				.collect(Collectors.toSet());
		}
	}

	private long landedBlocks() throws IOException {
		return landed().size();
	}

	/** Waits until a download has some blocks and its server gives nothing more. */
	private void awaitLanded(int blocks) {
		Awaitility.await()
			.atMost(PATIENCE)
			.ignoreExceptions()
			.until(() -> !list(".journal").isEmpty() && landedBlocks() >= blocks);
	}

	@Test
	void nextAttemptFetchesOnlyWhatIsMissing(CapturedOutput output) throws Exception {
		breakOff(request());
		Set<Long> there = landed();
		long landed = (long) there.size() * MIB;
		assertThat(landed).isGreaterThan(3 * MIB);
		assertThat(blocksAskedFor(() -> get(request()))).doesNotContainAnyElementsOf(there);
		assertThat(output.getOut()).contains("resuming with " + landed + " of " + this.content.size() + " bytes");
	}

	@Test
	void progressBeginsWithWhatIsThere() throws Exception {
		breakOff(request());
		long landed = landedBlocks() * MIB;
		this.server.answer("/m.gguf", (asked) -> Reply.ok().stallBeforeHeaders());
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().build()).get("m").subscribe((model) -> {
			}, (failure) -> {
			});
			Awaitility.await().atMost(PATIENCE).until(() -> {
				var progress = fixture.cache().status("m").progress();
				return progress != null && progress.bytes() == landed && progress.totalBytes() != null;
			});
		}
	}

	@Test
	void killedProcessIsContinuedByTheNext() throws Exception {
		this.server.always("/m.gguf", Reply.ok().stallAfter(5 * MIB));
		try (ForkedJvm child = child()) {
			awaitLanded(4);
			child.kill();
		}
		this.server.always("/m.gguf", Reply.ok());
		Set<Long> there = landed();
		assertThat(there).isNotEmpty();
		assertThat(blocksAskedFor(() -> get(request()))).doesNotContainAnyElementsOf(there);
	}

	@Test
	void tornBlockIsFetchedAgain() throws Exception {
		breakOff(request());
		Set<Long> there = landed();
		try (RandomAccessFile file = new RandomAccessFile(stagedFiles().get(0).toFile(), "rw")) {
			file.seek(100);
			file.write(file.read() ^ 1);
		}
		there.remove(0L);
		assertThat(blocksAskedFor(() -> get(request()))).contains(0L).doesNotContainAnyElementsOf(there);
	}

	@Test
	void journalThatACrashCutOffIsBelievedUpToItsLastWholeLine() throws Exception {
		breakOff(request());
		Path journal = list(".journal").get(0);
		byte[] bytes = Files.readAllBytes(journal);
		Files.write(journal, Arrays.copyOf(bytes, bytes.length - 3));
		Set<Long> there = landed();
		there.remove(lastBlock(bytes));
		assertThat(blocksAskedFor(() -> get(request()))).doesNotContainAnyElementsOf(there);
	}

	private static Long lastBlock(byte[] journal) {
		List<String> lines = new String(journal, StandardCharsets.UTF_8).lines().toList();
		return Long.valueOf(lines.get(lines.size() - 1).split(" ")[1]);
	}

	@Test
	void nonsenseInTheJournalCostsADownloadAndNothingElse() throws Exception {
		breakOff(request());
		Files.writeString(list(".journal").get(0),
				"modelcache-journal 1 1048576\nfile 5 -\nblock 99999999999 0 0\n"
						+ "block\nblock -1 -1 00000000\norigin x y\n\u0000\u0000\n",
				StandardOpenOption.TRUNCATE_EXISTING);
		assertThat(bytesOf(() -> get(request()))).isGreaterThanOrEqualTo(this.content.size());
	}

	@Test
	void partialWithoutJournalIsDeleted() throws Exception {
		breakOff(request());
		Files.delete(list(".journal").get(0));
		assertThat(bytesOf(() -> get(request()))).isGreaterThanOrEqualTo(this.content.size());
	}

	@Test
	void partialOfAnotherDigestIsOfNoUse() {
		Content other = Content.random(this.content.size(), 2);
		this.server.serve("/m.gguf", other);
		breakOff(request().expectedDigest(other.sha256()));
		this.server.serve("/m.gguf", this.content);
		assertThat(bytesOf(() -> get(request()))).isGreaterThanOrEqualTo(this.content.size());
	}

	@Test
	void withoutDigestTheValidatorProvesThatTheFileIsStillTheSame() throws Exception {
		breakOff(request().expectedDigest(null));
		Set<Long> there = landed();
		int before = this.server.requests().size();
		assertThat(blocksAskedFor(() -> get(request().expectedDigest(null)))).doesNotContainAnyElementsOf(there);
		assertThat(this.server.requests().get(before).header("If-Range")).isEqualTo(this.content.etag());
	}

	@Test
	void withoutDigestTheMirrorThatSentWhatIsThereGoesOn() throws Exception {
		try (MisbehavingServer gone = MisbehavingServer.start().always("/m.gguf", Reply.status(500))) {
			ModelRequest.Builder request = request().url(gone.uri("/m.gguf"))
				.mirrors(List.of(this.server.uri("/m.gguf")))
				.expectedDigest(null)
				.maxAttempts(1);
			breakOff(request);
			Set<Long> there = landed();
			assertThat(blocksAskedFor(() -> get(request))).isNotEmpty().doesNotContainAnyElementsOf(there);
		}
	}

	/**
	 * As a process leaves it that ends before the file is moved to its place: whether it
	 * is still the version of its server, and what that calls it, has to be asked.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void withoutDigestAFileOfWhichAllCameIsThatOfItsServer(boolean changed) throws Exception {
		ModelRequest.Builder request = request().expectedDigest(null).modelPath(this.directory.resolve("model"));
		this.server.serve("/download", this.content);
		request.url(this.server.uri("/download"));
		AtomicLong left = new AtomicLong(6);
		this.server.answer("/download",
				(asked) -> (left.getAndDecrement() > 0) ? Reply.ok().closeAfter(MIB + 1000) : Reply.status(503));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
		completeByHand();
		Content now = changed ? Content.random(this.content.size(), 2) : this.content;
		this.server.serve("/download", now)
			.always("/download", Reply.ok().header("Content-Disposition", "attachment; filename=m.tflite"));
		int before = this.server.requests("/download").size();
		try (CacheFixture fixture = fixture().formats(FormatSettings.defaults())) {
			fixture.open(request.build());
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(now.bytes()));
		}
		assertThat(this.server.requests("/download")).hasSize(before + 1);
		assertThat(this.server.requests("/download").get(before).range()).startsWith("bytes=" + 10 * MIB + "-");
	}

	/** Adds the blocks that are missing to what a download left, and to its journal. */
	private void completeByHand() throws IOException {
		Set<Long> there = landed();
		try (RandomAccessFile file = new RandomAccessFile(stagedFiles().get(0).toFile(), "rw")) {
			file.write(this.content.bytes());
		}
		for (long index = 0; index * MIB < this.content.size(); index++) {
			if (!there.contains(index)) {
				int start = (int) (index * MIB);
				CRC32C checksum = new CRC32C();
				checksum.update(this.content.bytes(), start, (int) Math.min(MIB, this.content.size() - start));
				Files.writeString(list(".journal").get(0),
						"block " + index + " 0 " + HexFormat.of().toHexDigits((int) checksum.getValue()) + "\n",
						StandardOpenOption.APPEND);
			}
		}
	}

	@Test
	void withoutDigestAnotherVersionBeginsAnew() {
		this.server.serve("/m.gguf", Content.random(this.content.size(), 2));
		breakOff(request().expectedDigest(null));
		this.server.serve("/m.gguf", this.content);
		assertThat(bytesOf(() -> get(request().expectedDigest(null)))).isGreaterThanOrEqualTo(this.content.size());
	}

	@Test
	void withoutDigestAShorterVersionLeavesNothingOfTheLongerOne() {
		this.server.serve("/m.gguf", Content.random(this.content.size() + 5 * MIB, 2));
		breakOff(request().expectedDigest(null));
		this.server.serve("/m.gguf", this.content);
		bytesOf(() -> get(request().expectedDigest(null)));
	}

	@Test
	void withoutDigestAnotherUrlBeginsAnew() {
		breakOff(request().expectedDigest(null));
		this.server.serve("/other.gguf", this.content);
		get(request().expectedDigest(null).url(this.server.uri("/other.gguf")));
		assertThat(this.server.bytesSent("/other.gguf")).isGreaterThanOrEqualTo(this.content.size());
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void partialIsKeptOnlyAsLongAsConfigured() {
		this.store = new StoreSettings(this.directory, DataSize.ofMegabytes(1), CacheOptions.Verification.FINGERPRINT,
				Duration.ZERO);
		breakOff(request());
		assertThat(bytesOf(() -> get(request()))).isGreaterThanOrEqualTo(this.content.size());
	}

	@Test
	void cancelledDownloadIsContinued() throws Exception {
		this.server.always("/m.gguf", Reply.ok().stallAfter(MIB + MIB / 2));
		try (CacheFixture fixture = fixture()) {
			var running = fixture.open(request().build()).get("m").subscribe();
			awaitLanded(CONNECTIONS);
			running.dispose();
		}
		this.server.always("/m.gguf", Reply.ok());
		Set<Long> there = landed();
		assertThat(blocksAskedFor(() -> get(request()))).doesNotContainAnyElementsOf(there);
	}

	@Test
	void evictDeletesWhatADownloadLeft() throws Exception {
		breakOff(request());
		try (CacheFixture fixture = fixture()) {
			fixture.open(request().build()).evict("m").block(PATIENCE);
		}
		assertThat(stagedFiles()).isEmpty();
		assertThat(list(".journal")).isEmpty();
	}

	private ForkedJvm child(String... options) {
		return ChildCache.start(this.server.uri("/m.gguf"), this.content.sha256(), this.directory, options);
	}

	private ForkedJvm childElsewhere(String... options) {
		return ChildCache.startBy(List.of("env", "HOSTNAME=elsewhere"), this.server.uri("/m.gguf"),
				this.content.sha256(), this.directory, options);
	}

	@Test
	void ownerThatWasPausedAndWakesUpDoesNoHarm() throws Exception {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(5 * MIB, rest));
		try (ForkedJvm owner = childElsewhere(ChildCache.WITHOUT_LOCKS)) {
			awaitLanded(4);
			Signals.stop(owner.handle());
			this.server.always("/m.gguf", Reply.ok());
			Path paused = stagedFiles().get(0);
			try (ForkedJvm second = child(ChildCache.WITHOUT_LOCKS)) {
				second.awaitLine(ChildCache.ENDED, PATIENCE);
				assertThat(second.output()).contains("resuming with");
			}
			assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(paused).as("the file of an owner of which nothing is known").doesNotExist();
			rest.countDown();
			Signals.resume(owner.handle());
			owner.awaitLine(ChildCache.ENDED + ModelOutcome.CACHED, PATIENCE);
		}
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(stagedFiles()).isEmpty();
		assertThat(list(".journal")).isEmpty();
	}

	@Test
	void killedOwnerOfAnotherContainerLeavesNothingOnceItsSuccessorHasTheModel() throws Exception {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(5 * MIB, rest));
		try (ForkedJvm owner = childElsewhere(ChildCache.WITHOUT_LOCKS)) {
			awaitLanded(4);
			owner.kill();
		}
		rest.countDown();
		this.server.always("/m.gguf", Reply.ok());
		try (ForkedJvm second = child(ChildCache.WITHOUT_LOCKS)) {
			second.awaitLine(ChildCache.ENDED, PATIENCE);
			assertThat(second.output()).contains("resuming with");
		}
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(stagedFiles()).isEmpty();
		assertThat(list(".journal")).isEmpty();
	}

	@Test
	void writersWithoutLocksNeverShareAFile() throws Exception {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(MIB, rest));
		try (ForkedJvm one = child(ChildCache.WITHOUT_LOCKS, ChildCache.IMPATIENT);
				ForkedJvm two = childElsewhere(ChildCache.WITHOUT_LOCKS, ChildCache.IMPATIENT)) {
			Awaitility.await().atMost(PATIENCE).until(() -> stagedFiles().size() == 2);
			rest.countDown();
			one.awaitLine(ChildCache.ENDED, PATIENCE);
			two.awaitLine(ChildCache.ENDED, PATIENCE);
		}
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(stagedFiles()).isEmpty();
	}

}
