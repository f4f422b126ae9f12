/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ManualClock;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Some models are downloaded at a time, and the others wait, in turn.
 */
@Timeout(240)
class DownloadTurnsTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start();

	private final Map<String, CountDownLatch> gates = new HashMap<>();

	private CacheFixture fixture;

	private DefaultModelCache cache;

	static DownloadTurns turns(int atOnce) {
		return new DownloadTurns(atOnce, Duration.ZERO, () -> 1, Clock.systemUTC());
	}

	/** Opens a cache with models whose download ends when their gate opens. */
	private void open(CacheFixture fixture, int models) {
		open(fixture,
				IntStream.range(0, models)
					.mapToObj((i) -> ModelRequest.builder("m" + i))
					.toArray(ModelRequest.Builder[]::new));
	}

	private void open(CacheFixture fixture, ModelRequest.Builder... models) {
		this.fixture = fixture;
		List<ModelRequest> requests = new ArrayList<>();
		for (int i = 0; i < models.length; i++) {
			String path = "/m" + i + ".gguf";
			CountDownLatch gate = new CountDownLatch(1);
			this.gates.put("m" + i, gate);
			this.server.serve(path, this.content).always(path, Reply.ok().stallAfter(50_000, gate));
			requests.add(models[i].url(this.server.uri(path)).build());
		}
		this.cache = fixture.open(requests.toArray(ModelRequest[]::new));
	}

	@AfterEach
	void close() {
		this.gates.values().forEach(CountDownLatch::countDown);
		this.fixture.close();
		this.server.close();
	}

	private CompletableFuture<CachedModel> get(String id) {
		return this.cache.get(id).toFuture();
	}

	private void awaitState(String id, ModelState state) {
		Awaitility.await().atMost(PATIENCE).until(() -> this.cache.status(id).state() == state);
	}

	private CompletableFuture<CachedModel> waiting(String id) {
		CompletableFuture<CachedModel> model = get(id);
		awaitState(id, ModelState.WAITING);
		return model;
	}

	private CompletableFuture<CachedModel> downloading(String id) {
		CompletableFuture<CachedModel> model = get(id);
		awaitState(id, ModelState.DOWNLOADING);
		return model;
	}

	@Test
	void modelsAreDownloadedInTurn() {
		open(new CacheFixture(this.directory).turns(turns(2)), 5);
		List<CompletableFuture<CachedModel>> all = new ArrayList<>();
		all.add(downloading("m0"));
		all.add(downloading("m1"));
		all.add(waiting("m2"));
		all.add(waiting("m3"));
		all.add(waiting("m4"));
		assertThat(this.server.requests()).extracting((request) -> request.path())
			.containsExactlyInAnyOrder("/m0.gguf", "/m1.gguf");
		this.gates.get("m1").countDown();
		awaitState("m2", ModelState.DOWNLOADING);
		assertThat(List.of("m3", "m4")).extracting((id) -> this.cache.status(id).state())
			.containsOnly(ModelState.WAITING);
		this.gates.values().forEach(CountDownLatch::countDown);
		assertThat(all).allSatisfy((model) -> assertThat(model).succeedsWithin(PATIENCE));
	}

	@Test
	void whatAModelWaitsForIsShown() {
		open(new CacheFixture(this.directory).turns(turns(1)), 2);
		downloading("m0");
		waiting("m1");
		LockOwner owner = this.cache.status("m1").owner();
		assertThat(owner).isNotNull();
		assertThat(owner.queued()).isTrue();
		assertThat(owner.pid()).isEqualTo(ProcessHandle.current().pid());
	}

	@Test
	void modelThatIsCancelledWhileItWaitsDoesNotTakeATurn() {
		open(new CacheFixture(this.directory).turns(turns(1)), 3);
		downloading("m0");
		CompletableFuture<CachedModel> cancelled = waiting("m1");
		CompletableFuture<CachedModel> last = waiting("m2");
		this.cache.cancel("m1").block(PATIENCE);
		assertThat(cancelled).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class);
		this.gates.values().forEach(CountDownLatch::countDown);
		assertThat(last).succeedsWithin(PATIENCE);
		assertThat(this.server.requests("/m1.gguf")).isEmpty();
	}

	@Test
	void cancelledModelEndsItsTurn() {
		open(new CacheFixture(this.directory).turns(turns(1)), 2);
		CompletableFuture<CachedModel> cancelled = downloading("m0");
		CompletableFuture<CachedModel> next = waiting("m1");
		this.gates.get("m1").countDown();
		this.cache.cancel("m0").block(PATIENCE);
		assertThat(cancelled).failsWithin(PATIENCE);
		assertThat(next).succeedsWithin(PATIENCE);
	}

	@Test
	void failedModelEndsItsTurn() {
		open(new CacheFixture(this.directory).turns(turns(1)), 2);
		this.server.always("/m0.gguf", Reply.status(404).heldBy(this.gates.get("m0")));
		CompletableFuture<CachedModel> failing = get("m0");
		this.server.awaitRequests("/m0.gguf", 1);
		CompletableFuture<CachedModel> next = waiting("m1");
		this.gates.values().forEach(CountDownLatch::countDown);
		assertThat(failing).failsWithin(PATIENCE);
		assertThat(next).succeedsWithin(PATIENCE);
	}

	/** Its thread comes back later. */
	@Test
	void modelWhoseDiskHangsEndsItsTurnWhenItIsCancelled() {
		CountDownLatch disk = new CountDownLatch(1);
		this.gates.put("disk", disk);
		CountDownLatch hangs = new CountDownLatch(1);
		open(new CacheFixture(this.directory).turns(turns(1)).observer(new AcquisitionObserver() {
			@Override
			public void verified(boolean matched, Duration elapsed) {
				if (hangs.getCount() > 0) {
					hangs.countDown();
					CacheFixture.await(disk);
				}
			}
		}), ModelRequest.builder("m0").expectedDigest(this.content.sha256()), ModelRequest.builder("m1"));
		this.gates.get("m0").countDown();
		this.gates.get("m1").countDown();
		CompletableFuture<CachedModel> hanging = get("m0");
		CacheFixture.await(hangs);
		CompletableFuture<CachedModel> next = waiting("m1");
		this.cache.cancel("m0").block(PATIENCE);
		assertThat(hanging).failsWithin(PATIENCE);
		assertThat(next).succeedsWithin(PATIENCE);
	}

	@Test
	void modelThatIsThereWaitsForNoOther() {
		open(new CacheFixture(this.directory).turns(turns(1)), 2);
		this.gates.get("m1").countDown();
		assertThat(get("m1")).succeedsWithin(PATIENCE);
		this.fixture.close();
		this.fixture = new CacheFixture(this.directory);
		open(this.fixture.turns(turns(1)), 2);
		downloading("m0");
		assertThat(get("m1")).succeedsWithin(PATIENCE);
	}

	@Test
	void modelThatWaitsIsNotGivenUp(@TempDir Path elsewhere) {
		DownloadTurns turns = turns(1);
		open(new CacheFixture(this.directory).turns(turns), 1);
		downloading("m0");
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		try (CacheFixture other = new CacheFixture(elsewhere).turns(turns).threads(new EngineThreads(time))) {
			this.cache = other.open(ModelRequest.builder("m1").url(this.server.uri("/m0.gguf")).build());
			CompletableFuture<CachedModel> waiting = waiting("m1");
			time.advanceTimeBy(Duration.ofDays(1));
			this.gates.get("m0").countDown();
			assertThat(waiting).succeedsWithin(PATIENCE);
		}
	}

	@Test
	void modelThatWaitedNoLongerShowsThat() {
		open(new CacheFixture(this.directory).turns(turns(1)), 2);
		downloading("m0");
		CompletableFuture<CachedModel> second = waiting("m1");
		Awaitility.await().atMost(PATIENCE).until(() -> notes().contains("queued=true"));
		this.gates.get("m0").countDown();
		awaitState("m1", ModelState.DOWNLOADING);
		assertThat(this.cache.status("m1").owner()).isNull();
		Awaitility.await().atMost(PATIENCE).until(() -> notes().contains("bytes=") && !notes().contains("queued"));
		this.gates.get("m1").countDown();
		assertThat(second).succeedsWithin(PATIENCE);
	}

	/** Returns what stands in the lock files. */
	private String notes() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory.resolve("locks"))) {
			StringBuilder notes = new StringBuilder();
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				notes.append(Files.readString(file));
			}
			return notes.toString();
		}
	}

	@Test
	void nothingIsRequestedBeforeTheMomentThatTheJitterHasDrawn() {
		open(new CacheFixture(this.directory)
			.turns(new DownloadTurns(4, Duration.ofHours(1), () -> 0.5, Clock.systemUTC())), 1);
		waiting("m0");
		assertThat(this.server.requests()).isEmpty();
		assertThat(this.cache.status("m0").owner()).extracting(LockOwner::queued).isEqualTo(true);
	}

	@Test
	void jitterThatHasPassedHoldsUpNothing() {
		ManualClock clock = new ManualClock();
		DownloadTurns turns = new DownloadTurns(4, Duration.ofHours(1), () -> 0.5, clock);
		clock.advance(Duration.ofMinutes(30));
		open(new CacheFixture(this.directory).turns(turns), 1);
		this.gates.get("m0").countDown();
		assertThat(get("m0")).succeedsWithin(PATIENCE);
	}

}
