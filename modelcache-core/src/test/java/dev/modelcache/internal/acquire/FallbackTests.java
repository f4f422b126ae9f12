/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFallbackUsed;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelTransferException;
import dev.modelcache.internal.lock.LockSettings;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is served when the first source does not serve.
 */
@ExtendWith(OutputCaptureExtension.class)
class FallbackTests {

	private static final Duration GIVE_UP_AFTER = Duration.ofMinutes(1);

	@TempDir
	private Path directory;

	private final Content content = Content.random(50_000, 1);

	private final Content small = Content.random(10_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start()
		.always("/m.gguf", Reply.status(500))
		.serve("/other.gguf", this.content)
		.serve("/small.gguf", this.small);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/m.gguf"))
			.expectedDigest(this.content.sha256())
			.maxAttempts(2);
	}

	private ModelRequest smallModel() {
		return ModelRequest.builder("m")
			.url(this.server.uri("/small.gguf"))
			.expectedDigest(this.small.sha256())
			.build();
	}

	private CacheFixture open(ModelRequest.Builder request) {
		CacheFixture fixture = new CacheFixture(this.directory);
		fixture.open(request.build());
		return fixture;
	}

	@Test
	void mirrorIsNoFallback() {
		try (CacheFixture fixture = open(request().mirrors(List.of(this.server.uri("/other.gguf"))))) {
			CachedModel model = fixture.get("m");
			assertThat(model.fallback()).isFalse();
			assertThat(model.source()).endsWith("/other.gguf");
			assertThat(fixture.events(ModelFallbackUsed.class)).isEmpty();
		}
		assertThat(this.server.requests("/m.gguf")).isNotEmpty();
	}

	@Test
	void mirrorsAreAskedInTheirOrder() {
		this.server.always("/first.gguf", Reply.status(404));
		try (CacheFixture fixture = open(
				request().mirrors(List.of(this.server.uri("/first.gguf"), this.server.uri("/other.gguf"))))) {
			assertThat(fixture.get("m").source()).endsWith("/other.gguf");
		}
		assertThat(this.server.requests().stream().map((request) -> request.path()).distinct())
			.containsExactly("/m.gguf", "/first.gguf", "/other.gguf");
	}

	@Test
	void mirrorThatSendsOtherBytesIsFollowedByTheNextOne() {
		this.server.always("/m.gguf", Reply.ok()).serve("/m.gguf", this.small);
		try (CacheFixture fixture = open(request().mirrors(List.of(this.server.uri("/other.gguf"))))) {
			assertThat(fixture.get("m").digest()).isEqualTo(this.content.sha256());
		}
	}

	@Test
	void fallbackUrlIsTheSameModelAndAnnounced(CapturedOutput output) {
		try (CacheFixture fixture = open(request().fallbackUrl(this.server.uri("/other.gguf")))) {
			CachedModel model = fixture.get("m");
			assertThat(model.fallback()).isTrue();
			assertThat(model.digest()).isEqualTo(this.content.sha256());
			assertThat(fixture.cache().status("m").fallback()).isTrue();
			Awaitility.await()
				.atMost(CacheFixture.PATIENCE)
				.until(() -> fixture.events(ModelFallbackUsed.class).size() == 1);
			ModelFallbackUsed event = fixture.events(ModelFallbackUsed.class).get(0);
			assertThat(event.source()).endsWith("/other.gguf");
			assertThat(event.reason()).isInstanceOf(ModelTransferException.class);
		}
		assertThat(output.getOut().lines()).anyMatch((line) -> line.contains("WARN")
				&& line.contains("Model 'm': falling back to " + this.server.uri("/other.gguf")));
	}

	@Test
	void fallbackUrlComesBeforeFallbackModels() {
		try (CacheFixture fixture = open(
				request().fallbackUrl(this.server.uri("/other.gguf")).fallback(smallModel()))) {
			assertThat(fixture.get("m").source()).endsWith("/other.gguf");
		}
		assertThat(this.server.requests("/small.gguf")).isEmpty();
	}

	@Test
	void fallbackModelKeepsItsOwnNameBesideThePrimarysPlace() {
		Path primary = this.directory.resolve("models/primary.gguf");
		ModelRequest fallback = ModelRequest.builder("m")
			.url(this.server.uri("/small.gguf"))
			.expectedDigest(this.small.sha256())
			.modelPath(primary.resolveSibling("small.gguf"))
			.build();
		try (CacheFixture fixture = open(request().modelPath(primary).fallback(fallback))) {
			CachedModel model = fixture.get("m");
			assertThat(model.fallback()).isTrue();
			assertThat(model.id()).isEqualTo("m");
			assertThat(model.path()).isEqualTo(primary.resolveSibling("small.gguf"))
				.satisfies(Content.exactly(this.small.bytes()));
		}
		assertThat(primary).doesNotExist();
	}

