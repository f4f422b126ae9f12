/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelRequest;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.Question;
import dev.modelcache.testsupport.CachedModels;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link DefaultModelManager}.
 */
class DefaultModelManagerTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private final ModelCache cache = mock(ModelCache.class);

	private final FakeLoader loader = new FakeLoader();

	private final DefaultModelManager manager = new DefaultModelManager("default", this.cache, this.loader,
			RuntimeObserver.NONE, Clock.systemUTC());

	DefaultModelManagerTests() {
		given(this.cache.get("default")).willReturn(Mono.just(version(1)));
	}

	@AfterEach
	void close() {
		this.loader.gate.countDown();
		this.manager.close();
	}

	private static CachedModel version(int number) {
		return CachedModels.of(Path.of("m.gguf"), Content.random(10, number));
	}

	private static ModelReplaced replaced(int previous, int current) {
		return new ModelReplaced("default", version(previous), version(current));
	}

	private void load() {
		this.manager.loadModel().block(PATIENCE);
	}

	private FakeLoader.FakeModel loaded(int index) {
		return this.loader.loaded.get(index);
	}

	@Test
	void theFileIsAvailableBecauseItWasDownloadedOrWasThere() {
		assertThat(this.manager.ensureModelAvailable().block(PATIENCE)).isFalse();
		given(this.cache.get("default")).willReturn(
				Mono.just(CachedModels.of(Path.of("m.gguf"), Content.random(10, 1), ModelOutcome.DOWNLOADED, "GGUF")));
		assertThat(this.manager.ensureModelAvailable().block(PATIENCE)).isTrue();
		assertThat(this.manager.isLoaded()).isFalse();
	}

	@Test
	void theFileIsLoadedOnceHoweverManyAsk() {
		this.loader.gate = new CountDownLatch(1);
		List<CompletableFuture<Void>> callers = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			callers.add(this.manager.loadModel().toFuture());
		}
		assertThat(this.manager.isLoaded()).isFalse();
		this.loader.gate.countDown();
		assertThat(CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new))).succeedsWithin(PATIENCE);
		load();
		assertThat(this.loader.loaded).hasSize(1);
		assertThat(this.manager.isLoaded()).isTrue();
	}

	@Test
	void aLoadGoesOnWithoutItsCaller() {
		this.loader.gate = new CountDownLatch(1);
		Disposable caller = this.manager.loadModel().subscribe();
		caller.dispose();
		this.loader.gate.countDown();
		load();
		assertThat(this.loader.loaded).hasSize(1);
	}

	@Test
	void aFileThatCannotBeHadIsAnError() {
		given(this.cache.get("default")).willReturn(Mono.error(new ModelNotFoundException("default", "no", "Do")));
		StepVerifier.create(this.manager.loadModel()).expectError(ModelNotFoundException.class).verify(PATIENCE);
	}

	@Test
	void aFailedLoadIsAnErrorAndTheNextOneATryOfItsOwn() {
		this.loader.failure = new UnsatisfiedLinkError("no such library");
		StepVerifier.create(this.manager.loadModel())
			.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(ModelLoadException.class)
				.hasMessageContaining("Model 'default'")
				.hasMessageContaining("no such library"))
			.verify(PATIENCE);
		assertThat(this.manager.isLoaded()).isFalse();
		this.loader.failure = null;
		load();
		assertThat(this.manager.isLoaded()).isTrue();
	}

	private ModelLoadException refused() {
		return ModelLoadException.fileRefused("default", "tensor outside the file", "Do", null);
	}

	static Stream<Throwable> failuresOfOtherReasons() {
		return Stream.of(new ModelLoadException("default", "its process was killed", "Do", null),
				new ModelLoadException("default", "its process cannot be started", "Do", new IOException("no memory")),
				new UnsatisfiedLinkError("no such library"), new IllegalStateException("no device"),
				new ModelFormatException("default", "it is an ONNX file", "Do"));
	}

	@ParameterizedTest
	@MethodSource("failuresOfOtherReasons")
	void aFileThatTheLoaderDoesNotBlameIsNotReadAgain(Throwable failure) {
		this.loader.failure = failure;
		StepVerifier.create(this.manager.loadModel())
			.expectErrorSatisfies((ex) -> assertThat(ex).hasMessageContaining(failure.getMessage())
				.hasMessageNotContaining("read again"))
			.verify(PATIENCE);
		verify(this.cache, never()).verify("default");
	}

	@Test
	void aRefusedFileThatIsWhatWasVerifiedIsReadOnceAndSaidToBe() {
		given(this.cache.verify("default")).willReturn(Mono.just(version(1)));
		this.loader.failure = refused();
		for (int i = 0; i < 3; i++) {
			StepVerifier.create(this.manager.loadModel())
				.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(ModelLoadException.class)
					.hasMessage(
							"Model 'default': tensor outside the file. The file was read again and is not damaged: its"
									+ " bytes are those that were verified (" + version(1).digest() + "). Do."))
				.verify(PATIENCE);
		}
		verify(this.cache, times(1)).verify("default");
		assertThat(this.loader.asked).hasValue(3);
	}

	@Test
	void aRefusedFileThatCannotBeReadAgainIsTheFirstError() {
		given(this.cache.verify("default")).willReturn(Mono.error(new ModelCancelledException("default", "no", "Do")));
		this.loader.failure = refused();
		StepVerifier.create(this.manager.loadModel())
			.expectErrorSatisfies((ex) -> assertThat(ex).hasMessage("Model 'default': tensor outside the file. Do."))
			.verify(PATIENCE);
	}

	@Test
	void aRefusedFileOfWhichAnotherVersionIsThereIsLoadedFromThat() {
		given(this.cache.verify("default")).willReturn(Mono.just(version(2)));
		this.loader.failureOfFirst = refused();
		load();
		assertThat(loaded(0).file).isEqualTo(version(2));
	}

	@Test
	void whatIsUnloadedWhileItsFileIsReadAgainIsNotAcquiredAgain() {
		Sinks.One<CachedModel> reading = Sinks.one();
		given(this.cache.verify("default")).willReturn(reading.asMono());
		this.loader.failureOfFirst = refused();
		CompletableFuture<Void> forgotten = this.manager.loadModel().toFuture();
		Awaitility.await().atMost(PATIENCE).until(() -> reading.currentSubscriberCount() == 1);
		this.manager.unload().block(PATIENCE);
		// Not the one that is forgotten.
		load();
		reading.tryEmitError(new ModelIntegrityException("default", "damaged", "Do"));
		assertThat(forgotten).failsWithin(PATIENCE)
			.withThrowableThat()
			.withCauseInstanceOf(ModelCancelledException.class)
			.withMessageContaining("Load the model 'default' again");
		verify(this.cache, times(2)).get("default");
		assertThat(this.manager.use((model) -> model)).contains(loaded(0));
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aRefusedFileThatIsDamagedIsFetchedAgainAndLoaded(boolean servedAgain, @TempDir Path directory)
			throws Exception {
		Content content = GgufFile.tiny().content();
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", content);
				ModelCache real = ModelCache.builder()
					.environment((name) -> name.equals("user.home") ? directory.resolve("home").toString() : null)
					.cache((cache) -> cache.directory(directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
					.download((download) -> download.allowInsecureHttp(true))
					.model(ModelRequest.builder("default").url(server.uri("/m.gguf")).maxAttempts(1).build())
					.build()) {
			DefaultModelManager loading = new DefaultModelManager("default", real, (model) -> {
				if (this.loader.asked.getAndIncrement() == 0) {
					damage(model.path());
					if (!servedAgain) {
						server.close();
					}
					throw refused();
				}
				return this.loader.load(model);
			}, RuntimeObserver.NONE, Clock.systemUTC());
			if (servedAgain) {
				loading.loadModel().block(PATIENCE);
				assertThat(loaded(0).file.path()).satisfies(Content.exactly(GgufFile.tiny().bytes()));
			}
			else {
				StepVerifier.create(loading.loadModel())
					.expectErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(ModelCacheException.class)
						.satisfies((failure) -> assertThat(failure.getSuppressed())
							.hasAtLeastOneElementOfType(ModelLoadException.class)))
					.verify(PATIENCE);
			}
			loading.close();
		}
	}

	private static void damage(Path file) {
		try {
			byte[] bytes = Files.readAllBytes(file);
			bytes[bytes.length - 1] ^= 1;
			Files.write(file, bytes);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void nothingIsUsedBeforeItIsLoaded() {
		assertThat(this.manager.use((model) -> "used")).isEmpty();
	}

	@Test
	void unloadWaitsForThoseWhoUseTheModel() {
		load();
		CountDownLatch using = new CountDownLatch(1);
		CountDownLatch done = new CountDownLatch(1);
		CompletableFuture<Optional<Boolean>> user = CompletableFuture.supplyAsync(() -> this.manager.use((model) -> {
			using.countDown();
			FakeLoader.await(done);
			return loaded(0).closed;
		}));
		FakeLoader.await(using);
		CompletableFuture<Void> unloaded = this.manager.unload().toFuture();
		Awaitility.await().atMost(PATIENCE).until(() -> !this.manager.isLoaded());
		CompletableFuture<Void> again = this.manager.unload().toFuture();
		assertThat(unloaded).isNotDone();
		done.countDown();
		assertThat(user).succeedsWithin(PATIENCE).isEqualTo(Optional.of(false));
		assertThat(unloaded).succeedsWithin(PATIENCE);
		assertThat(again).succeedsWithin(PATIENCE);
		assertThat(loaded(0).closed).isTrue();
	}

	@Test
	void unloadingWhatIsNotLoadedIsFineAndLoadingAgainToo() {
		this.manager.unload().block(PATIENCE);
		load();
		this.manager.unload().block(PATIENCE);
		this.manager.unload().block(PATIENCE);
		load();
		assertThat(this.loader.loaded).hasSize(2);
		assertThat(loaded(0).closed).isTrue();
		assertThat(this.manager.use((model) -> model)).contains(loaded(1));
	}

	@Test
	void whatIsUnloadedDuringItsDownloadIsNotLoadedAfterwards() {
		Sinks.One<CachedModel> download = Sinks.one();
		given(this.cache.get("default")).willReturn(download.asMono());
		CompletableFuture<Void> load = this.manager.loadModel().toFuture();
		this.manager.unload().block(PATIENCE);
		download.tryEmitValue(version(1));
		assertThat(load).failsWithin(PATIENCE).withThrowableThat().withCauseInstanceOf(ModelCancelledException.class);
		assertThat(this.manager.isLoaded()).isFalse();
		assertThat(this.loader.loaded).allMatch((model) -> model.closed);
	}

	@Test
	void aNewVersionTakesThePlaceOfTheOneBefore() {
		load();
		this.manager.replace(replaced(1, 2));
		Awaitility.await().atMost(PATIENCE).until(() -> loaded(0).closed);
		assertThat(this.manager.use((model) -> model)).contains(loaded(1));
		assertThat(loaded(1).file).isEqualTo(version(2));
	}

	@Test
	void aVersionThatCannotBeLoadedChangesNothing() {
		load();
		this.loader.failure = new IllegalStateException("broken");
		this.manager.replace(replaced(1, 2));
		Awaitility.await().atMost(PATIENCE).until(() -> this.loader.asked.get() == 2);
		assertThat(this.manager.use((model) -> model)).contains(loaded(0));
		assertThat(loaded(0).closed).isFalse();
	}

	@Test
	void whatIsNotLoadedIsNotReplaced() {
		this.manager.replace(replaced(1, 2));
		load();
		this.manager.replace(new ModelReplaced("another", version(1), version(2)));
		this.manager.replace(replaced(2, 1));
		// Everything comes one after the other.
		this.manager.unload().block(PATIENCE);
		assertThat(this.loader.asked).hasValue(1);
	}

	@Test
	void noRequestIsRefusedWhileVersionsAreSwapped() {
		load();
		AtomicBoolean stop = new AtomicBoolean();
		List<CompletableFuture<Integer>> users = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			users.add(CompletableFuture.supplyAsync(() -> {
				int answers = 0;
				while (!stop.get()) {
					Question question = new Question("a", List.of("READ"), 0);
					assertThat(this.manager.use((model) -> model.answer(question, () -> false))).contains("READ");
					answers++;
				}
				return answers;
			}));
		}
		for (int number = 2; number <= 20; number++) {
			this.manager.replace(replaced(number - 1, number));
		}
		Awaitility.await().atMost(PATIENCE).until(() -> this.loader.loaded.size() == 20 && loaded(18).closed);
		stop.set(true);
		assertThat(users).allSatisfy((user) -> assertThat(user).succeedsWithin(PATIENCE));
		assertThat(loaded(19).closed).isFalse();
	}

	@Test
	void afterTheEndNothingIsLoaded() {
		load();
		this.manager.close();
		assertThat(loaded(0).closed).isTrue();
		assertThat(this.manager.isLoaded()).isFalse();
		this.manager.unload().block(PATIENCE);
		this.manager.close();
		StepVerifier.create(this.manager.loadModel()).expectError(ModelCancelledException.class).verify(PATIENCE);
	}

	@Test
	void aLoadThatTheEndOvertakesIsClosed() {
		this.loader.gate = new CountDownLatch(1);
		CompletableFuture<Void> load = this.manager.loadModel().toFuture();
		this.manager.close();
		// Without anybody opening the gate: it is interrupted, or not begun.
		assertThat(load).failsWithin(PATIENCE);
		assertThat(this.loader.loaded).allMatch((model) -> model.closed);
		assertThat(this.manager.isLoaded()).isFalse();
	}

}
