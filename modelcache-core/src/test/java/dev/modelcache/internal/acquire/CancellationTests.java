/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An acquisition that is cancelled for all who wait for it.
 */
class CancellationTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final List<String> heard = new CopyOnWriteArrayList<>();

	private CacheFixture fixture;

	private DefaultModelCache cache;

	@BeforeEach
	void open() {
		this.fixture = new CacheFixture(this.directory).observer(new AcquisitionObserver() {
			@Override
			public void transferFailed(String modelId, String problem) {
				CancellationTests.this.heard.add(problem);
			}

			@Override
			public void transferEnded(String modelId) {
				CancellationTests.this.heard.add("transfer ended");
			}

			@Override
			public void ended(String modelId, String outcome, Duration elapsed) {
				CancellationTests.this.heard.add(outcome);
			}
		});
		this.cache = this.fixture.open(request());
	}

	@AfterEach
	void close() {
		this.fixture.close();
		this.server.close();
	}

	private ModelRequest request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(0).build();
	}

	private void awaitState(ModelState state) {
		Awaitility.await().atMost(PATIENCE).until(() -> this.cache.status("m").state() == state);
	}

	@Test
	void allCallersAreToldAndTheModelStaysCancelledUntilItIsAskedForAgain() {
		this.server.script("/m.gguf", Reply.ok().stallAfter(500_000));
		CompletableFuture<CachedModel> one = this.cache.get("m").toFuture();
		CompletableFuture<CachedModel> other = this.cache.get("m").toFuture();
		awaitState(ModelState.DOWNLOADING);
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
		assertThat(one).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		assertThat(other).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		assertThat(this.heard).containsExactly("it was cancelled", "transfer ended", "cancelled");
		assertThat(this.fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
	}

	@Test
	void whereNothingIsUnderWayNothingChanges() {
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.ABSENT);
		this.fixture.get("m");
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void modelIsReadyWhileItsRenewalIsCancelled() {
		this.fixture.get("m");
		this.server.serve("/m.gguf", Content.random(1_000_000, 2)).always("/m.gguf", Reply.ok().stallAfter(500_000));
		CompletableFuture<CachedModel> refresh = this.cache.refresh("m").toFuture();
		Awaitility.await().atMost(PATIENCE).until(() -> this.fixture.stagedFiles().size() == 1);
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		assertThat(refresh).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void unknownIdIsAnErrorSignal() {
		StepVerifier.create(this.cache.cancel("x")).expectError(ModelNotFoundException.class).verify(PATIENCE);
	}

	@Test
	void nobodyBlamesTheBackgroundAttemptThatIsCancelled() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(500_000));
		ConfiguredModels models = new ConfiguredModels(List.of(request()));
		Background background = new Background(this.cache, models, Duration.ofHours(1), null, false,
				Schedulers.parallel(), Clock.systemUTC());
		background.ensure("m");
		awaitState(ModelState.DOWNLOADING);
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		background.ensureIfDue("m");
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
		this.server.always("/m.gguf", Reply.ok());
		background.ensure("m");
		awaitState(ModelState.READY);
	}

	@Test
	void cancellingAfterAFailureThatTimeMayMendCancelsTheNextAttempt() {
		this.server.always("/m.gguf", Reply.status(500));
		StepVerifier.create(this.cache.get("m")).expectError(ModelTransferException.class).verify(PATIENCE);
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.CANCELLED);
		assertThat(this.cache.status("m").error()).isInstanceOf(ModelTransferException.class);
	}

	@Test
	void cancellingAfterAnotherFailureChangesNothing() {
		this.server.always("/m.gguf", Reply.status(404));
		StepVerifier.create(this.cache.get("m")).expectError(ModelNotFoundException.class).verify(PATIENCE);
		StepVerifier.create(this.cache.cancel("m")).expectComplete().verify(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.FAILED);
	}

}