	@Test
	void fallbackModelInTheCacheHasAPlaceOfItsOwn() {
		try (CacheFixture fixture = open(request().fallback(smallModel()))) {
			assertThat(fixture.get("m").path()).hasFileName("small.gguf");
		}
	}

	@Test
	void wrongBytesLeadToTheFallbackToo() {
		this.server.always("/m.gguf", Reply.ok()).serve("/m.gguf", this.small);
		try (CacheFixture fixture = open(request().fallback(smallModel()))) {
			assertThat(fixture.get("m").fallback()).isTrue();
		}
	}

	@Test
	void cachedFallbackIsServedAsOneAndThePrimaryIsAskedFirst() {
		try (CacheFixture fixture = open(request().fallback(smallModel()))) {
			fixture.get("m");
		}
		try (CacheFixture fixture = open(request().fallback(smallModel()))) {
			CachedModel model = fixture.get("m");
			assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(model.fallback()).isTrue();
		}
		this.server.always("/m.gguf", Reply.ok()).serve("/m.gguf", this.content);
		try (CacheFixture fixture = open(request().fallback(smallModel()))) {
			CachedModel model = fixture.get("m");
			assertThat(model.fallback()).isFalse();
			assertThat(model.digest()).isEqualTo(this.content.sha256());
		}
		assertThat(this.server.requests("/small.gguf")).hasSize(1);
	}

	@Test
	void whenEverythingFailsTheFirstFailureIsToldAndTheOthersAreKept() {
		this.server.always("/small.gguf", Reply.status(404));
		try (CacheFixture fixture = open(request().fallback(smallModel()))) {
			assertThatExceptionOfType(ModelTransferException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining("answered 500")
				.satisfies((failure) -> assertThat(failure.getSuppressed())
					.anyMatch((other) -> String.valueOf(other.getMessage()).contains("answered 404")));
		}
	}

	@Test
	void fallbackThatIsGivenUpHidesNoFailure() throws InterruptedException {
		HangingSource source = new HangingSource();
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		try (CacheFixture fixture = new CacheFixture(this.directory).threads(new EngineThreads(time))
			.transfer(giveUpEarly())
			.resolver(source)) {
			fixture.open(request().fallbackUrl(URI.create("hanging://m.gguf")).build());
			CompletableFuture<CachedModel> model = fixture.cache().get("m").toFuture();
			source.letTimePass(time);
			assertThatExceptionOfType(ModelTransferException.class)
				.isThrownBy(() -> Mono.fromFuture(model).block(CacheFixture.PATIENCE))
				.withMessageContaining("answered 500")
				.satisfies((failure) -> assertThat(failure.getSuppressed())
					.anyMatch((other) -> String.valueOf(other.getMessage()).contains("give-up-after")));
		}
	}

	@Test
	void lockThatIsNotGivenUpIsNoReasonToFallBack() {
		this.server.serve("/m.gguf", this.content).always("/m.gguf", Reply.ok().stallAfter(0));
		try (CacheFixture owner = open(request()); CacheFixture waiting = new CacheFixture(this.directory)) {
			owner.cache().get("m").subscribe((model) -> {
			}, (failure) -> {
			});
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> !this.server.requests().isEmpty());
			waiting.lock(new LockSettings(Duration.ZERO, Duration.ofHours(1)))
				.open(request().fallback(smallModel()).build());
			assertThatExceptionOfType(ModelLockTimeoutException.class).isThrownBy(() -> waiting.get("m"));
		}
		assertThat(this.server.requests("/small.gguf")).isEmpty();
	}

