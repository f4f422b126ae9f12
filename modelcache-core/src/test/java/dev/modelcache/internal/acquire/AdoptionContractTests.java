/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelEvicted;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is promised for a file that another tool has already. Its file stays as it is,
 * whatever happens.
 */
@ExtendWith(OutputCaptureExtension.class)
abstract class AdoptionContractTests {

	@TempDir
	private Path directory;

	@TempDir
	private Path elsewhere;

	private final Content content = Content.random(3_000_000, 1);

	private final Content other = Content.random(3_000_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<Boolean> verifications = new ArrayList<>();

	private Path foreign;

	private Map<String, Object> facts;

	/**
	 * Returns where the tool keeps a file.
	 * @param store the tool's directory
	 * @param sha256 the file's digest
	 */
	abstract Path file(Path store, Digest sha256);

	abstract AdoptionSettings settings(Path store);

	@BeforeEach
	void putFile() throws IOException {
		this.foreign = put(this.content.bytes());
	}

	/** As another tool leaves it: readable by all, and not from now. */
	final Path put(byte[] bytes) throws IOException {
		Path file = file(this.elsewhere, this.content.sha256());
		Files.createDirectories(file.getParent());
		Files.write(file, bytes);
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
		Files.setLastModifiedTime(file, FileTime.fromMillis(1_700_000_000_000L));
		this.facts = facts(file);
		return file.toRealPath();
	}

	/** Whatever changes a file, its mode or its links sets its ctime. */
	private static Map<String, Object> facts(Path file) throws IOException {
		return Files.readAttributes(file, "unix:mode,uid,gid,ino,nlink,size,lastModifiedTime,ctime");
	}

	@AfterEach
	void foreignFileIsAsItWas() throws IOException {
		this.server.close();
		if (this.facts != null) {
			assertThat(facts(this.foreign)).isEqualTo(this.facts);
		}
	}

	final Path directory() {
		return this.directory;
	}

	final Path elsewhere() {
		return this.elsewhere;
	}

	final Content content() {
		return this.content;
	}

	final CacheFixture fixture(Verification verification) {
		return new CacheFixture(this.directory)
			.store(new StoreSettings(this.directory, DataSize.ofMegabytes(1), verification)
				.withAdoption(settings(this.elsewhere)))
			.observer(new AcquisitionObserver() {
				@Override
				public void verified(boolean matched, Duration elapsed) {
					AdoptionContractTests.this.verifications.add(matched);
				}
			});
	}

	final CacheFixture fixture() {
		return fixture(Verification.FINGERPRINT);
	}

	final ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).expectedDigest(this.content.sha256());
	}

	final CachedModel get(CacheFixture fixture, ModelRequest.Builder request) {
		this.verifications.clear();
		try (fixture) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	final CachedModel get(ModelRequest.Builder request) {
		return get(fixture(), request);
	}

	private List<Path> ownFiles() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory)) {
			return files.filter((file) -> file.toString().endsWith(".gguf")).toList();
		}
	}

	/** The other tool does as it likes from here on. */
	final void release() {
		this.facts = null;
		this.foreign.toFile().setWritable(true);
	}

	@Test
	void fileIsServedWhereItLiesAndNoByteIsFetched() throws Exception {
		CachedModel model = get(request());
		assertThat(model).isEqualTo(CachedModel
			.of("m", List.of(this.foreign), this.content.size(), this.content.sha256(), this.foreign.toString())
			.withOutcome(ModelOutcome.ADOPTED)
			.withVerified(true));
		assertThat(this.server.requests()).isEmpty();
		assertThat(ownFiles()).isEmpty();
		assertThat(this.verifications).containsExactly(true);
	}

	@Test
	void afterARestartItIsCachedAndNotRead() {
		get(request());
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.path()).isEqualTo(this.foreign);
		assertThat(model.verified()).isTrue();
		assertThat(this.verifications).isEmpty();
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void verifyAlwaysReadsItEachTime() {
		get(request());
		CachedModel model = get(fixture(Verification.ALWAYS), request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).containsExactly(true);
	}

	@Test
	void itIsVerifyingMeanwhileAndNeverDownloading() {
		List<ModelStatus> seen = new CopyOnWriteArrayList<>();
		try (CacheFixture fixture = fixture()) {
			Disposable watch = fixture.open(request().build()).statuses().subscribe(seen::add);
			fixture.get("m");
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.until(() -> seen.get(seen.size() - 1).state() == ModelState.READY);
			watch.dispose();
		}
		assertThat(seen.stream().map(ModelStatus::state).distinct()).containsExactly(ModelState.ABSENT,
				ModelState.RESOLVING, ModelState.VERIFYING, ModelState.READY);
	}

	@Test
	void withAModelPathItIsCopied() throws Exception {
		Path target = this.directory.resolve("here/model.gguf");
		CachedModel model = get(request().modelPath(target));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.path()).isEqualTo(target.toRealPath()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(model.source()).isEqualTo(this.foreign.toString());
		assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target))).isEqualTo("rw-------");
		assertThat(Files.isSymbolicLink(target)).isFalse();
		assertThat(this.verifications).containsExactly(true);
		assertThat(get(request().modelPath(target)).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).isEmpty();
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void copyReplacesAWrongFileThatStandsAtTheModelsPlace() throws Exception {
		Path own;
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.open(request().build());
			own = fixture.get("m").path();
		}
		Files.write(own, this.other.bytes());
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.path()).isEqualTo(own).satisfies(Content.exactly(this.content.bytes()));
		assertThat(this.server.requests()).hasSize(1);
	}

	@Test
	void copyThatDoesNotFitOnTheDiskIsNotBegun() {
		StoreSettings full = new StoreSettings(this.directory, DataSize.ofTerabytes(8000), Verification.FINGERPRINT)
			.withAdoption(settings(this.elsewhere));
		try (CacheFixture fixture = fixture().store(full)) {
			DefaultModelCache cache = fixture.open(request().modelPath(this.directory.resolve("m.gguf")).build());
			StepVerifier.create(cache.get("m"))
				.expectErrorSatisfies((failure) -> assertThat(failure).hasMessageContaining("are required"))
				.verify(CacheFixture.PATIENCE);
			assertThat(fixture.stagedFiles()).isEmpty();
		}
	}

	@Test
	void copyThatNobodyWantsAnyMoreLeavesNothing(CapturedOutput output) throws Exception {
		Path target = this.directory.resolve("copy.gguf");
		CountDownLatch copied = new CountDownLatch(1);
		CountDownLatch cancelled = new CountDownLatch(1);
		try (CacheFixture fixture = fixture().withoutLimitsOfTime().observer(new AcquisitionObserver() {
			@Override
			public void verified(boolean matched, Duration elapsed) {
				copied.countDown();
				await(cancelled);
			}
		})) {
			DefaultModelCache cache = fixture.open(request().modelPath(target).build());
			Disposable call = cache.get("m").subscribe();
			assertThat(copied.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(fixture.stagedFiles()).hasSize(1);
			call.dispose();
			cancelled.countDown();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> fixture.stagedFiles().isEmpty());
		}
		assertThat(target).doesNotExist();
		assertThat(output).doesNotContain("WARN").doesNotContain("ERROR");
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void whatABrokenDownloadLeftGoesWhenItIsNotContinued() throws Exception {
		Path target = this.directory.resolve("model.gguf");
		AtomicBoolean first = new AtomicBoolean(true);
		this.server.answer("/m.gguf",
				(asked) -> first.getAndSet(false) ? Reply.ok().closeAfter(2_000_000) : Reply.status(404));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			DefaultModelCache cache = fixture.open(request().modelPath(target).maxAttempts(0).build());
			StepVerifier.create(cache.get("m")).expectError().verify(CacheFixture.PATIENCE);
			assertThat(fixture.stagedFiles()).hasSize(1);
		}
		CacheFixture fixture = fixture();
		assertThat(get(fixture, request().modelPath(target)).outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(fixture.stagedFiles()).isEmpty();
	}

	@Test
	void fileWithOtherBytesIsIgnoredAndNamed(CapturedOutput output) throws Exception {
		release();
		put(this.other.bytes());
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(output).contains(this.foreign + " is not used: its digest is " + this.other.sha256());
	}

	@Test
	void copyOfOtherBytesIsNeverSeen(CapturedOutput output) throws Exception {
		release();
		put(this.other.bytes());
		Path target = this.directory.resolve("model.gguf");
		assertThat(get(request().modelPath(target)).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target).satisfies(Content.exactly(this.content.bytes()));
		assertThat(output).contains(this.foreign + " is not used");
	}

	@Test
	void fileThatGoesIsFetched() throws Exception {
		release();
		try (CacheFixture fixture = fixture()) {
			DefaultModelCache cache = fixture.open(request().build());
			fixture.get("m");
			Files.delete(this.foreign);
			assertThat(cache.check("m").block(CacheFixture.PATIENCE).state()).isEqualTo(ModelState.ABSENT);
			CachedModel model = fixture.get("m");
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(ownFiles()).containsExactly(model.path());
		}
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.verifications).isEmpty();
	}

	@Test
	void fileThatChangesIsNeverServed() throws Exception {
		get(request());
		release();
		Files.write(this.foreign, this.other.bytes());
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).isNotEqualTo(this.foreign).satisfies(Content.exactly(this.content.bytes()));
		assertThat(this.foreign).satisfies(Content.exactly(this.other.bytes()));
	}

	@Test
	void fileThatWasOnlyTouchedIsReadAgain() throws Exception {
		get(request());
		release();
		Files.setLastModifiedTime(this.foreign, FileTime.fromMillis(1_700_000_001_000L));
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(this.verifications).containsExactly(true);
	}

	@Test
	void verifyReadsItAndFindsADifference() throws Exception {
		try (CacheFixture fixture = fixture()) {
			DefaultModelCache cache = fixture.open(request().build());
			CachedModel model = fixture.get("m");
			assertThat(cache.verify("m").block(CacheFixture.PATIENCE)).isEqualTo(model);
			release();
			FileTime time = Files.getLastModifiedTime(this.foreign);
			Files.write(this.foreign, this.other.bytes());
			Files.setLastModifiedTime(this.foreign, time);
			StepVerifier.create(cache.verify("m"))
				.expectError(ModelIntegrityException.class)
				.verify(CacheFixture.PATIENCE);
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
	}

	@Test
	void evictForgetsItAndLeavesTheFile() {
		try (CacheFixture fixture = fixture()) {
			DefaultModelCache cache = fixture.open(request().build());
			fixture.get("m");
			cache.evict("m").block(CacheFixture.PATIENCE);
			assertThat(this.foreign).exists();
			assertThat(this.directory.resolve("receipts")).isEmptyDirectory();
			assertThat(cache.status("m").state()).isEqualTo(ModelState.ABSENT);
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.untilAsserted(() -> assertThat(fixture.events(ModelEvicted.class))
					.containsExactly(new ModelEvicted("m", this.foreign)));
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.ADOPTED);
		}
	}

	@Test
	void offlineAdoptsWhatTheConfigurationProves() {
		assertThat(get(fixture().offline(), request()).path()).isEqualTo(this.foreign);
		Path target = this.directory.resolve("model.gguf");
		CachedModel copied = get(fixture().offline(), request().modelPath(target));
		assertThat(copied.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(target).satisfies(Content.exactly(this.content.bytes()));
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void twoWhoWantACopyMakeOne() {
		ModelRequest copied = request().modelPath(this.directory.resolve("model.gguf")).build();
		try (CacheFixture one = fixture(); CacheFixture two = fixture()) {
			var first = one.open(copied).get("m").toFuture();
			var second = two.open(copied).get("m").toFuture();
			assertThat(List.of(first.join().outcome(), second.join().outcome()))
				.containsExactlyInAnyOrder(ModelOutcome.ADOPTED, ModelOutcome.CACHED);
		}
	}

	@Test
	void nothingIsAdoptedWhereThatIsSwitchedOff() {
		get(request());
		CacheFixture off = new CacheFixture(this.directory);
		CachedModel model = get(off, request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).startsWith(this.directory.resolve("models"));
	}

	@Test
	void withoutAnExpectedSha256ItIsFetched() {
		assertThat(get(request().expectedDigest(null)).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		Digest sha512 = this.content.digest(Digest.Algorithm.SHA512);
		assertThat(get(request().modelPath(this.directory.resolve("b.gguf")).expectedDigest(sha512)).outcome())
			.isEqualTo(ModelOutcome.DOWNLOADED);
	}

	@Test
	void digestThatMayBeThatOfACompressedFileAdoptsNothing() throws Exception {
		byte[] compressed = Compressing.compress(Compression.GZIP, this.content.bytes());
		this.server.serve("/m.gguf.gz", Content.of(compressed));
		CachedModel model = get(request().url(this.server.uri("/m.gguf.gz")));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

}
