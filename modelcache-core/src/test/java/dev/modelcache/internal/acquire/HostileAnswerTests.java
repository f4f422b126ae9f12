/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.lock.FileCacheLockFactory;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.source.Credentials;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An acquisition ends, whatever servers send and whatever is thrown on its way, and the
 * model can be had afterwards.
 */
@Execution(ExecutionMode.CONCURRENT)
class HostileAnswerTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	@TempDir
	private Path directory;

	private final Content content = Content.random(1_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private CacheFixture fixture;

	@AfterEach
	void close() {
		if (this.fixture != null) {
			this.fixture.close();
		}
		this.server.close();
	}

	private CacheFixture fixture() {
		this.fixture = new CacheFixture(this.directory);
		return this.fixture;
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(1);
	}

	private ModelCacheException failure(ModelCache cache) {
		AtomicInteger failures = new AtomicInteger();
		StepVerifier.create(cache.get("m")).expectErrorSatisfies((failure) -> {
			assertThat(failure).isInstanceOf(ModelCacheException.class);
			failures.incrementAndGet();
		}).verify(PATIENCE);
		assertThat(failures).hasValue(1);
		assertThat(cache.status("m").state()).isEqualTo(ModelState.FAILED);
		ModelCacheException error = cache.status("m").error();
		assertThat(error).isNotNull();
		return error;
	}

	/** An impatient cache may give up a download where the machine is busy. */
	private static @Nullable CachedModel patiently(ModelCache cache) {
		return cache.get("m")
			.retryWhen(
					Retry.max(10).filter((failure) -> String.valueOf(failure.getMessage()).contains("give-up-after")))
			.block(PATIENCE);
	}

	private void worksNow(ModelCache cache) {
		CachedModel model = patiently(cache);
		assertThat(model).isNotNull();
		assertThat(model.path()).matches(this.content::isIn);
	}

	static List<String> rateLimits() {
		return List.of('"' + "a".repeat(3000), '"' + "a".repeat(3000) + "\";r=0;t=1", '"' + "\\\"".repeat(1500),
				"\"a\\\\".repeat(600), ";".repeat(3000), "; ".repeat(1500), "r=0,".repeat(700));
	}

	@ParameterizedTest
	@MethodSource("rateLimits")
	void longRateLimitIsReadOrIgnored(String header) {
		this.server.script("/m.gguf", Reply.status(503).header("RateLimit", header));
		ModelCache cache = fixture().open(request().build());
		assertThat(failure(cache)).hasMessageContaining("503");
		worksNow(cache);
	}

	/** A pattern that calls itself for each label overflows the stack. */
	@Test
	void redirectToAHostOfThousandsOfLabelsIsNoUrl() {
		Reply redirect = Reply.redirect(302, "https://" + "a.".repeat(4000) + "a/m.gguf");
		this.server.script("/m.gguf", redirect, redirect, Reply.ok());
		ModelCache cache = fixture().open(request().build());
		assertThat(failure(cache)).hasMessageContaining("redirect");
		worksNow(cache);
	}

	static List<Supplier<Error>> errors() {
		return List.of(StackOverflowError::new, () -> new OutOfMemoryError("Java heap space"),
				() -> new NoClassDefFoundError("com/example/Missing"), () -> new AssertionError("wrong"));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfAnObserverWhileVerifyingFailsTheModelAndNamesTheState(Supplier<Error> error) {
		ModelCache cache = fixture().observer(new AcquisitionObserver() {
			@Override
			public void lockWaited(Duration waited) {
				throw error.get();
			}
		}).open(request().build());
		assertThat(failure(cache).problem()).contains("RESOLVING", FailureBoundary.describe(error.get()));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfALockFailsTheModel(Supplier<Error> error) {
		CacheLockFactory locks = (request, whileWaiting) -> {
			throw error.get();
		};
		ModelCache cache = fixture().locks(locks, new ExclusiveFiles()).open(request().build());
		assertThat(failure(cache).problem()).contains("RESOLVING", FailureBoundary.describe(error.get()));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfASourceIsAFailureOfThatSource(Supplier<Error> error) {
		ModelCache cache = fixture().resolver(resolver((location) -> {
			throw error.get();
		})).open(ModelRequest.builder("m").url(this.server.uri("/m.gguf").resolve("x://y/z")).build());
		assertThat(failure(cache).problem()).contains(FailureBoundary.describe(error.get()));
	}

	private CacheFixture impatient() {
		return fixture().transfer(new TransferSettings(DataSize.ofKilobytes(256), 4, DataSize.ofMegabytes(16), PATIENCE,
				PATIENCE, 5, true, null, Duration.ofSeconds(2), DataSize.ofBytes(0)));
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOnAThreadOfASourceEndsTheAcquisitionWhenNothingAdvancesForTooLong(Supplier<Error> error) {
		AtomicBoolean broken = new AtomicBoolean(true);
		ModelCache cache = impatient().resolver(resolver((location) -> broken.getAndSet(false)
				? Mono.just(1).publishOn(Schedulers.boundedElastic()).map((one) -> {
					throw error.get();
				}) : Mono.just(model(Credentials.NONE))))
			.open(request().url(URI.create("x://y/m.gguf")).build());
		ModelCacheException failure = failure(cache);
		assertThat(failure).isInstanceOf(ModelTransferException.class);
		assertThat(failure.problem()).containsAnyOf("RESOLVING", "x://y/m.gguf");
		worksNow(cache);
	}

	@Test
	void sourceThatNeverAnswersGivesWayToTheFallback() {
		ModelCache cache = impatient().resolver(resolver((location) -> Mono.never()))
			.open(request().url(URI.create("x://y/m.gguf")).fallbackUrl(this.server.uri("/m.gguf")).build());
		CachedModel model = patiently(cache);
		assertThat(model).isNotNull();
		assertThat(model.fallback()).isTrue();
	}

	@Test
	void sourceThatBlocksIsGivenUpAndTheModelCanBeAskedForAgain() {
		CountDownLatch blocked = new CountDownLatch(1);
		AtomicBoolean broken = new AtomicBoolean(true);
		ModelCache cache = impatient().resolver(resolver((location) -> {
			if (broken.getAndSet(false)) {
				awaitUninterruptibly(blocked);
			}
			return Mono.just(model(Credentials.NONE));
		})).open(request().url(URI.create("x://y/m.gguf")).build());
		assertThat(failure(cache).problem()).contains("RESOLVING", "x://y/m.gguf");
		worksNow(cache);
		blocked.countDown();
	}

	@Test
	void observerThatBlocksTheTransferIsGivenUpAndCancelAnswers() {
		CountDownLatch blocked = new CountDownLatch(1);
		this.server.script("/m.gguf", Reply.status(503));
		ModelCache cache = impatient().observer(new AcquisitionObserver() {
			@Override
			public void requestFailed(String modelId, String host, String problem) {
				awaitUninterruptibly(blocked);
			}
		}).open(request().build());
		assertThat(failure(cache)).hasMessageContaining("nothing advanced");
		cache.cancel("m").block(PATIENCE);
		blocked.countDown();
		this.server.always("/m.gguf", Reply.ok());
		worksNow(cache);
	}

	@Test
	void lockThatIsNeverGivenIsGivenUp() {
		CountDownLatch blocked = new CountDownLatch(1);
		CacheLockFactory locks = (request, whileWaiting) -> {
			awaitUninterruptibly(blocked);
			throw new IllegalStateException("too late");
		};
		ModelCache cache = impatient().locks(locks, new ExclusiveFiles()).open(request().build());
		assertThat(failure(cache)).hasMessageContaining("RESOLVING");
		blocked.countDown();
	}

	@Test
	void bodyThatNeverComesIsGivenUpThoughTheServerStaysConnected() {
		this.server.always("/m.gguf", Reply.ok().stallAfter(0));
		ModelCache cache = impatient().open(request().build());
		ModelCacheException failure = failure(cache);
		// On a busy machine, an earlier step may take too long.
		for (int i = 0; i < 10 && !failure.getMessage().contains("DOWNLOADING"); i++) {
			failure = failure(cache);
		}
		assertThat(failure).hasMessageContaining("DOWNLOADING");
		this.server.release();
		this.server.always("/m.gguf", Reply.ok());
		worksNow(cache);
	}

	@Test
	void waitForALockIsAReasonAndIsNotGivenUp() {
		CacheLockFactory locks = new FileCacheLockFactory(LockSettings.defaults(), Clock.systemUTC());
		List<CacheLock> held = new CopyOnWriteArrayList<>();
		AtomicInteger looks = new AtomicInteger();
		ModelCache cache = impatient().locks((request, whileWaiting) -> {
			if (held.isEmpty()) {
				held.add(locks.acquire(request, (owner) -> {
				}));
			}
			return locks.acquire(request, (owner) -> {
				whileWaiting.accept(owner);
				// Longer than nothing may advance otherwise.
				if (looks.incrementAndGet() == 8) {
					held.get(0).close();
				}
			});
		}, new ExclusiveFiles()).open(request().build());
		worksNow(cache);
		assertThat(looks).hasValueGreaterThanOrEqualTo(8);
	}

	@Test
	void failingCallerAndFailingWatcherConcernNobodyElse() {
		ModelCache cache = fixture().open(request().build());
		this.server.always("/m.gguf", Reply.ok().throttled(2_000_000));
		cache.statuses().subscribe((status) -> {
			throw new StackOverflowError();
		}, (failure) -> {
		});
		cache.get("m").subscribe((model) -> {
			throw new StackOverflowError();
		}, (failure) -> {
		});
		worksNow(cache);
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		boolean released = false;
		while (!released) {
			try {
				released = latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				// A thread that hangs in the disk cannot be interrupted either.
			}
		}
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfASourceGivesWayToTheFallback(Supplier<Error> error) {
		ModelCache cache = fixture().resolver(resolver((location) -> {
			throw error.get();
		})).open(request().url(URI.create("x://y/m.gguf")).fallbackUrl(this.server.uri("/m.gguf")).build());
		worksNow(cache);
	}

	@ParameterizedTest
	@MethodSource("errors")
	void errorOfCredentialsIsAFailureOfThatMirror(Supplier<Error> error) {
		ModelCache cache = fixture().resolver(resolver((location) -> Mono.just(model(new Credentials() {
			@Override
			public Mono<Map<String, String>> headers() {
				throw error.get();
			}

			@Override
			public Mono<Boolean> refused(Map<String, String> headers, List<String> challenges) {
				return Mono.just(false);
			}
		})))).open(request().url(URI.create("x://y/m.gguf")).build());
		assertThat(failure(cache).problem()).contains(this.server.uri("/m.gguf").toString());
	}

	@Test
	void sourceThatCompletesEmptyIsAFailure() {
		ModelCache cache = fixture().resolver(resolver((location) -> Mono.empty()))
			.open(request().url(URI.create("x://y/m.gguf")).build());
		assertThat(failure(cache)).isInstanceOf(ModelTransferException.class).hasMessageContaining("x://y/m.gguf");
	}

	@Test
	void credentialsThatCompleteEmptyAddNothing() {
		ModelCache cache = fixture().resolver(resolver((location) -> Mono.just(model(new Credentials() {
			@Override
			public Mono<Map<String, String>> headers() {
				return Mono.empty();
			}

			@Override
			public Mono<Boolean> refused(Map<String, String> headers, List<String> challenges) {
				return Mono.empty();
			}
		})))).open(request().url(URI.create("x://y/m.gguf")).build());
		this.server.script("/m.gguf", Reply.status(401));
		assertThat(failure(cache).code()).isEqualTo(ErrorCode.ACCESS_DENIED);
		worksNow(cache);
	}

	private ResolvedModel model(Credentials credentials) {
		Mirror mirror = new Mirror(this.server.uri("/m.gguf"), Map.of(), credentials);
		return new ResolvedModel(new RemoteFile("m.gguf", List.of(mirror), null, null));
	}

	private static SourceResolver resolver(Function<SourceLocation, Mono<ResolvedModel>> resolve) {
		return new SourceResolver() {
			@Override
			public Set<String> schemes() {
				return Set.of("x");
			}

			@Override
			public Mono<ResolvedModel> resolve(SourceLocation location) {
				return resolve.apply(location);
			}
		};
	}

}
