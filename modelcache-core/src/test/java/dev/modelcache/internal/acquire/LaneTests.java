/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of requests that meet in one model: get, refresh, verify, evict and
 * cancel.
 */
@Timeout(240)
class LaneTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final Content next = Content.random(1_000_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final AtomicReference<CountDownLatch> hold = new AtomicReference<>();

	private final CountDownLatch held = new CountDownLatch(1);

	private final List<ModelStatus> seen = new CopyOnWriteArrayList<>();

	private CacheFixture fixture;

	@BeforeEach
	void create() {
		this.fixture = new CacheFixture(this.directory).observer(new AcquisitionObserver() {
			@Override
			public void verified(boolean matched, Duration elapsed) {
				holdOnce();
			}
		});
	}

	/** Holds the thread that has read a file, once, if a test wants that. */
	private void holdOnce() {
		CountDownLatch latch = this.hold.getAndSet(null);
		if (latch == null) {
			return;
		}
		this.held.countDown();
		CacheFixture.await(latch);
	}

	@AfterEach
	void close() {
		this.fixture.close();
		this.server.close();
	}

	private ModelRequest.Builder request() {
		return request("m");
	}

	private ModelRequest.Builder request(String id) {
		return ModelRequest.builder(id).url(this.server.uri("/m.gguf")).maxAttempts(1);
	}

	private void awaitState(ModelState state) {
		Awaitility.await().atMost(PATIENCE).until(() -> this.fixture.cache().status("m").state() == state);
	}

	@ParameterizedTest
	@CsvSource({ "FINGERPRINT,false", "FINGERPRINT,true", "ALWAYS,false" })
	void readyModelIsReturnedWhileANewVersionIsFetched(CacheOptions.Verification verification, boolean touched)
			throws Exception {
		this.fixture.withoutLimitsOfTime()
			.store(new StoreSettings(this.directory, DataSize.ofMegabytes(1), verification));
		DefaultModelCache cache = this.fixture.open(request().build());
		CachedModel before = this.fixture.get("m");
		if (touched) {
			Files.setLastModifiedTime(before.path(), FileTime.fromMillis(1_000_000));
		}
		this.server.serve("/m.gguf", this.next).always("/m.gguf", Reply.ok().stallAfter(500_000));
		CompletableFuture<CachedModel> refresh = cache.refresh("m").toFuture();
		Awaitility.await().atMost(PATIENCE).until(() -> this.fixture.stagedFiles().size() == 1);
		assertThat(cache.get("m").toFuture()).succeedsWithin(PATIENCE).isEqualTo(before);
		assertThat(refresh).isNotDone();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
		refresh.cancel(false);
	}

	@Test
	void fallbackIsReturnedWhileThePrimarySourceIsTriedAgainAndWhenThatFails() {
		this.fixture.withoutLimitsOfTime();
		CountDownLatch answer = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.status(404)).serve("/small.gguf", Content.random(1000, 3));
		DefaultModelCache cache = this.fixture
			.open(request().fallbackUrl(this.server.uri("/small.gguf")).maxAttempts(0).build());
		assertThat(this.fixture.get("m").fallback()).isTrue();
		int before = this.server.requests("/m.gguf").size();
		this.server.always("/m.gguf", Reply.status(404).heldBy(answer));
		CompletableFuture<CachedModel> refresh = cache.refresh("m").toFuture();
		Awaitility.await().atMost(PATIENCE).until(() -> this.server.requests("/m.gguf").size() > before);
		assertThat(this.fixture.get("m").fallback()).isTrue();
		assertThat(refresh).isNotDone();
		answer.countDown();
		assertThat(refresh).failsWithin(PATIENCE);
		int requests = this.server.requests("/m.gguf").size();
		assertThat(this.fixture.get("m").fallback()).isTrue();
		assertThat(this.server.requests("/m.gguf")).hasSize(requests);
	}

	@Test
	void refreshAsksTheSourceAlsoWhileAGetReadsTheFile() throws Exception {
		CountDownLatch goOn = new CountDownLatch(1);
		DefaultModelCache cache = this.fixture.open(request().build());
		Path path = this.fixture.get("m").path();
		this.server.serve("/m.gguf", this.next);
		// Its fingerprint is another one: it is read.
		Files.setLastModifiedTime(path, FileTime.fromMillis(1));
		this.hold.set(goOn);
		CompletableFuture<CachedModel> get = cache.get("m").toFuture();
		CacheFixture.await(this.held);
		CompletableFuture<CachedModel> refresh = cache.refresh("m").toFuture();
		goOn.countDown();
		assertThat(get).succeedsWithin(PATIENCE)
			.satisfies((model) -> assertThat(model.digest()).isEqualTo(this.content.sha256()));
		assertThat(refresh).succeedsWithin(PATIENCE)
			.satisfies((model) -> assertThat(model.digest()).isEqualTo(this.next.sha256()));
	}

	@Test
	void requestsForOneModelWithDifferentDigestsShareNoResult() {
		CountDownLatch answer = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().heldBy(answer));
		DefaultModelCache cache = this.fixture.open();
		CompletableFuture<CachedModel> one = cache
			.get(request().modelPath(this.directory.resolve("m.gguf")).expectedDigest(this.content.sha256()).build())
			.toFuture();
		CompletableFuture<CachedModel> other = cache
			.get(request().modelPath(this.directory.resolve("m.gguf")).expectedDigest(this.next.sha256()).build())
			.toFuture();
		answer.countDown();
		assertThat(one).succeedsWithin(PATIENCE);
		assertThat(other).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelIntegrityException.class);
	}

	@Test
	void callersThatGiveUpLeaveAtMostOneThreadThatReadsTheFile() throws Exception {
		Path path = this.directory.resolve("large.gguf");
		try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
			file.setLength(20L << 30);
		}
		DefaultModelCache cache = this.fixture
			.open(request().modelPath(path).expectedDigest(this.content.sha256()).build());
		try {
			for (int i = 0; i < 12; i++) {
				cache.get("m").timeout(Duration.ofMillis(300)).onErrorComplete().block(PATIENCE);
			}
			assertThat(reading()).isLessThanOrEqualTo(1);
			cache.cancel("m").block(PATIENCE);
			Awaitility.await().atMost(PATIENCE).until(() -> reading() == 0);
		}
		finally {
			Files.write(path, new byte[0]);
		}
	}

	private static long reading() {
		return Thread.getAllStackTraces()
			.values()
			.stream()
			.filter((stack) -> Stream.of(stack).anyMatch((frame) -> frame.getClassName().endsWith("FileDigest")))
			.count();
	}

	@Test
	void verifyBesideRefreshesDoesNotBlameAGoodModel() {
		DefaultModelCache cache = this.fixture.open(request().build());
		this.fixture.get("m");
		for (int i = 0; i < 20; i++) {
			this.server.serve("/m.gguf", Content.random(1_000_000, i));
			Mono.when(cache.refresh("m"), cache.verify("m"), cache.verify("m")).block(PATIENCE);
		}
		assertThat(this.fixture.events(ModelFailed.class)).isEmpty();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void verifyBesideARefreshOfAnotherModelWithTheSameFileDoesNotBlameIt() {
		Path path = this.directory.resolve("m.gguf");
		DefaultModelCache cache = this.fixture.open(request("m").modelPath(path).build(),
				request("other").modelPath(path).build());
		this.fixture.get("m");
		this.fixture.get("other");
		Content last = this.content;
		for (int i = 0; i < 20; i++) {
			last = Content.random(1_000_000, i);
			this.server.serve("/m.gguf", last);
			Mono.when(cache.refresh("other"), cache.verify("m"), cache.verify("m")).block(PATIENCE);
		}
		assertThat(this.fixture.events(ModelFailed.class)).isEmpty();
		assertThat(cache.verify("m").block(PATIENCE).digest()).isEqualTo(last.sha256());
		assertThat(cache.status("m").model().digest()).isEqualTo(last.sha256());
		int requests = this.server.requests("/m.gguf").size();
		this.fixture.get("m");
		this.fixture.get("other");
		assertThat(this.server.requests("/m.gguf")).as("the receipt is that of the new version").hasSize(requests);
	}

	@Test
	void verifyThatIsOvertakenByEvictAnnouncesNoFailure() throws Exception {
		this.fixture.withoutLimitsOfTime();
		CountDownLatch goOn = new CountDownLatch(1);
		DefaultModelCache cache = this.fixture.open(request().build());
		Path path = this.fixture.get("m").path();
		this.hold.set(goOn);
		CompletableFuture<CachedModel> verify = cache.verify("m").toFuture();
		CacheFixture.await(this.held);
		CompletableFuture<Void> evict = cache.evict("m").toFuture();
		assertThat(verify).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		goOn.countDown();
		assertThat(evict).succeedsWithin(PATIENCE);
		assertThat(path).doesNotExist();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.ABSENT);
		assertThat(this.fixture.events(ModelFailed.class)).isEmpty();
	}

	@Test
	void fileThatDisappearsWhileItIsVerifiedIsNoFailureOfTheModel() throws Exception {
		DefaultModelCache cache = this.fixture.open(request().build());
		Path path = this.fixture.get("m").path();
		CountDownLatch goOn = new CountDownLatch(1);
		this.hold.set(goOn);
		Files.write(path, new byte[] { 1 }, StandardOpenOption.APPEND);
		CompletableFuture<CachedModel> verify = cache.verify("m").toFuture();
		CacheFixture.await(this.held);
		Files.delete(path);
		goOn.countDown();
		assertThat(verify).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		awaitState(ModelState.ABSENT);
		assertThat(this.fixture.events(ModelFailed.class)).isEmpty();
	}

	@Test
	void progressOfAVerificationIsShownUntilItEnds() {
		CountDownLatch goOn = new CountDownLatch(1);
		DefaultModelCache cache = this.fixture.open(request().build());
		this.fixture.get("m");
		this.hold.set(goOn);
		CompletableFuture<CachedModel> verify = cache.verify("m").toFuture();
		CacheFixture.await(this.held);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
		assertThat(cache.status("m").progress())
			.isEqualTo(TransferProgress.of(this.content.size(), this.content.size(), 0));
		goOn.countDown();
		assertThat(verify).succeedsWithin(PATIENCE);
		assertThat(cache.status("m").progress()).isNull();
	}

	@Test
	void progressOfAVerificationEndsWithItsLastCaller() {
		CountDownLatch goOn = new CountDownLatch(1);
		DefaultModelCache cache = this.fixture.open(request().build());
		this.fixture.get("m");
		this.hold.set(goOn);
		Disposable verify = cache.verify("m").subscribe();
		CacheFixture.await(this.held);
		assertThat(cache.status("m").progress()).isNotNull();
		verify.dispose();
		assertThat(cache.status("m").progress()).isNull();
		goOn.countDown();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void progressIsShownWhileAFileThatIsThereIsRead() throws Exception {
		Path path = Files.write(this.directory.resolve("m.gguf"), this.content.bytes());
		CountDownLatch goOn = new CountDownLatch(1);
		DefaultModelCache cache = this.fixture
			.open(request().modelPath(path).expectedDigest(this.content.sha256()).build());
		this.hold.set(goOn);
		CompletableFuture<CachedModel> get = cache.get("m").toFuture();
		CacheFixture.await(this.held);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.VERIFYING);
		assertThat(cache.status("m").progress())
			.isEqualTo(TransferProgress.of(this.content.size(), this.content.size(), 0));
		goOn.countDown();
		assertThat(get).succeedsWithin(PATIENCE);
	}

	@Test
	void modelIsRequestedAgainAfterACheckOfItsFileWasCancelled() throws Exception {
		this.fixture.withoutLimitsOfTime();
		Path path = Files.write(this.directory.resolve("m.gguf"), this.content.bytes());
		CountDownLatch goOn = new CountDownLatch(1);
		DefaultModelCache cache = this.fixture
			.open(request().modelPath(path).expectedDigest(this.content.sha256()).build());
		this.hold.set(goOn);
		CompletableFuture<CachedModel> first = cache.get("m").toFuture();
		CacheFixture.await(this.held);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.VERIFYING);
		cache.cancel("m").block(PATIENCE);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
		assertThat(first).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		CompletableFuture<CachedModel> again = cache.get("m").toFuture();
		assertThat(cache.status("m").state().isAcquiring()).isTrue();
		goOn.countDown();
		assertThat(again).succeedsWithin(PATIENCE);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void operationThatWaitsAndLeavesChangesNothingOfTheDownloadThatIsShown() {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(100_000, rest));
		DefaultModelCache cache = this.fixture.open(request().build());
		CompletableFuture<CachedModel> get = cache.get("m").toFuture();
		awaitState(ModelState.DOWNLOADING);
		Disposable verify = cache.verify("m").subscribe();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.DOWNLOADING);
		verify.dispose();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.DOWNLOADING);
		rest.countDown();
		assertThat(get).succeedsWithin(PATIENCE);
	}

	@Test
	void acquisitionThatWaitsForAnEvictionKeepsItsStatus() {
		DefaultModelCache cache = this.fixture.open(request().build());
		Path path = this.fixture.get("m").path();
		Path lockFile = this.fixture.find(".lock").get(0);
		Disposable watch = cache.statuses("m").subscribe(this.seen::add);
		CompletableFuture<Void> evict;
		CompletableFuture<CachedModel> get;
		try (CacheLock lock = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC())
			.acquire(LockRequest.of("m", lockFile), (owner) -> {
			})) {
			evict = cache.evict("m").toFuture();
			assertThat(path.toFile().delete()).isTrue();
			get = cache.get("m").toFuture();
			awaitState(ModelState.WAITING);
			assertThat(cache.status("m").owner()).isNotNull()
				.satisfies((owner) -> assertThat(owner.pid()).isEqualTo(ProcessHandle.current().pid()));
		}
		assertThat(evict).succeedsWithin(PATIENCE);
		assertThat(get).succeedsWithin(PATIENCE);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> this.seen.get(this.seen.size() - 1).state() == ModelState.READY);
		watch.dispose();
		List<ModelState> states = this.seen.stream().map(ModelStatus::state).distinct().toList();
		assertThat(states.subList(states.indexOf(ModelState.WAITING), states.size())).doesNotContain(ModelState.ABSENT);
	}

	@Test
	void evictionThatWaitsForAnotherProcessEndsWhenItsCallerLeaves() {
		DefaultModelCache cache = this.fixture.open(request().build());
		Path path = this.fixture.get("m").path();
		try (CacheLock lock = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC())
			.acquire(LockRequest.of("m", this.fixture.find(".lock").get(0)), (owner) -> {
			})) {
			cache.evict("m").timeout(Duration.ofMillis(300)).onErrorComplete().block(PATIENCE);
		}
		this.fixture.get("m");
		assertThat(path).exists();
	}

	@Test
	void evictionThatItsCallerLeavesCanBeRequestedAgain() {
		DefaultModelCache cache = this.fixture.open();
		Path path = cache.get(request("ad-hoc").build()).block(PATIENCE).path();
		try (CacheLock lock = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC())
			.acquire(LockRequest.of("ad-hoc", this.fixture.find(".lock").get(0)), (owner) -> {
			})) {
			cache.evict("ad-hoc").timeout(Duration.ofMillis(300)).onErrorComplete().block(PATIENCE);
		}
		cache.evict("ad-hoc").block(PATIENCE);
		assertThat(path).doesNotExist();
	}

	@Test
	void closedCacheTakesNothingAndSaysSoAtOnce() {
		DefaultModelCache cache = this.fixture.open(request().build());
		this.fixture.get("m");
		cache.close();
		for (Mono<?> operation : List.of(cache.get("m"), cache.get(request("x").build()), cache.verify("m"),
				cache.refresh("m"), cache.evict("m"))) {
			assertThat(operation.toFuture()).failsWithin(PATIENCE)
				.withThrowableThat()
				.withCauseInstanceOf(ModelCancelledException.class)
				.withMessageContaining("the application is closing");
		}
		assertThat(cache.cancel("m").toFuture()).succeedsWithin(PATIENCE);
		assertThat(cache.check("m").toFuture()).succeedsWithin(PATIENCE);
	}

	@Test
	void callersAreToldThatTheApplicationIsClosingAndLocksAreFreeAfterwards() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(500_000));
		DefaultModelCache cache = this.fixture.open(request().build());
		CompletableFuture<CachedModel> get = cache.get("m").toFuture();
		awaitState(ModelState.DOWNLOADING);
		CompletableFuture<Void> evict = cache.evict("m").toFuture();
		CompletableFuture<CachedModel> again = cache.get("m").toFuture();
		cache.close();
		assertThat(get).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		assertThat(again).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class)
			.withMessageContaining("the application is closing");
		assertThat(evict).isDone();
		this.server.always("/m.gguf", Reply.ok());
		try (CacheFixture second = new CacheFixture(this.directory)) {
			second.open(request().build());
			assertThat(second.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

	@Test
	void stoppedCacheStartsAgain() {
		DefaultModelCache cache = this.fixture.open(request().build());
		CompletableFuture<List<ModelStatus>> watched = cache.statuses().collectList().toFuture();
		cache.stop();
		cache.awaitStopped();
		assertThat(watched).succeedsWithin(PATIENCE);
		assertThat(cache.get("m").toFuture()).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class);
		cache.start();
		assertThat(this.fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		assertThat(cache.statuses("m").blockFirst(PATIENCE)).isEqualTo(cache.status("m"));
	}

}
