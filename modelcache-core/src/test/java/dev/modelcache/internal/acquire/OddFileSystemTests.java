/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.OddFileSystem.Oddity;
import dev.modelcache.testsupport.Tar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * File systems that refuse to change permissions, or that have no links: a model from a
 * Hub and one from an archive arrive all the same.
 */
class OddFileSystemTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path directory;

	private final Content content = Content.random(300_000, 1);

	private final HubServer hub = HubServer.start();

	private final FakeRegistry registry = new FakeRegistry();

	@AfterEach
	void stop() {
		this.hub.close();
		this.registry.close();
	}

	private CacheFixture hub(OddFileSystem odd) {
		Path cache = odd.path(this.directory.resolve("cache"));
		Path shared = odd.path(this.directory.resolve("hub"));
		CacheFixture fixture = new CacheFixture(cache);
		fixture
			.store(new StoreSettings(cache, DataSize.ofMegabytes(1), Verification.FINGERPRINT)
				.withAdoption(new AdoptionSettings(true, List.of(shared), List.of()))
				.withHubCache(new HubCacheSettings(shared, true)))
			.resolver(new HuggingFaceResolver(new HubSettings(this.hub.endpoint(),
					new HubToken(null, (name) -> null, this.directory), List.of(shared)), Map.of(),
					MetadataClients.create(), Schedulers.boundedElastic()))
			.open(ModelRequest.builder("m")
				.url(URI.create("hf://org/repo"))
				.files(List.of("model.gguf", "config.json"))
				.maxAttempts(1)
				.build());
		return fixture;
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_CHMOD", "CHMOD_UNSUPPORTED", "NO_LINKS", "LINKS_LEAD_NOWHERE" })
	void modelOfAHubIsBroughtOnceAndFoundAgain(Oddity oddity) {
		this.hub.repository("org/repo", COMMIT).large("model.gguf", this.content).small("config.json", "{}");
		OddFileSystem odd = new OddFileSystem(FileSystems.getDefault(), oddity);
		try (CacheFixture fixture = hub(odd)) {
			CachedModel model = fixture.get("m");
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
			assertThat(model.files()).allSatisfy((file) -> assertThat(file).isReadable());
			assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()));
		}
		this.hub.refuse();
		try (CacheFixture fixture = hub(odd)) {
			assertThat(fixture.get("m").outcome()).isEqualTo(ModelOutcome.CACHED);
		}
	}

	@Test
	void errorNamesTheKeysOfTheDirectoryThatCannotTakeTheModel() {
		this.hub.repository("org/repo", COMMIT).large("model.gguf", this.content).small("config.json", "{}");
		try (CacheFixture fixture = hub(new OddFileSystem(FileSystems.getDefault(), Oddity.NO_RANDOM_WRITES))) {
			assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> fixture.get("m"))
				.withMessageContaining(this.directory.resolve("hub").toString())
				.withMessageContaining("hooks.llm.huggingface.cache-directory")
				.withMessageContaining("hooks.llm.cache.layout");
		}
		assertThat(this.hub.cdn().requests()).isEmpty();
	}

	@Test
	void copyInPlaceOfALinkCanBeCancelled() throws Exception {
		this.hub.repository("org/repo", COMMIT).large("model.gguf", this.content).small("config.json", "{}");
		Path blobs = Files.createDirectories(this.directory.resolve("hub/models--org--repo/blobs"));
		Files.write(blobs.resolve(this.content.sha256().hex()), this.content.bytes());
		OddFileSystem odd = new OddFileSystem(FileSystems.getDefault(), Oddity.NO_LINKS);
		CountDownLatch copied = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		odd.beforeStoring((step) -> {
			if (step.matches("force \\.(" + this.content.sha256().hex() + "\\..*|[0-9a-f-]{36})")) {
				copied.countDown();
				await(goOn);
			}
		});
		try (CacheFixture fixture = hub(odd)) {
			CompletableFuture<CachedModel> model = fixture.cache().get("m").toFuture();
			await(copied);
			fixture.cache().cancel("m").block(CacheFixture.PATIENCE);
			goOn.countDown();
			assertThat(model).failsWithin(CacheFixture.PATIENCE)
				.withThrowableThat()
				.withCauseInstanceOf(ModelCancelledException.class);
		}
		assertThat(this.directory.resolve("hub/models--org--repo/snapshots/" + COMMIT + "/model.gguf")).doesNotExist();
		assertThat(blobs).isDirectoryNotContaining("glob:**.part");
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(CacheFixture.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "NO_CHMOD", "CHMOD_UNSUPPORTED" })
	void archiveIsUnpackedWherePermissionsStayAsTheyAre(Oddity oddity) throws IOException {
		Content archive = Content.of(Tar.of("weights.bin", this.content.bytes()));
		this.registry.blob("org/model", archive);
		this.registry.manifest("org/model", "latest",
				ManifestJson.of("application/vnd.cncf.model.config.v1+json")
					.layer("application/vnd.cncf.model.weight.v1.tar", archive)
					.toString());
		OddFileSystem odd = new OddFileSystem(FileSystems.getDefault(), oddity);
		Path cache = odd.path(this.directory.resolve("cache"));
		try (CacheFixture fixture = new CacheFixture(cache)) {
			fixture
				.resolver(
						new OciResolver(MetadataClients.create(),
								new OciSettings(Map.of(this.registry.host(), new Registry("alice", "secret", true)),
										null),
								Schedulers.boundedElastic(), Schedulers.parallel()))
				.open(ModelRequest.builder("m").url(this.registry.url("oci", "org/model")).maxAttempts(1).build());
			assertThat(fixture.get("m").path()).satisfies(Content.exactly(this.content.bytes()));
		}
	}

}
