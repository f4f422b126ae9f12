/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.ModelLockFile;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.Mockito.spy;

/**
 * What the lock file pins, and what becomes of a model that has changed.
 */
class PinnedModelTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	private static final String LATER = "fedcba9876543210fedcba9876543210fedcba98";

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final Content changed = Content.random(100_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final AtomicReference<String> revision = new AtomicReference<>(COMMIT);

	private final AtomicReference<@Nullable Content> stated = new AtomicReference<>(this.content);

	private Algorithm algorithm = Algorithm.SHA256;

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private Path lockFile() {
		return this.directory.resolve("models.lock");
	}

	private Path cache(String name) {
		return this.directory.resolve(name);
	}

	private ModelRequest.Builder plain() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(1);
	}

	private ModelRequest.Builder repository() {
		return ModelRequest.builder("m").url(URI.create("repo://org/m.gguf")).maxAttempts(1);
	}

	private CachedModel get(String cache, ModelRequest.Builder request) {
		try (CacheFixture fixture = new CacheFixture(cache(cache)).lockFile(lockFile()).resolver(new Repository())) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	private void change() {
		this.server.serve("/m.gguf", this.changed);
		this.stated.set(this.changed);
	}

	private int requests() {
		return this.server.requests("/m.gguf").size();
	}

	@Test
	void revisionDigestAndSizeAreWrittenDown() {
		get("one", repository());
		assertThat(lockFile()).content()
			.contains("\"repo://org/m.gguf\"", "\"revision\" : \"" + COMMIT + "\"", "\"size\" : 100000",
					"\"" + this.content.sha256() + "\"");
	}

	@Test
	void digestThatOnlyTheDownloadToldIsWrittenDown() {
		assertThat(get("one", plain()).verified()).isFalse();
		assertThat(lockFile()).content()
			.contains("\"" + this.server.uri("/m.gguf") + "\"", this.content.sha256().toString())
			.doesNotContain("revision");
	}

	@Test
	void writtenDigestProvesTheFileElsewhere() {
		get("one", plain());
		assertThat(get("two", plain()).verified()).isTrue();
	}

	@Test
	void writtenDigestIsAsGoodAsARequiredOne() {
		get("one", plain());
		assertThat(get("two", plain().digestRequired(true)).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

	@Test
	void modelThatIsInTheCacheAlreadyIsWrittenDown() throws Exception {
		ModelRequest.Builder request = plain().expectedDigest(this.content.sha256());
		get("one", request);
		Files.delete(lockFile());
		assertThat(get("one", request).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(lockFile()).content().contains(this.content.sha256().toString());
	}

	@Test
	void lockFileIsReadAsOftenForManyFilesAsForTwo() {
		assertThat(readsOfTheLockFile("many", 40)).isEqualTo(readsOfTheLockFile("two", 2));
	}

	/** Returns how often the lock file is read for a download and a later start. */
	private long readsOfTheLockFile(String name, int files) {
		AtomicInteger reads = new AtomicInteger();
		URI url = URI.create("repo://org/" + name);
		List<RemoteFile> described = IntStream.range(0, files).mapToObj((i) -> {
			Content file = Content.random(1000, i);
			this.server.serve("/" + i + ".gguf", file);
			return new RemoteFile(new ModelFileName(i + ".gguf"),
					List.of(new Mirror(this.server.uri("/" + i + ".gguf"), Map.of())),
					new ExpectedDigest(file.sha256(), DigestOrigin.SOURCE), 1000L, Packing.NONE);
		}).toList();
		for (ModelOutcome outcome : List.of(ModelOutcome.DOWNLOADED, ModelOutcome.CACHED)) {
			try (CacheFixture fixture = new CacheFixture(cache(name)).lockFile(lockFile()).pins((pins) -> {
				ModelLockFile counted = spy(pins);
				willAnswer((call) -> {
					reads.incrementAndGet();
					return call.callRealMethod();
				}).given(counted).find(any(), any());
				return counted;
			}).resolver(new SeveralFiles(described))) {
				fixture.open(ModelRequest.builder("m").url(url).maxAttempts(1).build());
				assertThat(fixture.get("m").outcome()).isEqualTo(outcome);
			}
		}
		return reads.get();
	}

	@Test
	void cancellationDoesNotWaitForAnotherWriterOfTheLockFile() throws Exception {
		Path guard = lockFile().resolveSibling("." + lockFile().getFileName() + ".guard");
		Files.createDirectories(guard.getParent());
		ModelRequest request = plain().expectedDigest(this.content.sha256()).build();
		try (CacheFixture fixture = new CacheFixture(cache("one"))) {
			fixture.open(request);
			fixture.get("m");
		}
		CacheLockFactory others = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC());
		try (CacheLock held = others.acquire(LockRequest.of("m", guard), (owner) -> {
		}); CacheFixture fixture = new CacheFixture(cache("one")).lockFile(lockFile())) {
			fixture.open(request);
			Disposable call = fixture.cache().get("m").subscribe((model) -> {
			}, (failure) -> {
			});
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(this::isWaitedFor);
			call.dispose();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> !isWaitedFor());
		}
	}

	/** Whether the thread of the model waits for the lock file. */
	private boolean isWaitedFor() {
		return Thread.getAllStackTraces()
			.entrySet()
			.stream()
			.filter((entry) -> entry.getKey().getName().equals("modelcache-lane-m"))
			.flatMap((entry) -> Stream.of(entry.getValue()))
			.anyMatch((frame) -> frame.getMethodName().equals("add")
					&& frame.getClassName().equals(ModelLockFile.class.getName()));
	}

	@Test
	void otherBytesThanThePinnedOnesAreNotPublished() {
		get("one", plain());
		change();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", plain()))
			.satisfies((failure) -> {
				assertThat(failure.origin()).isEqualTo(DigestOrigin.LOCK_FILE);
				assertThat(failure.expected()).isEqualTo(this.content.sha256());
				assertThat(failure.actual()).isEqualTo(this.changed.sha256());
			});
	}

	@Test
	void anotherStatedDigestIsAnErrorBeforeAnyByteIsFetched() {
		get("one", repository());
		change();
		int before = requests();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", repository()))
			.withMessageContaining("repo://org/m.gguf has changed: " + lockFile() + " has m.gguf with the digest "
					+ this.content.sha256() + ", found was the digest " + this.changed.sha256())
			.withMessageContaining("delete the entry");
		assertThat(requests()).isEqualTo(before);
	}

	@Test
	void anotherRevisionIsAnErrorBeforeAnyByteIsFetched() {
		get("one", repository());
		this.revision.set(LATER);
		int before = requests();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", repository()))
			.withMessageContaining("has the revision " + COMMIT + ", found was the revision " + LATER);
		assertThat(requests()).isEqualTo(before);
	}

	@Test
	void revisionsOfMirrorsAreNotCompared() {
		ModelRequest.Builder request = repository().mirrors(List.of(this.server.uri("/m.gguf")));
		get("one", request);
		this.revision.set(LATER);
		assertThat(get("two", request).verified()).isTrue();
	}

	@Test
	void anotherSizeIsAnErrorBeforeAnyByteIsFetched() {
		this.stated.set(null);
		get("one", repository());
		this.stated.set(Content.random(99_999, 1));
		int before = requests();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", repository()))
			.withMessageContaining("has changed");
		assertThat(requests()).isEqualTo(before);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 90_000, 100_001, 5 << 20 })
	void anotherSizeOfAPlainUrlIsAnErrorThatNamesTheLockFileAndIsNotRetried(int size) {
		get("one", plain());
		this.server.serve("/m.gguf", Content.random(size, 9));
		int before = requests();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", plain().maxAttempts(5)))
			.withMessageContaining(lockFile() + " has m.gguf with 100000 bytes, found was another size")
			.withMessageContaining("states a size of " + size + " bytes, but the lock file states 100000")
			.withMessageContaining("delete the entry");
		assertThat(requests()).isEqualTo(before + 1);
	}

	/** Each of them would refuse the new state: whatever is corrected has to be named. */
	@ParameterizedTest
	@CsvSource({ "CONFIGURATION, expected-checksum, false", "CATALOG, the model catalog, false",
			"CONFIGURATION, expected-checksum, true", "LOCK_FILE, , false" })
	void whateverSpecifiesADigestThatTheFileDoesNotHaveIsNamed(DigestOrigin origin, String key, boolean otherSize) {
		ModelRequest.Builder request = (key != null) ? plain().expectedDigest(this.content.sha256(), origin) : plain();
		get("one", request);
		this.server.serve("/m.gguf", otherSize ? Content.random(90_000, 9) : this.changed);
		String entry = "delete the entry of " + this.server.uri("/m.gguf") + " from " + lockFile();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", request))
			.withMessageContaining(otherSize ? lockFile() + " has m.gguf with 100000 bytes"
					: (key != null) ? key + " and " + lockFile() + " specify the same" : "the lock file specifies")
			.withMessageContaining("to take the new one, " + ((key != null) ? "correct " + key + ", " : "") + entry
					+ " and start again")
			.satisfies((failure) -> assertThat(failure.expected()).isEqualTo(otherSize ? null : this.content.sha256()));
	}

	/** The source has not changed: without the lock file, the error would be the same. */
	@Test
	void damagedDownloadIsNoReasonToGiveUpTheLockedState() {
		get("one", repository());
		this.server.serve("/m.gguf", this.changed);
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", repository()))
			.withMessageContaining("but " + DigestOrigin.SOURCE.description() + " specifies " + this.content.sha256())
			.withMessageNotContaining(lockFile().toString());
	}

	@Test
	void anotherDigestThatTheServerOfAPlainUrlStatesIsAnErrorThatNamesTheLockFile() {
		get("one", plain());
		String digest = "sha-256=:"
				+ Base64.getEncoder().encodeToString(HexFormat.of().parseHex(this.changed.sha256().hex())) + ":";
		this.server.serve("/m.gguf", this.changed).always("/m.gguf", Reply.ok().header("Repr-Digest", digest));
		int before = requests();
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", plain().maxAttempts(5)))
			.withMessageContaining(
					lockFile() + " has m.gguf with the digest " + this.content.sha256() + ", found was another digest")
			.withMessageContaining("states the digest " + this.changed.sha256())
			.withMessageContaining("delete the entry");
		// One for a range, of which some servers state the digest, and one for the file.
		assertThat(requests()).isEqualTo(before + 2);
	}

	@Test
	void anotherSizeIsThatOfTheLockFileBesideAnExpectedChecksumToo() {
		ModelRequest.Builder request = plain().expectedDigest(this.content.sha256());
		get("one", request);
		this.server.serve("/m.gguf", Content.random(90_000, 9));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", request))
			.withMessageContaining(lockFile() + " has m.gguf with 100000 bytes, found was another size");
	}

	/** Both are on one host. */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aMirrorOfWhichNothingIsKnownMayHaveTheLockedStateStill(boolean changedToo) {
		this.server.serve("/copy.gguf", this.content);
		ModelRequest.Builder request = plain().mirrors(List.of(this.server.uri("/copy.gguf")));
		get("one", request);
		Content larger = Content.random(100_001, 9);
		this.server.serve("/m.gguf", larger);
		assertThat(get("two", request).digest()).isEqualTo(this.content.sha256());
		if (changedToo) {
			this.server.serve("/copy.gguf", larger);
		}
		else {
			this.server.always("/copy.gguf", Reply.status(503));
		}
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get("three", request))
			.satisfies((failure) -> assertThat(failure.code())
				.isEqualTo(changedToo ? ErrorCode.INTEGRITY : ErrorCode.TRANSFER));
	}

	@Test
	void expectedChecksumThatContradictsIsAnError() {
		get("one", plain());
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get("two", plain().expectedDigest(this.changed.sha256())))
			.withMessageContaining("expected-checksum specifies the digest " + this.changed.sha256() + ", but "
					+ lockFile() + " has m.gguf of " + this.server.uri("/m.gguf") + " with the digest "
					+ this.content.sha256())
			.withMessageContaining("Correct expected-checksum, or, if it is right, delete the entry of "
					+ this.server.uri("/m.gguf") + " from " + lockFile());
	}

	@Test
	void expectedChecksumOfAnotherAlgorithmUnlocksNothing() {
		get("one", plain());
		change();
		Digest sha512 = this.changed.digest(Algorithm.SHA512);
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get("two", plain().expectedDigest(sha512)))
			.withMessageContaining("found was the digest " + this.changed.sha256());
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get("two", plain().expectedDigest(sha512)));
	}

	@Test
	void digestOfAnotherAlgorithmThatTheSourceStatesProvesLessThanTheLockFile() {
		get("one", repository());
		this.server.serve("/m.gguf", this.changed);
		this.algorithm = Algorithm.GIT_SHA1;
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("two", repository()))
			.satisfies((failure) -> assertThat(failure.origin()).isEqualTo(DigestOrigin.LOCK_FILE));
	}

	@Test
	void cachedFileThatContradictsIsNotServed() throws Exception {
		get("one", plain());
		pinInstead(this.changed.sha256());
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("one", plain()))
			.satisfies((failure) -> assertThat(failure.actual()).isEqualTo(this.content.sha256()));
	}

	@Test
	void cachedFileThatContradictsIsReplacedByTheRightOne() throws Exception {
		get("one", plain());
		change();
		pinInstead(this.changed.sha256());
		CachedModel model = get("one", plain());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.digest()).isEqualTo(this.changed.sha256());
	}

	@Test
	void cachedFileThatContradictsIsNotServedOfflineEither() throws Exception {
		get("one", plain());
		pinInstead(this.changed.sha256());
		try (CacheFixture fixture = new CacheFixture(cache("one")).lockFile(lockFile()).offline()) {
			fixture.open(plain().build());
			assertThatExceptionOfType(ModelOfflineException.class).isThrownBy(() -> fixture.get("m"));
		}
	}

	@Test
	void fileThatSomebodyPutThereIsProvedByTheLockFile() throws Exception {
		get("one", plain());
		Path put = Files.write(Files.createDirectories(cache("two")).resolve("m.gguf"), this.content.bytes());
		int before = requests();
		CachedModel model = get("two", plain().modelPath(put));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
		assertThat(requests()).isEqualTo(before);
	}

	@Test
	void compressedFileIsPinnedInBothForms() {
		byte[] compressed = Compressing.compress(Compression.GZIP, this.content.bytes());
		this.server.serve("/z.gguf.gz", compressed);
		ModelRequest.Builder request = ModelRequest.builder("m").url(this.server.uri("/z.gguf.gz")).maxAttempts(1);
		get("one", request);
		assertThat(lockFile()).content()
			.contains("\"z.gguf.gz\"", Content.of(compressed).sha256() + "\", \"" + this.content.sha256());
		assertThat(get("two", request).verified()).isTrue();
		assertThat(get("three", request.expectedDigest(this.content.sha256())).verified()).isTrue();
		assertThat(get("two", request).outcome()).isEqualTo(ModelOutcome.CACHED);
	}

	@Test
	void refreshKeepsWhatIsPinned() {
		try (CacheFixture fixture = new CacheFixture(cache("one")).lockFile(lockFile()).resolver(new Repository())) {
			fixture.open(repository().build());
			CachedModel model = fixture.get("m");
			change();
			assertThatExceptionOfType(ModelIntegrityException.class)
				.isThrownBy(() -> fixture.cache().refresh("m").block(CacheFixture.PATIENCE))
				.withMessageContaining("has changed");
			assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void withoutItsEntryTheModelIsTakenAsItIsNow() throws Exception {
		get("one", repository());
		change();
		Files.writeString(lockFile(), "{\"version\":1,\"models\":{}}");
		assertThat(get("two", repository()).digest()).isEqualTo(this.changed.sha256());
		assertThat(lockFile()).content().contains(this.changed.sha256().toString());
	}

	@Test
	void fallbackHasAnEntryOfItsOwn() {
		this.server.serve("/small.gguf", this.changed);
		get("one",
				ModelRequest.builder("m")
					.url(this.server.uri("/gone.gguf"))
					.maxAttempts(1)
					.fallback(ModelRequest.builder("m").url(this.server.uri("/small.gguf")).build()));
		assertThat(lockFile()).content().contains("/small.gguf").doesNotContain("/gone.gguf");
	}

	@Test
	void lockFileThatCannotBeWrittenCostsNotTheModel() throws Exception {
		Files.createDirectory(this.directory.resolve(".models.lock.guard"));
		try (CacheFixture fixture = new CacheFixture(cache("one")).lockFile(lockFile())) {
			fixture.open(plain().build());
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	private void pinInstead(Digest digest) throws Exception {
		String text = Files.readString(lockFile());
		Files.writeString(lockFile(), text.replace(this.content.sha256().toString(), digest.toString()));
	}

	/**
	 * A source that says a revision, and perhaps digest and size.
	 */
	private final class Repository implements SourceResolver {

		@Override
		public Set<String> schemes() {
			return Set.of("repo");
		}

		@Override
		public Mono<ResolvedModel> resolve(SourceLocation location) {
			Content known = PinnedModelTests.this.stated.get();
			Mirror mirror = new Mirror(PinnedModelTests.this.server.uri("/m.gguf"), Map.of());
			RemoteFile file = new RemoteFile("m.gguf", List.of(mirror), (known != null)
					? new ExpectedDigest(known.digest(PinnedModelTests.this.algorithm), DigestOrigin.SOURCE) : null,
					(known != null) ? known.size() : null);
			return Mono.just(new ResolvedModel(List.of(file), PinnedModelTests.this.revision.get()));
		}

	}

	private record SeveralFiles(List<RemoteFile> files) implements SourceResolver {

		@Override
		public Set<String> schemes() {
			return Set.of("repo");
		}

		@Override
		public Mono<ResolvedModel> resolve(SourceLocation location) {
			return Mono.just(new ResolvedModel(this.files, COMMIT, null));
		}

	}

}
