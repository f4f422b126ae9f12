/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.testsupport.Compressing;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * A file of the user's at {@code model-path}: it is used, or stays, and is never deleted.
 */
@ExtendWith(OutputCaptureExtension.class)
class ModelPathConflictTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1).startingWith("GGUF\3\0\0\0".getBytes());

	private final Content mine = Content.random(70_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final HubServer hub = HubServer.start();

	private FormatSettings formats = FormatSettings.none();

	private boolean offline;

	@BeforeEach
	void serve() {
		this.hub.repository("org/repo", COMMIT).large("model.gguf", this.content).small("config.json", "{}");
	}

	@AfterEach
	void stop() {
		this.server.close();
		this.hub.close();
	}

	private Path target() {
		return this.directory.resolve("models/m.gguf");
	}

	private Path put(Content file) throws IOException {
		Files.createDirectories(target().getParent());
		return Files.write(target(), file.bytes());
	}

	private ModelRequest.Builder plain() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.modelPath(target())
			.maxAttempts(1)
			.configuredAs("hooks.llm.models.m");
	}

	private ModelRequest.Builder onHub() {
		return plain().url(URI.create("hf://org/repo/model.gguf"));
	}

	private CacheFixture open(ModelRequest.Builder request) {
		CacheFixture fixture = new CacheFixture(this.directory.resolve("cache")).formats(this.formats)
			.resolver(new HuggingFaceResolver(
					new HubSettings(this.hub.endpoint(), new HubToken(null, (name) -> null, this.directory),
							List.of(this.directory.resolve("hub"))),
					Map.of(), MetadataClients.create(), Schedulers.boundedElastic()));
		if (this.offline) {
			fixture.offline();
		}
		fixture.open(request.build());
		return fixture;
	}

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = open(request)) {
			return fixture.get("m");
		}
	}

	private void evict(ModelRequest.Builder request) {
		try (CacheFixture fixture = open(request)) {
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
		}
	}

	private void assertConflict(ModelRequest.Builder request) {
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> get(request))
			.withMessageContaining(target().toString())
			.withMessageContaining("hooks.llm.models.m.model-path-conflict=keep")
			.withMessageContaining("hooks.llm.models.m.model-path-conflict=replace");
	}

	private List<Path> replaced() throws IOException {
		try (Stream<Path> files = Files.list(target().getParent())) {
			return files.filter((file) -> file.getFileName().toString().startsWith("m.gguf.replaced-")).toList();
		}
	}

	private void assertIsReplaced(Content aside) throws IOException {
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(replaced()).singleElement()
			.satisfies((file) -> assertThat(file).satisfies(Content.exactly(aside.bytes())));
	}

	@Test
	void fileWithTheDigestThatTheHubStatesIsAdopted() throws IOException {
		put(this.content);
		CachedModel model = get(onHub());
		assertThat(model.path()).isEqualTo(target());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
		assertThat(this.hub.cdn().requests()).isEmpty();
	}

	@Test
	void fileThatTheHubDoesNotStateStaysAndIsAnError() throws IOException {
		put(this.mine);
		assertConflict(onHub());
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
		assertThat(this.hub.cdn().requests()).isEmpty();
	}

	@Test
	void fileOfAnotherSizeStaysAndTheErrorSaysWhatItIs() throws IOException {
		put(this.mine);
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> get(plain()))
			.withMessageContaining("a file of 70000 bytes")
			.withMessageContaining("100000 bytes from " + this.server.uri("/m.gguf"));
		assertConflict(plain());
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void fileWithoutTheConfiguredDigestStaysAndNoSourceIsAsked() throws IOException {
		put(this.mine);
		assertConflict(plain().expectedDigest(this.content.sha256()));
		this.offline = true;
		assertConflict(plain().expectedDigest(this.content.sha256()));
		assertThat(this.server.requests()).isEmpty();
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void fileThatIsNoModelStays() throws IOException {
		Content model = GgufFile.tiny().content();
		Content page = Content.of("<!DOCTYPE html><html>" + " ".repeat((int) model.size() - 21));
		this.server.serve("/m.gguf", model);
		this.formats = FormatSettings.defaults();
		put(page);
		assertConflict(plain());
		assertThat(target()).satisfies(Content.exactly(page.bytes()));
	}

	@Test
	void fallbackDoesNotHideAConflict() throws IOException {
		put(this.mine);
		ModelRequest fallback = ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.modelPath(this.directory.resolve("models/small.gguf"))
			.build();
		assertConflict(plain().fallbackUrl(this.server.uri("/m.gguf")).fallback(fallback));
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void fileOfWhichNothingCanBeKnownIsServedUnverified(CapturedOutput output) throws IOException {
		put(this.mine);
		this.hub.refuse();
		CachedModel model = get(onHub());
		assertThat(model.verified()).isFalse();
		assertThat(model.path()).satisfies(Content.exactly(this.mine.bytes()));
		assertThat(output).contains("no digest is known");
	}

	@Test
	void fileOfARepositoryThatMayNotBeReadIsServedUnverified() throws IOException {
		this.hub.repository("org/gated", COMMIT).large("model.gguf", this.content).gated("hf_other");
		put(this.mine);
		assertThat(get(onHub().url(URI.create("hf://org/gated/model.gguf"))).verified()).isFalse();
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void offlineServesAFileOfWhichNothingIsKnown() throws IOException {
		put(this.mine);
		this.offline = true;
		assertThat(get(onHub()).verified()).isFalse();
	}

	@Test
	void keptFileIsServedUnverifiedAlsoAfterARestartAndIsNotLookedForAgain(CapturedOutput output) throws IOException {
		for (ModelRequest.Builder request : List.of(plain(), onHub(), plain().expectedDigest(this.content.sha256()))) {
			put(this.mine);
			request.modelPathConflict(ModelPathConflict.KEEP);
			CachedModel model = get(request);
			assertThat(model.path()).isEqualTo(target());
			assertThat(model.verified()).isFalse();
			assertThat(model.digest()).isEqualTo(this.mine.sha256());
			this.offline = true;
			assertThat(get(request).verified()).isFalse();
			this.offline = false;
			assertConflict(request.modelPathConflict(ModelPathConflict.FAIL));
			assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
		}
		assertThat(output).contains("is served unverified because hooks.llm.models.m.model-path-conflict is 'keep'");
	}

	@Test
	void keptFileIsVerifiedAgainstWhatItWas() throws IOException {
		put(this.mine);
		try (CacheFixture fixture = open(
				plain().expectedDigest(this.content.sha256()).modelPathConflict(ModelPathConflict.KEEP))) {
			fixture.get("m");
			assertThat(fixture.cache().verify("m").block(CacheFixture.PATIENCE)).isNotNull();
		}
	}

	@Test
	void requiredChecksumForbidsToKeep() throws IOException {
		put(this.mine);
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> get(plain().expectedDigest(this.content.sha256())
				.digestRequired(true)
				.modelPathConflict(ModelPathConflict.KEEP)))
			.withMessageContaining("require-checksum forbids to keep it");
	}

	/** The URL states no digest, the mirror does; the user's file has the same size. */
	private ModelRequest.Builder provedByItsMirror() {
		return plain().mirrors(List.of(URI.create("hf://org/repo/model.gguf"))).digestRequired(true);
	}

	@Test
	void requiredChecksumIsThatOfAMirrorIfTheUrlStatesNone() throws IOException {
		put(this.content);
		CachedModel model = get(provedByItsMirror());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
	}

	@Test
	void requiredChecksumForbidsAFileThatNoMirrorProves() throws IOException {
		put(Content.random(100_000, 3));
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> get(provedByItsMirror()))
			.withMessageContaining("with a digest that a source states, because require-checksum is set");
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> get(provedByItsMirror().modelPathConflict(ModelPathConflict.KEEP)))
			.withMessageContaining("require-checksum forbids to keep it");
		assertThat(target()).satisfies(Content.exactly(Content.random(100_000, 3).bytes()));
	}

	@Test
	void fileThatNoMirrorProvesIsReplacedByOneThatIsProved() throws IOException {
		put(Content.random(100_000, 3));
		CachedModel model = get(provedByItsMirror().modelPathConflict(ModelPathConflict.REPLACE));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.verified()).isTrue();
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void requiredChecksumKeepsTheFailureOfASourceThatIsDown() throws IOException {
		put(this.mine);
		this.hub.refuse();
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> get(onHub().digestRequired(true)));
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void requiredChecksumRefusesAFileWithoutAnySource() throws IOException {
		put(this.mine);
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(ModelRequest.builder("m").modelPath(target()).digestRequired(true)))
			.withMessageContaining(
					"require-checksum is set, but neither the configuration nor a source specifies the digest of "
							+ target() + ".")
			.withMessageContaining("Configure expected-checksum");
		this.offline = true;
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(ModelRequest.builder("m").modelPath(target()).digestRequired(true)));
		assertThat(get(
				ModelRequest.builder("m").modelPath(target()).expectedDigest(this.mine.sha256()).digestRequired(true))
			.verified()).isTrue();
	}

	@Test
	void replacedFileIsMovedAside(CapturedOutput output) throws IOException {
		put(this.mine);
		CachedModel model = get(plain().modelPathConflict(ModelPathConflict.REPLACE));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertIsReplaced(this.mine);
		assertThat(output.getOut().lines())
			.anyMatch((line) -> line.contains("WARN") && line.contains(target() + " was moved to " + target()));
	}

	@Test
	void downloadThatFailsMovesNothingAside() throws IOException {
		put(this.mine);
		this.server.always("/m.gguf", Reply.ok().flipped(10));
		assertThatExceptionOfType(Exception.class).isThrownBy(
				() -> get(plain().expectedDigest(this.content.sha256()).modelPathConflict(ModelPathConflict.REPLACE)));
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
		assertThat(replaced()).isEmpty();
	}

	/** What is known not to be the model is not served in its place. */
	@ParameterizedTest
	@MethodSource("failures")
	void fileThatIsToBeReplacedIsNotServedIfTheDownloadFails(boolean hub, @Nullable String fallback, int status)
			throws IOException {
		put(this.mine);
		this.server.answer("/m.gguf", (asked) -> "bytes=0-0".equals(asked.range()) ? Reply.ok() : Reply.status(status));
		this.server.always("/down.gguf", Reply.status(status));
		this.hub.cdn().always("/xet-bridge-us/" + this.content.sha256().hex(), Reply.status(status));
		ModelRequest.Builder request = (hub ? onHub() : plain()).modelPathConflict(ModelPathConflict.REPLACE);
		if (fallback != null) {
			request.fallbackUrl(this.server.uri(fallback));
		}
		for (int start = 0; start < 2; start++) {
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get(request));
			assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
			assertThat(replaced()).isEmpty();
		}
		this.server.serve("/m.gguf", this.content).serve("/up.gguf", this.content);
		request.fallbackUrl(this.server.uri("/up.gguf"));
		assertThat(get(request).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertIsReplaced(this.mine);
	}

	@Test
	void fileInPlaceOfAModelOfSeveralFilesIsNotServedIfTheDownloadFails() throws IOException {
		put(this.mine);
		this.hub.cdn().always("/xet-bridge-us/" + this.content.sha256().hex(), Reply.status(503));
		ModelRequest.Builder several = onHub().url(URI.create("hf://org/repo"))
			.files(List.of("model.gguf", "config.json"))
			.modelPathConflict(ModelPathConflict.REPLACE);
		assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> get(several));
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void fileThatIsToBeReplacedIsNotServedIfTheNextAttemptLearnsNothing() throws IOException {
		put(this.mine);
		this.server.answer("/m.gguf", (asked) -> "bytes=0-0".equals(asked.range()) ? Reply.ok() : Reply.status(503));
		try (CacheFixture fixture = open(plain().modelPathConflict(ModelPathConflict.REPLACE))) {
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"));
			this.server.always("/m.gguf", Reply.status(503));
			assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> fixture.get("m"));
			// Another file is not known not to be it.
			put(this.content);
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	static Stream<Arguments> failures() {
		return Stream.of(arguments(true, null, 503), arguments(true, null, 404), arguments(true, "/down.gguf", 503),
				arguments(false, null, 503), arguments(false, "/down.gguf", 403));
	}

	@Test
	void linkOfTheUserIsMovedAsideAndItsFileStays() throws IOException {
		Path elsewhere = Files.write(this.directory.resolve("elsewhere.gguf"), this.mine.bytes());
		Files.createDirectories(target().getParent());
		Files.createSymbolicLink(target(), elsewhere);
		assertConflict(plain());
		get(plain().modelPathConflict(ModelPathConflict.REPLACE));
		assertIsReplaced(this.mine);
		assertThat(replaced().get(0)).isSymbolicLink();
	}

	@Test
	void fileThatAppearsDuringTheDownloadIsNotOverwritten() throws Exception {
		CountDownLatch latch = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(latch));
		try (CacheFixture fixture = open(plain())) {
			StepVerifier.create(fixture.cache().get("m")).then(() -> {
				Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> !this.server.requests().isEmpty());
				try {
					put(this.mine);
				}
				catch (IOException ex) {
					throw new IllegalStateException(ex);
				}
				latch.countDown();
			}).expectError(ModelConfigurationException.class).verify(CacheFixture.PATIENCE);
		}
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void ownFileIsUpdated() throws IOException {
		get(plain());
		Content next = Content.random(50_000, 3);
		this.server.serve("/v2.gguf", next);
		assertThat(get(plain().url(this.server.uri("/v2.gguf"))).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(target()).satisfies(Content.exactly(next.bytes()));
		assertThat(replaced()).isEmpty();
	}

	@Test
	void ownFileThatWasMovedThereAgainIsUpdated() throws IOException {
		get(plain());
		Path copy = Files.copy(target(), this.directory.resolve("copy"));
		Files.move(copy, target(), StandardCopyOption.REPLACE_EXISTING);
		Content next = Content.random(50_000, 3);
		this.server.serve("/v2.gguf", next);
		get(plain().url(this.server.uri("/v2.gguf")));
		assertThat(target()).satisfies(Content.exactly(next.bytes()));
		assertThat(replaced()).isEmpty();
	}

	@Test
	void ownFileThatTheUserChangedIsMovedAside() throws IOException {
		get(plain());
		put(this.mine);
		get(plain());
		assertIsReplaced(this.mine);
	}

	@Test
	void fileThatReplacedOursStays() throws IOException {
		get(plain());
		Path other = Files.write(this.directory.resolve("other"), this.mine.bytes());
		Files.move(other, target(), StandardCopyOption.REPLACE_EXISTING);
		assertConflict(plain());
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void refreshDoesNotReplaceAFileOfTheUser() throws IOException {
		put(this.content);
		try (CacheFixture fixture = open(plain())) {
			fixture.get("m");
			this.server.serve("/m.gguf", this.mine);
			StepVerifier.create(fixture.cache().refresh("m"))
				.expectError(ModelConfigurationException.class)
				.verify(CacheFixture.PATIENCE);
		}
		assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void unfoldedFileBesideACompressedSourceIsServed() throws IOException {
		this.server.serve("/m.gguf.gz", Content.of(Compressing.compress(Compression.GZIP, this.content.bytes())));
		put(this.mine);
		assertThat(get(plain().url(this.server.uri("/m.gguf.gz"))).verified()).isFalse();
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void modelOfSeveralFilesDoesNotReplaceAFileOfTheUser() throws IOException {
		put(this.mine);
		ModelRequest.Builder several = onHub().url(URI.create("hf://org/repo"))
			.files(List.of("model.gguf", "config.json"));
		assertConflict(several);
		assertThat(this.hub.cdn().requests()).isEmpty();
		CachedModel model = get(several.modelPathConflict(ModelPathConflict.REPLACE));
		assertThat(model.files()).hasSize(2);
		assertThat(target().resolve("config.json")).hasContent("{}");
		assertThat(replaced()).singleElement()
			.satisfies((file) -> assertThat(file).satisfies(Content.exactly(this.mine.bytes())));
	}

	@Test
	void changedFileWithoutAnySourceIsServed() throws IOException {
		put(this.content);
		get(plain().url(null));
		put(this.mine);
		CachedModel model = get(plain().url(null));
		assertThat(model.digest()).isEqualTo(this.mine.sha256());
		assertThat(model.verified()).isFalse();
	}

	@Test
	void receiptOfAnEarlierVersionTellsADownloadByItsValidator() throws IOException {
		get(plain());
		forgetWhoPutIt("put-by=.*");
		Content next = Content.random(50_000, 3);
		this.server.serve("/v2.gguf", next);
		get(plain().url(this.server.uri("/v2.gguf")));
		assertThat(target()).satisfies(Content.exactly(next.bytes()));
		forgetWhoPutIt("(put-by|validator)=.*");
		assertConflict(plain());
		assertThat(target()).satisfies(Content.exactly(next.bytes()));
	}

	private void forgetWhoPutIt(String lines) throws IOException {
		try (Stream<Path> receipts = Files.list(this.directory.resolve("cache/receipts"))) {
			for (Path receipt : receipts.filter((file) -> file.toString().endsWith(".properties")).toList()) {
				Files.writeString(receipt, Files.readString(receipt).replaceAll("(?m)^" + lines + "$", ""));
			}
		}
	}

	@Test
	void evictLeavesAFileThatWasAdopted() throws IOException {
		for (ModelRequest.Builder request : List.of(plain(), onHub(), plain().expectedDigest(this.content.sha256()))) {
			put(this.content);
			get(request);
			assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> evict(request))
				.withMessageContaining(target() + " was not put there by this cache");
			assertThat(target()).satisfies(Content.exactly(this.content.bytes()));
			assertThat(get(request).outcome()).isEqualTo(ModelOutcome.CACHED);
		}
	}

	@Test
	void evictDeletesWhatThisCachePutThere(CapturedOutput output) {
		get(plain());
		evict(plain());
		assertThat(target()).doesNotExist();
		assertThat(output.getOut().lines())
			.filteredOn(
					(line) -> line.contains("INFO") && line.contains("evicted") && line.contains(target().toString()))
			.hasSize(1);
	}

	@Test
	void evictLeavesTheFilesThatWereMovedAside() throws IOException {
		put(this.mine);
		get(plain().modelPathConflict(ModelPathConflict.REPLACE));
		evict(plain());
		assertThat(target()).doesNotExist();
		assertThat(replaced()).hasSize(1);
	}

	@Test
	void evictLeavesAFileThatReplacedOurs() throws IOException {
		get(plain());
		put(this.mine);
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> evict(plain()));
		assertThat(target()).satisfies(Content.exactly(this.mine.bytes()));
	}

	@Test
	void evictRemovesTheFallbackThoughTheModelsFileIsTheUsers() throws IOException {
		put(this.content);
		Path small = this.directory.resolve("models/small.gguf");
		ModelRequest fallback = ModelRequest.builder("m").url(this.server.uri("/m.gguf")).modelPath(small).build();
		get(plain().modelPath(small));
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> evict(plain().fallback(fallback)));
		assertThat(target()).exists();
		assertThat(small).doesNotExist();
	}

	@Test
	void evictionThatReadsAFileTellsThoseWhoWaitHowFarItIs() throws Exception {
		get(plain());
		Files.setLastModifiedTime(target(), FileTime.fromMillis(1));
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		HeldClock clock = new HeldClock();
		List<Long> noted = new CopyOnWriteArrayList<>();
		CacheLockFactory locks = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC());
		try (CacheFixture fixture = new CacheFixture(this.directory.resolve("cache")).threads(new EngineThreads(time))
			.clock(clock)
			.locks((request, waiting) -> {
				CacheLock lock = locks.acquire(request, waiting);
				clock.holdAfter(2);
				return new CacheLock() {

					@Override
					public void heartbeat(TransferProgress progress) {
						noted.add((progress != null) ? progress.bytes() : -1);
					}

					@Override
					public void close() {
						lock.close();
					}

				};
			}, new ExclusiveFiles())) {
			fixture.open(plain().build());
			CompletableFuture<Void> eviction = fixture.cache().evict("m").toFuture();
			assertThat(clock.held.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			time.advanceTimeBy(Duration.ofSeconds(2));
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> noted.contains(this.content.size()));
			clock.goOn.countDown();
			eviction.get(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS);
		}
		assertThat(target()).doesNotExist();
	}

	/** Holds the thread that asks it for the time when a file has been read. */
	private static final class HeldClock extends Clock {

		private final CountDownLatch held = new CountDownLatch(1);

		private final CountDownLatch goOn = new CountDownLatch(1);

		private volatile Thread thread;

		private int calls;

		/** The present thread is held when it asks for the time for the nth time. */
		void holdAfter(int calls) {
			this.calls = calls;
			this.thread = Thread.currentThread();
		}

		@Override
		public Instant instant() {
			if (Thread.currentThread() == this.thread && --this.calls == 0) {
				this.held.countDown();
				try {
					assertThat(this.goOn.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
				}
			}
			return Instant.now();
		}

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			throw new UnsupportedOperationException("always UTC");
		}

	}

}
