/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelStorageException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls from threads that must not block return while the disk does not answer, and a
 * file that was deleted is noticed by a check.
 */
class HangingDiskTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private volatile CountDownLatch hung = new CountDownLatch(1);

	private volatile CountDownLatch answers = new CountDownLatch(1);

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private final Set<String> threads = ConcurrentHashMap.newKeySet();

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", Content.random(100_000, 1));

	@TempDir
	private Path directory;

	private CacheFixture fixture;

	private DefaultModelCache cache;

	@BeforeEach
	void open() {
		this.fixture = new CacheFixture(this.directory.resolve("cache")).threads(new EngineThreads(this.timer));
		Path hanging = hanging(this.directory.toAbsolutePath().resolve("models/m.gguf"));
		this.cache = this.fixture.open(ModelRequest.builder("m").url(this.server.uri("/m.gguf")).build(),
				ModelRequest.builder("hanging").url(this.server.uri("/m.gguf")).modelPath(hanging).build());
	}

	@AfterEach
	void close() {
		this.answers.countDown();
		this.fixture.close();
		this.server.close();
	}

	/** Returns a path below a mount that does not answer. */
	private Path hanging(Path path) {
		return (Path) Proxy.newProxyInstance(Path.class.getClassLoader(), new Class<?>[] { Path.class },
				(proxy, method, arguments) -> {
					switch (method.getName()) {
						case "toAbsolutePath", "normalize" -> {
							return proxy;
						}
						case "getParent" -> {
							return hanging(path.getParent());
						}
						case "toRealPath" -> hang();
						case "equals" -> {
							return proxy == arguments[0];
						}
					}
					try {
						return method.invoke(path, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	private void hang() throws InterruptedException {
		this.threads.add(Thread.currentThread().getName());
		this.hung.countDown();
		assertThat(this.answers.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
	}

	private static CompletableFuture<Void> onParallel(Runnable call) {
		return CompletableFuture.runAsync(call, Schedulers.parallel()::schedule);
	}

	@Test
	void getReturnsToItsCallerWhileTheDiskHangs() throws Exception {
		CompletableFuture<CachedModel> model = new CompletableFuture<>();
		assertThat(onParallel(() -> this.cache.get("hanging").subscribe(model::complete, model::completeExceptionally)))
			.succeedsWithin(PATIENCE);
		assertThat(this.hung.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		assertThat(onParallel(() -> {
			assertThat(this.cache.status("hanging").model()).isNull();
			this.cache.statuses("hanging").subscribe();
			this.cache.check("hanging").subscribe();
			this.cache.verify("hanging").subscribe((verified) -> {
			}, (failure) -> {
			});
			this.cache.refresh("hanging").subscribe((refreshed) -> {
			}, (failure) -> {
			});
		})).succeedsWithin(PATIENCE);
		assertThat(model).isNotDone();
		this.answers.countDown();
		assertThat(model).succeedsWithin(PATIENCE);
		assertThat(this.threads).noneMatch((name) -> name.startsWith("parallel"));
	}

	@Test
	void deletedFileIsNoticedByACheckAndNotByReadingTheStatus() throws Exception {
		Files.delete(this.fixture.get("m").path());
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.READY);
		StepVerifier.create(this.cache.check("m"))
			.assertNext((status) -> assertThat(status.state()).isEqualTo(ModelState.ABSENT))
			.expectComplete()
			.verify(PATIENCE);
		assertThat(this.cache.status("m").state()).isEqualTo(ModelState.ABSENT);
	}

	@Test
	void checkLeavesAModelThatIsThere() {
		this.fixture.get("m");
		ModelStatus ready = this.cache.status("m");
		assertThat(Mono.zip(this.cache.check("m"), this.cache.check("m")).block(PATIENCE))
			.allSatisfy((status) -> assertThat(status).isEqualTo(ready));
		StepVerifier.create(this.cache.check("nope")).expectError(ModelNotFoundException.class).verify(PATIENCE);
	}

	@Test
	void deletedFileIsFetchedAgainByRefreshAndByVerify() throws Exception {
		Files.delete(this.fixture.get("m").path());
		assertThat(this.cache.refresh("m").block(PATIENCE).path()).exists();
		Files.delete(this.fixture.get("m").path());
		assertThat(this.cache.verify("m").block(PATIENCE).path()).exists();
	}

	@Test
	void verificationThatTheDiskHoldsIsGivenUpAndTheNextOperationNamesTheCall() throws Exception {
		heldOperationIsGivenUp(this.cache.verify("hanging"), "verified");
		assertThat(this.cache.status("hanging").state()).isEqualTo(ModelState.FAILED);
		assertThat(this.fixture.events(ModelFailed.class)).extracting((event) -> event.error().problem())
			.first()
			.asString()
			.contains("nothing advanced");
		letTheDiskAnswer();
		assertThat(this.cache.status("hanging").state()).isEqualTo(ModelState.READY);
	}

	@Test
	void requestForAModelWhoseDiskHangsShowsItsFailure() throws Exception {
		CompletableFuture<CachedModel> first = this.cache.get("hanging").toFuture();
		assertThat(this.hung.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		this.cache.cancel("hanging").block(PATIENCE);
		assertThat(first).failsWithin(PATIENCE);
		assertThat(this.cache.status("hanging").state()).isEqualTo(ModelState.CANCELLED);
		awaitWithTime(() -> this.cache.get("hanging").toFuture().isCompletedExceptionally());
		assertThat(this.cache.status("hanging").error()).isInstanceOf(ModelStorageException.class);
		assertThat(Background.mendableFailure(this.cache.status("hanging"))).as("it is tried again").isNotNull();
	}

	@Test
	void evictionThatTheDiskHoldsIsGivenUpAndDeletesNothingLater() throws Exception {
		Path path = heldOperationIsGivenUp(this.cache.evict("hanging"), "evicted");
		letTheDiskAnswer();
		assertThat(path).exists();
	}

	/** Returns the file of the model. */
	private Path heldOperationIsGivenUp(Mono<?> operation, String what) throws Exception {
		this.answers.countDown();
		Path path = this.fixture.get("hanging").path();
		this.answers = new CountDownLatch(1);
		this.hung = new CountDownLatch(1);
		CompletableFuture<?> held = operation.toFuture();
		assertThat(this.hung.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		awaitWithTime(held::isDone);
		assertThat(held).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelStorageException.class)
			.withMessageContaining("nothing advanced for 900000 ms while it was " + what);
		AtomicReference<Throwable> failure = new AtomicReference<>();
		awaitWithTime(() -> {
			CompletableFuture<Throwable> later = this.cache.verify("hanging")
				.toFuture()
				.handle((model, thrown) -> thrown);
			failure.set(later.getNow(null));
			return failure.get() != null;
		});
		assertThat(failure.get()).isInstanceOf(ModelStorageException.class)
			.hasMessageContaining("called in HangingDiskTests.hang, since ");
		return path;
	}

	/** Waits for what happens after enough time. */
	private void awaitWithTime(Callable<Boolean> condition) {
		Awaitility.await().atMost(PATIENCE).until(() -> {
			this.timer.advanceTimeBy(Duration.ofSeconds(30));
			return condition.call();
		});
	}

	private void letTheDiskAnswer() {
		this.answers.countDown();
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> this.cache.get("hanging").onErrorComplete().blockOptional(PATIENCE).isPresent());
	}

}
