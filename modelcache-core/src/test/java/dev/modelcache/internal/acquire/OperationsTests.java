/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelEvicted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Everything else that the cache can be asked, and what it tells by itself.
 */
class OperationsTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final Content next = Content.random(1_000_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<String> ends = new CopyOnWriteArrayList<>();

	private final List<String> failures = new CopyOnWriteArrayList<>();

	private CacheFixture fixture;

	@BeforeEach
	void open() {
		this.fixture = new CacheFixture(this.directory).observer(new AcquisitionObserver() {
			@Override
			public void ended(String modelId, String outcome, Duration elapsed) {
				OperationsTests.this.ends.add(modelId + " " + outcome);
			}

			@Override
			public void requestFailed(String modelId, String host, String problem) {
				OperationsTests.this.failures.add(host + " " + problem);
			}

			@Override
			public void retried(String modelId, String reason) {
				OperationsTests.this.failures.add("retried " + reason);
			}
		});
	}

	@AfterEach
	void close() {
		this.fixture.close();
		this.server.close();
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(0);
	}

	private DefaultModelCache openCache() {
		return this.fixture.open(request().build());
	}

	private void awaitEvent(Class<? extends ModelCacheEvent> type) {
		Awaitility.await().atMost(PATIENCE).until(() -> !this.fixture.events(type).isEmpty());
	}

	@Test
	void unknownIdIsAnErrorSignal() {
		DefaultModelCache cache = openCache();
		for (var operation : List.of(cache.get("x"), cache.verify("x"), cache.refresh("x"), cache.evict("x"))) {
			StepVerifier.create(operation)
				.expectErrorSatisfies((failure) -> assertThat(failure).isInstanceOf(ModelNotFoundException.class)
					.hasMessageContaining("Model 'x'"))
				.verify(PATIENCE);
		}
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> cache.status("x"));
	}

	@Test
	void requestThatIsNotConfiguredIsServedToo() {
		DefaultModelCache cache = openCache();
		ModelRequest adHoc = ModelRequest.builder("ad-hoc")
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.build();
		assertThat(cache.get(adHoc).block(PATIENCE)).isNotNull()
			.satisfies((model) -> assertThat(model.id()).isEqualTo("ad-hoc"));
		assertThat(cache.status("ad-hoc").state()).isEqualTo(ModelState.READY);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void modelThatIsNotConfiguredIsEvicted(boolean byId) throws Exception {
		DefaultModelCache cache = openCache();
		ModelRequest adHoc = ModelRequest.builder("ad-hoc").url(this.server.uri("/m.gguf?ad-hoc")).build();
		Path path = Objects.requireNonNull(cache.get(adHoc).block(PATIENCE)).path();
		(byId ? cache.evict("ad-hoc") : cache.evict(adHoc)).block(PATIENCE);
		assertThat(path).doesNotExist();
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> cache.status("ad-hoc"));
		StepVerifier.create(cache.evict("ad-hoc")).expectError(ModelNotFoundException.class).verify(PATIENCE);
		cache.evict(adHoc).block(PATIENCE);
		assertThat(cache.get(adHoc).block(PATIENCE)).isNotNull();
	}

	@Test
	void fileOfAConfiguredModelIsNotEvictedByAnotherRequest() throws Exception {
		Path target = this.directory.resolve("configured.gguf");
		DefaultModelCache cache = this.fixture
			.open(ModelRequest.builder("configured").url(this.server.uri("/m.gguf")).modelPath(target).build());
		cache.get("configured").block(PATIENCE);
		ModelRequest other = ModelRequest.builder("other")
			.url(this.server.uri("/other.gguf"))
			.modelPath(target)
			.build();
		StepVerifier.create(cache.evict(other))
			.expectErrorSatisfies((failure) -> assertThat(failure).isInstanceOf(ModelNotFoundException.class)
				.hasMessageContaining("is the model-path of a configured model"))
			.verify(PATIENCE);
		assertThat(target).exists();
		cache.evict("configured").block(PATIENCE);
		assertThat(target).doesNotExist();
	}

	@Test
	void fileOfAnotherProcessIsEvictedByItsRequest() {
		ModelRequest adHoc = ModelRequest.builder("ad-hoc").url(this.server.uri("/m.gguf")).build();
		Path path = Objects.requireNonNull(openCache().get(adHoc).block(PATIENCE)).path();
		try (CacheFixture other = new CacheFixture(this.directory)) {
			other.open().evict(adHoc).block(PATIENCE);
		}
		assertThat(path).doesNotExist();
	}

	@Test
	void nothingHappensBeforeSubscription() {
		openCache().get("m");
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void evictDeletesFileAndReceiptAndTellsSo() {
		DefaultModelCache cache = openCache();
		Path path = this.fixture.get("m").path();
		cache.evict("m").block(PATIENCE);
		assertThat(path).doesNotExist();
		assertThat(this.directory.resolve("receipts")).isEmptyDirectory();
		assertThat(cache.status("m").state()).isEqualTo(ModelState.ABSENT);
		awaitEvent(ModelEvicted.class);
		assertThat(this.fixture.events(ModelEvicted.class)).singleElement()
			.satisfies((event) -> assertThat(event.path()).isEqualTo(path));
	}

	@Test
	void evictCancelsWhatIsUnderWay() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		DefaultModelCache cache = openCache();
		CompletableFuture<CachedModel> call = cache.get("m").toFuture();
		Awaitility.await().atMost(PATIENCE).until(() -> cache.status("m").state() == ModelState.DOWNLOADING);
		cache.evict("m").block(PATIENCE);
		assertThat(call).failsWithin(PATIENCE);
		Awaitility.await().atMost(PATIENCE).until(() -> this.fixture.stagedFiles().isEmpty());
	}

	@Test
	void evictLeavesAFileThatSomebodyElsePutThere() throws Exception {
		Path mine = Files.write(this.directory.resolve("mine.gguf"), new byte[] { 1 });
		DefaultModelCache cache = this.fixture.open(request().modelPath(mine).build());
		StepVerifier.create(cache.evict("m")).expectError(ModelNotFoundException.class).verify(PATIENCE);
		assertThat(mine).exists();
	}

	@Test
	void verifyReadsTheFileAgain() {
		DefaultModelCache cache = openCache();
		CachedModel model = this.fixture.get("m");
		assertThat(cache.verify("m").block(PATIENCE)).isEqualTo(model);
	}

	@Test
	void verifyOfAChangedFileIsAnErrorAndTheModelIsFailed() throws Exception {
		DefaultModelCache cache = openCache();
		Path path = this.fixture.get("m").path();
		var time = Files.getLastModifiedTime(path);
		Files.write(path, Content.random(2_000_000, 9).bytes());
		Files.setLastModifiedTime(path, time);
		StepVerifier.create(cache.verify("m")).expectError(ModelIntegrityException.class).verify(PATIENCE);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.FAILED);
		awaitEvent(ModelFailed.class);
		assertThat(this.fixture.get("m").digest()).isEqualTo(this.content.sha256());
	}

	@Test
	void refreshFetchesANewVersionAndTheOldOneIsReadyMeanwhile() {
		DefaultModelCache cache = openCache();
		this.fixture.get("m");
		CountDownLatch rest = new CountDownLatch(1);
		this.server.serve("/m.gguf", this.next).always("/m.gguf", Reply.ok().stallAfter(500_000, rest));
		Disposable refresh = cache.refresh("m").subscribe();
		Awaitility.await().atMost(PATIENCE).until(() -> this.fixture.stagedFiles().size() == 1);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
		rest.countDown();
		awaitEvent(ModelReplaced.class);
		Awaitility.await().atMost(PATIENCE).until(refresh::isDisposed);
		assertThat(cache.status("m").model()).isNotNull()
			.satisfies((model) -> assertThat(model.digest()).isEqualTo(this.next.sha256()));
	}

	@Test
	void refreshOfAnUnchangedFileFetchesNothing() {
		DefaultModelCache cache = openCache();
		CachedModel model = this.fixture.get("m");
		long sent = this.server.bytesSent("/m.gguf");
		assertThat(cache.refresh("m").block(PATIENCE)).isNotNull()
			.satisfies((refreshed) -> assertThat(refreshed.digest()).isEqualTo(model.digest()));
		assertThat(this.server.bytesSent("/m.gguf") - sent).isLessThan(100);
		assertThat(this.fixture.events(ModelReplaced.class)).isEmpty();
	}

	@Test
	void refreshOfAFileWhoseOriginGivesNoValidatorFetchesIt() {
		this.server.always("/m.gguf", Reply.ok().etag(""));
		DefaultModelCache cache = openCache();
		this.fixture.get("m");
		long sent = this.server.bytesSent("/m.gguf");
		cache.refresh("m").block(PATIENCE);
		assertThat(this.server.bytesSent("/m.gguf") - sent).isGreaterThan(this.content.size());
	}

	@Test
	void refreshThatFailsLeavesTheGoodModel() {
		DefaultModelCache cache = openCache();
		CachedModel model = this.fixture.get("m");
		this.server.always("/m.gguf", Reply.status(404));
		StepVerifier.create(cache.refresh("m")).expectError(ModelNotFoundException.class).verify(PATIENCE);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
		assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void refreshOfAProvedModelAsksNobody() {
		DefaultModelCache cache = this.fixture.open(request().expectedDigest(this.content.sha256()).build());
		this.fixture.get("m");
		cache.refresh("m").block(PATIENCE);
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	@Test
	void statusesAreThePresentOnesThenEveryChange() {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(500_000, rest));
		DefaultModelCache cache = openCache();
		List<ModelStatus> seen = new CopyOnWriteArrayList<>();
		Disposable watch = cache.statuses().subscribe(seen::add);
		Disposable call = cache.get("m").subscribe();
		Awaitility.await().atMost(PATIENCE).until(() -> seen.stream().anyMatch((status) -> status.progress() != null));
		rest.countDown();
		Awaitility.await().atMost(PATIENCE).until(call::isDisposed);
		Awaitility.await().atMost(PATIENCE).until(() -> seen.get(seen.size() - 1).state() == ModelState.READY);
		watch.dispose();
		assertThat(seen.stream().map(ModelStatus::state).distinct()).containsExactly(ModelState.ABSENT,
				ModelState.RESOLVING, ModelState.DOWNLOADING, ModelState.VERIFYING, ModelState.READY);
		StepVerifier.create(cache.statuses().next())
			.assertNext((status) -> assertThat(status.state()).isEqualTo(ModelState.READY))
			.expectComplete()
			.verify(PATIENCE);
	}

	@Test
	void watcherThatTakesNothingHoldsNothingUp() {
		DefaultModelCache cache = openCache();
		StepVerifier.create(cache.statuses(), 0)
			.expectSubscription()
			.then(() -> this.fixture.get("m"))
			.thenRequest(Long.MAX_VALUE)
			.thenConsumeWhile((status) -> status.state() != ModelState.READY)
			.assertNext((status) -> assertThat(status.state()).isEqualTo(ModelState.READY))
			.thenCancel()
			.verify(PATIENCE);
	}

	@Test
	void eventsComeInOrderAndProgressAtMostFourTimesASecond() {
		CountDownLatch rest = new CountDownLatch(1);
		this.server.always("/m.gguf", Reply.ok().stallAfter(500_000, rest));
		openCache().get("m").subscribe();
		awaitEvent(ModelDownloadProgress.class);
		rest.countDown();
		awaitEvent(ModelReady.class);
		List<ModelCacheEvent> events = this.fixture.events();
		assertThat(events.get(0)).isInstanceOf(ModelDownloadStarted.class);
		assertThat(events.get(events.size() - 1)).isInstanceOf(ModelReady.class);
		long progress = this.fixture.events(ModelDownloadProgress.class).size();
		Duration elapsed = this.fixture.events(ModelReady.class).get(0).elapsed();
		assertThat(progress).isBetween(1L, 4 * elapsed.toSeconds() + 5);
	}

	@Test
	void everyEndIsObservedOnce() {
		this.server.script("/m.gguf", Reply.status(404), Reply.status(404), Reply.ok().stallAfter(0), Reply.ok());
		DefaultModelCache cache = openCache();
		StepVerifier.create(cache.get("m")).expectError().verify(PATIENCE);
		Disposable call = cache.get("m").subscribe();
		Awaitility.await().atMost(PATIENCE).until(() -> this.server.requests("/m.gguf").size() == 3);
		call.dispose();
		this.fixture.get("m");
		this.fixture.get("m");
		assertThat(this.ends).containsExactly("m failed", "m cancelled", "m downloaded");
	}

	@Test
	void everyFailedRequestIsObservedAlsoTheLastOne() {
		this.server.script("/m.gguf", Reply.status(503), Reply.status(404), Reply.status(404));
		DefaultModelCache cache = this.fixture.open(request().maxAttempts(3).build());
		StepVerifier.create(cache.get("m")).expectError().verify(PATIENCE);
		String mirror = "127.0.0.1:" + this.server.port() + " " + this.server.uri("/m.gguf");
		assertThat(this.failures).containsExactly(mirror + " answered 503", "retried status-503",
				mirror + " answered 404", mirror + " answered 404");
	}

	@Test
	void expectedDigestOfTheRequestIsWhatVerifyComparesWith() {
		Digest sha512 = this.content.digest(Digest.Algorithm.SHA512);
		DefaultModelCache cache = this.fixture.open(request().expectedDigest(sha512).build());
		this.fixture.get("m");
		assertThat(cache.verify("m").block(PATIENCE)).isNotNull();
	}

}