	@Test
	void integrityFailureOfTheOnlySourceIsNotHidden() {
		this.server.always("/m.gguf", Reply.ok()).serve("/m.gguf", this.small);
		try (CacheFixture fixture = open(request())) {
			assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> fixture.get("m"));
		}
	}

	@Test
	void refreshAsksForTheModelItselfAndNotForItsSubstitute() {
		try (CacheFixture fixture = open(request().expectedDigest(null).fallbackUrl(this.server.uri("/other.gguf")))) {
			CachedModel substitute = fixture.get("m");
			int requests = this.server.requests("/other.gguf").size();
			assertThatExceptionOfType(ModelTransferException.class)
				.isThrownBy(() -> fixture.cache().refresh("m").block(CacheFixture.PATIENCE));
			assertThat(this.server.requests("/other.gguf")).hasSize(requests);
			assertThat(fixture.cache().status("m").model()).isEqualTo(substitute);
			this.server.always("/m.gguf", Reply.ok()).serve("/m.gguf", this.small);
			assertThat(fixture.cache().refresh("m").block(CacheFixture.PATIENCE)).isNotNull().satisfies((model) -> {
				assertThat(model.fallback()).isFalse();
				assertThat(model.digest()).isEqualTo(this.small.sha256());
			});
		}
	}

	@Test
	void sourceThatIsSlowerThanMinSpeedGivesWayToTheFallback() {
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		this.server.serve("/m.gguf", this.content).always("/m.gguf", Reply.ok().stallAfter(1));
		Duration never = Duration.ofDays(1);
		try (CacheFixture fixture = new CacheFixture(this.directory).timer(time)
			.transfer(new TransferSettings(DataSize.ofKilobytes(256), 4, DataSize.ofMegabytes(16), never, never, 5,
					true, null, never, DataSize.ofKilobytes(1)))) {
			fixture.open(request().fallbackUrl(this.server.uri("/other.gguf")).build());
			CompletableFuture<CachedModel> model = fixture.cache().get("m").toFuture();
			Awaitility.await().atMost(CacheFixture.PATIENCE).until(() -> {
				if (this.server.requests("/other.gguf").isEmpty()) {
					time.advanceTimeBy(Duration.ofSeconds(10));
				}
				return model.isDone();
			});
			assertThat(model).isCompletedWithValueMatching(CachedModel::fallback);
			assertThat(fixture.events(ModelFallbackUsed.class)).singleElement()
				.satisfies((event) -> assertThat(event.reason()).hasMessageContaining("min-speed"));
		}
	}

	@Test
	void fileThatIsThereIsServedThoughItsSourceHangs(CapturedOutput output) throws Exception {
		Path file = Files.write(this.directory.resolve("mine.gguf"), this.small.bytes());
		HangingSource source = new HangingSource();
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		try (CacheFixture fixture = new CacheFixture(this.directory.resolve("cache")).threads(new EngineThreads(time))
			.transfer(giveUpEarly())
			.resolver(source)) {
			fixture.open(ModelRequest.builder("m").url(URI.create("hanging://m.gguf")).modelPath(file).build());
			CompletableFuture<CachedModel> model = fixture.cache().get("m").toFuture();
			source.letTimePass(time);
			assertThat(model.get(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS).path())
				.satisfies(Content.exactly(this.small.bytes()));
			assertThat(output).contains("the file at its path is served").contains("give-up-after");
			assertThat(fixture.cache().status("m").state()).isEqualTo(ModelState.READY);
		}
	}

	@Test
	void whatAnotherToolHasIsServedThoughTheSourceHangs(CapturedOutput output) throws Exception {
		Path ollama = Files.createDirectories(this.directory.resolve("blobs"));
		Path file = Files.write(ollama.resolve("sha256-" + this.small.sha256().hex()), this.small.bytes());
		HangingSource source = new HangingSource() {

			@Override
			public Mono<ResolvedModel> known(SourceLocation location) {
				return Mono
					.just(new ResolvedModel(new RemoteFile("m.gguf", List.of(new Mirror(location.uri(), Map.of())),
							new ExpectedDigest(FallbackTests.this.small.sha256(), DigestOrigin.FILE_NAME), null)));
			}

		};
		VirtualTimeScheduler time = VirtualTimeScheduler.create();
		try (CacheFixture fixture = new CacheFixture(this.directory.resolve("cache")).threads(new EngineThreads(time))
			.transfer(giveUpEarly())
			.store(new StoreSettings(this.directory.resolve("cache"), DataSize.ofMegabytes(1), Verification.FINGERPRINT)
				.withAdoption(new AdoptionSettings(true, List.of(), List.of(this.directory))))
			.resolver(source)) {
			fixture.open(ModelRequest.builder("m").url(URI.create("hanging://m.gguf")).build());
			CompletableFuture<CachedModel> model = fixture.cache().get("m").toFuture();
			source.letTimePass(time);
			assertThat(model.get(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS).path())
				.satisfies(Content.exactly(this.small.bytes()));
			assertThat(output).contains("the copy on this machine is served");
		}
		assertThat(file).exists();
	}

	private static TransferSettings giveUpEarly() {
		return new TransferSettings(DataSize.ofKilobytes(256), 4, DataSize.ofMegabytes(16), GIVE_UP_AFTER,
				GIVE_UP_AFTER, 5, true, null, GIVE_UP_AFTER, DataSize.ofBytes(0));
	}

	/** A source that is asked and does not answer. */
	private static class HangingSource implements SourceResolver {

		private final CountDownLatch asked = new CountDownLatch(1);

		@Override
		public Set<String> schemes() {
			return Set.of("hanging");
		}

		@Override
		public Mono<ResolvedModel> resolve(SourceLocation location) {
			return Mono.<ResolvedModel>never().doOnSubscribe((subscription) -> this.asked.countDown());
		}

		/** As long as a source may take, once it is asked. */
		void letTimePass(VirtualTimeScheduler time) throws InterruptedException {
			assertThat(this.asked.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			time.advanceTimeBy(GIVE_UP_AFTER.plusSeconds(1));
		}

	}

}
