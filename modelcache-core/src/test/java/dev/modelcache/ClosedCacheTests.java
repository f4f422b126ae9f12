/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.Reply;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
 * A cache that is cancelled or closed while the disk, a caller or an observer of the
 * application holds a thread.
 */
@Timeout(240)
@ExtendWith(OutputCaptureExtension.class)
class ClosedCacheTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final OddFileSystem disk = new OddFileSystem(FileSystems.getDefault());

	private final Content content = Content.random(2_000_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final CountDownLatch held = new CountDownLatch(1);

	private final CountDownLatch released = new CountDownLatch(1);

	@AfterEach
	void stop() {
		this.released.countDown();
		this.server.close();
	}

	private ModelCacheBuilder builder() {
		return builder(this.directory.resolve("cache"));
	}

	private ModelCacheBuilder builder(Path cache) {
		return ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? this.directory.resolve("home").toString() : null)
			.cache((options) -> options.directory(cache).minFreeSpace(DataSize.ofMegabytes(1)))
			.download((options) -> options.allowInsecureHttp(true).responseTimeout(PATIENCE).stallTimeout(PATIENCE))
			.verifyFormat(FormatVerification.OFF)
			.model(ModelRequest.builder("m").url(this.server.uri("/m.gguf")).maxAttempts(1).build());
	}

	private void hold() {
		this.held.countDown();
		await(this.released);
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
	void closingDoesNotWaitForADiskThatHangsAndNamesTheCall(CapturedOutput output) {
		ModelCache cache = builder(this.disk.path(this.directory.resolve("cache"))).build();
		cache.get("m").block(PATIENCE);
		this.disk.beforeStoring((step) -> {
			if (step.startsWith("touch ")) {
				hold();
			}
		});
		assertThat(CompletableFuture.runAsync(cache::close)).succeedsWithin(PATIENCE);
		assertThat(this.held.getCount()).as("the disk was used").isZero();
		assertThat(output).containsOnlyOnce("closed without waiting any longer")
			.contains("park, called in ClosedCacheTests.await");
	}

	@Test
	void callerThatDoesNotReturnIsNamedOnce(CapturedOutput output) {
		ModelCacheBuilder builder = builder();
		ModelCache cache = builder.build();
		ModelCacheOperations operations = builder.operations(cache);
		cache.get("m").doOnNext((model) -> hold()).subscribe();
		await(this.held);
		operations.stop();
		operations.awaitStopped();
		operations.close();
		cache.close();
		assertThat(output).containsOnlyOnce("closed without waiting any longer")
			.contains("park, called in ClosedCacheTests.await");
	}

	/** All directories of the cache are read for both. */
	@Test
	void downloadsAndMetersDoNotWaitUntilTheFilesOfTheCacheAreCounted() throws Exception {
		ModelCacheBuilder builder = builder(this.disk.path(this.directory.resolve("cache")));
		try (ModelCache cache = builder.build()) {
			ModelCacheOperations operations = builder.operations(cache);
			this.disk.beforeStoring((step) -> {
				if (step.equals("list cache")) {
					hold();
				}
			});
			assertThat(cache.get("m").toFuture()).succeedsWithin(PATIENCE);
			await(this.held);
			assertThat(CompletableFuture.supplyAsync(operations::usage)).succeedsWithin(PATIENCE)
				.satisfies((usage) -> assertThat(usage.used()).isNull());
			this.released.countDown();
			Awaitility.await().atMost(PATIENCE).until(() -> operations.usage().used() != null);
		}
	}

	@Test
	void operationsEndWithTheirCache() {
		ModelCacheBuilder builder = builder();
		ModelCache cache = builder.build();
		ModelCacheOperations operations = builder.operations(cache);
		operations.ensure("m");
		Awaitility.await().atMost(PATIENCE).until(() -> cache.status("m").state() == ModelState.READY);
		cache.close();
		assertThatExceptionOfType(ModelCancelledException.class).isThrownBy(() -> operations.ensure("m"))
			.withMessageContaining("the application is closing");
		assertThatExceptionOfType(ModelCancelledException.class).isThrownBy(() -> operations.refresh("m"));
		operations.ensureIfDue("m");
		assertThat(cache.status("m").state()).isEqualTo(ModelState.READY);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void observerThatBlocksHoldsUpNeitherCancellingNorClosing(boolean atTheStart) {
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStart(Observation.Context context) {
				if (atTheStart) {
					hold();
				}
			}

			@Override
			public void onStop(Observation.Context context) {
				hold();
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		this.server.always("/m.gguf", Reply.ok().stallAfter(1_000_000));
		ModelCacheBuilder builder = builder();
		new ModelCacheObservations(registry).bindTo(builder);
		ModelCache cache = builder.build();
		CompletableFuture<CachedModel> call = cache.get("m").toFuture();
		if (atTheStart) {
			await(this.held);
		}
		else {
			Awaitility.await().atMost(PATIENCE).until(() -> this.server.bytesSent("/m.gguf") >= 1_000_000);
		}
		assertThat(CompletableFuture.runAsync(() -> cache.cancel("m").block(PATIENCE))).succeedsWithin(PATIENCE);
		assertThat(call).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		assertThat(CompletableFuture.runAsync(cache::close)).succeedsWithin(PATIENCE);
	}

	@Test
	void listenerThatFailsKeepsTheEventFromNoOther() {
		List<ModelCacheEvent> events = new CopyOnWriteArrayList<>();
		try (ModelCache cache = builder().listener((event) -> {
			throw new IllegalStateException("listener");
		}).listener(events::add).build()) {
			cache.get("m").block(PATIENCE);
			Awaitility.await()
				.atMost(PATIENCE)
				.untilAsserted(() -> assertThat(events).hasAtLeastOneElementOfType(ModelReady.class));
		}
	}

}
