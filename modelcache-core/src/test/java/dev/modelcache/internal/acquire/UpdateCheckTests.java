/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.ModelUpdate;
import dev.modelcache.ModelUpdate.Availability;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link UpdateCheck}: what each kind of source says about another version.
 */
class UpdateCheckTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	private static final String LATER = "1123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path directory;

	private final Content content = Content.random(2_000_000, 1);

	private final Content next = Content.random(3_000_000, 2);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf"));
	}

	/** Checks on a thread that must not block. */
	private static ModelUpdate check(CacheFixture fixture) {
		ModelUpdate update = Mono.defer(() -> fixture.cache().checkForUpdate("m"))
			.subscribeOn(Schedulers.parallel())
			.block(PATIENCE);
		assertThat(update).isNotNull();
		return update;
	}

	private CacheFixture open(ModelRequest.Builder request) {
		CacheFixture fixture = new CacheFixture(this.directory);
		fixture.open(request.build());
		return fixture;
	}

	@Test
	void validatorOfAServerIsCompared() {
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			long sent = this.server.bytesSent("/m.gguf");
			assertThat(check(fixture)).returns(Availability.CURRENT, ModelUpdate::availability)
				.returns(this.content.etag(), ModelUpdate::currentVersion)
				.returns(this.content.etag(), ModelUpdate::availableVersion)
				.returns(0L, ModelUpdate::bytes);
			this.server.serve("/m.gguf", this.next);
			assertThat(check(fixture)).returns(Availability.AVAILABLE, ModelUpdate::availability)
				.returns(this.content.etag(), ModelUpdate::currentVersion)
				.returns(this.next.etag(), ModelUpdate::availableVersion)
				.returns(this.next.size(), ModelUpdate::bytes);
			assertThat(this.server.bytesSent("/m.gguf") - sent).isLessThan(100);
			assertThat(fixture.cache().status("m").model()).isNotNull()
				.satisfies((model) -> assertThat(model.path()).satisfies(Content.exactly(this.content.bytes())));
			fixture.cache().refresh("m").block(PATIENCE);
			assertThat(check(fixture).availability()).isEqualTo(Availability.CURRENT);
		}
	}

	@Test
	void serverWithoutValidatorsDoesNotSayWhatItHas() {
		this.server.always("/m.gguf", Reply.ok().etag(""));
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			assertThat(check(fixture)).returns(Availability.UNKNOWN, ModelUpdate::availability)
				.returns(null, ModelUpdate::availableVersion)
				.returns(this.content.size(), ModelUpdate::bytes);
		}
	}

	@Test
	void modelThatIsNotHereIsAvailable() {
		try (CacheFixture fixture = open(request())) {
			assertThat(check(fixture)).returns(Availability.AVAILABLE, ModelUpdate::availability)
				.returns(null, ModelUpdate::currentVersion)
				.returns(this.content.size(), ModelUpdate::bytes);
			assertThat(fixture.find(".gguf")).isEmpty();
		}
	}

	@Test
	void modelWithTheConfiguredDigestIsCurrentAndItsSourceIsNotAsked() {
		try (CacheFixture fixture = open(request().expectedDigest(this.content.sha256()))) {
			fixture.get("m");
			assertThat(check(fixture).availability()).isEqualTo(Availability.CURRENT);
			assertThat(this.server.requests("/m.gguf")).hasSize(1);
		}
	}

	@Test
	void fallbackIsNotTheModel() {
		this.server.always("/m.gguf", Reply.status(404)).serve("/small.gguf", this.next);
		try (CacheFixture fixture = open(request().fallbackUrl(this.server.uri("/small.gguf")))) {
			fixture.get("m");
			this.server.always("/m.gguf", Reply.ok());
			assertThat(check(fixture)).returns(Availability.AVAILABLE, ModelUpdate::availability)
				.returns(this.content.size(), ModelUpdate::bytes);
		}
	}

	@Test
	void fileIsComparedByItsSizeAndTime() throws Exception {
		Path source = Files.write(this.directory.resolve("source.gguf"), this.content.bytes());
		try (CacheFixture fixture = open(ModelRequest.builder("m").url(source.toUri()))) {
			fixture.get("m");
			assertThat(check(fixture).availability()).isEqualTo(Availability.CURRENT);
			Files.write(source, this.next.bytes());
			Files.setLastModifiedTime(source, FileTime.fromMillis(1));
			assertThat(check(fixture)).returns(Availability.AVAILABLE, ModelUpdate::availability)
				.returns(this.next.size(), ModelUpdate::bytes);
		}
	}

	@Test
	void commitOfTheHubIsComparedAndOnlyFilesThatDifferCount() {
		try (HubServer hub = HubServer.start(); CacheFixture fixture = new CacheFixture(this.directory)) {
			commit(hub, COMMIT, this.content);
			fixture.resolver(new HuggingFaceResolver(new HubSettings(hub.endpoint(), HubToken.NONE), Map.of(),
					MetadataClients.create(), Schedulers.boundedElastic()));
			fixture.open(ModelRequest.builder("m")
				.url(URI.create("hf://org/repo/model.gguf"))
				.files(List.of("config.json"))
				.build());
			fixture.get("m");
			assertThat(check(fixture)).returns(Availability.CURRENT, ModelUpdate::availability)
				.returns(COMMIT, ModelUpdate::currentVersion)
				.returns(COMMIT, ModelUpdate::availableVersion);
			commit(hub, LATER, this.next);
			assertThat(check(fixture)).returns(Availability.AVAILABLE, ModelUpdate::availability)
				.returns(COMMIT, ModelUpdate::currentVersion)
				.returns(LATER, ModelUpdate::availableVersion)
				.returns(this.next.size(), ModelUpdate::bytes);
			commit(hub, LATER, this.content);
			assertThat(check(fixture)).returns(Availability.CURRENT, ModelUpdate::availability)
				.returns(0L, ModelUpdate::bytes);
		}
	}

	private static void commit(HubServer hub, String commit, Content model) {
		hub.repository("org/repo", commit).large("model.gguf", model).small("config.json", "{}");
	}

	@Test
	void manifestOfARegistryIsCompared() {
		try (FakeRegistry registry = new FakeRegistry(); CacheFixture fixture = new CacheFixture(this.directory)) {
			String before = tag(registry, this.content);
			OciSettings settings = new OciSettings(Map.of(registry.host(), new Registry("alice", "secret", true)),
					null);
			fixture.resolver(new OciResolver(MetadataClients.create(), settings, Schedulers.boundedElastic(),
					Schedulers.parallel()));
			fixture.open(ModelRequest.builder("m").url(registry.url("oci", "library/model")).build());
			fixture.get("m");
			assertThat(check(fixture)).returns(Availability.CURRENT, ModelUpdate::availability)
				.returns(before, ModelUpdate::availableVersion);
			String after = tag(registry, this.next);
			assertThat(check(fixture)).returns(Availability.AVAILABLE, ModelUpdate::availability)
				.returns(before, ModelUpdate::currentVersion)
				.returns(after, ModelUpdate::availableVersion)
				.returns(this.next.size(), ModelUpdate::bytes);
		}
	}

	/** Returns the digest of the manifest. */
	private static String tag(FakeRegistry registry, Content content) {
		registry.blob("library/model", content);
		return registry.manifest("library/model", "latest",
				ManifestJson.of("application/vnd.docker.container.image.v1+json")
					.layer("application/vnd.ollama.image.model", content)
					.toString());
	}

	@Test
	void sourceThatDoesNotAnswerIsAFailureAndTheModelStaysReady() {
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			this.server.always("/m.gguf", Reply.status(503));
			StepVerifier.create(fixture.cache().checkForUpdate("m"))
				.expectError(ModelTransferException.class)
				.verify(PATIENCE);
			assertThat(fixture.get("m").path()).exists();
		}
	}

	@Test
	void fileThatIsGoneIsNotFound() {
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			this.server.always("/m.gguf", Reply.status(404));
			StepVerifier.create(fixture.cache().checkForUpdate("m"))
				.expectError(ModelNotFoundException.class)
				.verify(PATIENCE);
		}
	}

	@Test
	void checkThatWaitsForItsSourceEndsWhenTheCacheStops() {
		CountDownLatch rest = new CountDownLatch(1);
		try (CacheFixture fixture = open(request())) {
			fixture.get("m");
			int before = this.server.requests("/m.gguf").size();
			this.server.always("/m.gguf", Reply.ok().heldBy(rest));
			CompletableFuture<ModelUpdate> check = fixture.cache().checkForUpdate("m").toFuture();
			Awaitility.await().atMost(PATIENCE).until(() -> this.server.requests("/m.gguf").size() > before);
			fixture.cache().stop();
			assertThat(check).failsWithin(PATIENCE)
				.withThrowableThat()
				.withCauseInstanceOf(ModelCancelledException.class);
		}
		finally {
			rest.countDown();
		}
	}

	@Test
	void offlineCacheDoesNotAsk() {
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.offline().open(request().build());
			StepVerifier.create(fixture.cache().checkForUpdate("m"))
				.expectError(ModelOfflineException.class)
				.verify(PATIENCE);
			assertThat(this.server.requests("/m.gguf")).isEmpty();
		}
	}

	@Test
	void modelWithoutASourceIsUnknown() throws Exception {
		Path path = Files.write(this.directory.resolve("own.gguf"), this.content.bytes());
		try (CacheFixture fixture = open(ModelRequest.builder("m").modelPath(path))) {
			fixture.get("m");
			assertThat(check(fixture).availability()).isEqualTo(Availability.UNKNOWN);
		}
	}

	@Test
	void unknownIdIsAnErrorSignal() {
		try (CacheFixture fixture = open(request())) {
			StepVerifier.create(fixture.cache().checkForUpdate("x"))
				.expectError(ModelNotFoundException.class)
				.verify(PATIENCE);
		}
	}

}
