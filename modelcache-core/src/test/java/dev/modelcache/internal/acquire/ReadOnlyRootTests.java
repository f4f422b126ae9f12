/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.HubCacheSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.OddFileSystem.Oddity;
import dev.modelcache.testsupport.OddFileSystem;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static dev.modelcache.CacheOptions.Verification.FINGERPRINT;

/**
 * Caches that another application filled, which this one only reads.
 */
@ExtendWith(OutputCaptureExtension.class)
class ReadOnlyRootTests {

	@TempDir
	private Path directory;

	private final Content content = Content.random(100_000, 1);

	private final MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.content);

	private final HubServer hub = HubServer.start();

	private final List<Boolean> verifications = new CopyOnWriteArrayList<>();

	ReadOnlyRootTests() {
		this.hub.repository("org/repo", "0123456789abcdef0123456789abcdef01234567")
			.large("m.gguf", this.content)
			.small("config.json", "{}");
	}

	@AfterEach
	void stop() {
		this.server.close();
		this.hub.close();
	}

	private Path root() {
		return this.directory.resolve("root");
	}

	private CacheFixture fixture(Path cache, Path hubCache, List<Path> roots) {
		StoreSettings store = new StoreSettings(cache, DataSize.ofMegabytes(1), FINGERPRINT)
			.withHubCache(new HubCacheSettings(hubCache, true))
			.withReadOnlyRoots(roots)
			.withSeals(roots.isEmpty(), true);
		HubSettings settings = new HubSettings(this.hub.endpoint(), new HubToken(null, (name) -> null, this.directory),
				List.of(hubCache))
			.withCaches(StoreSettings.hubs(roots));
		return new CacheFixture(cache).store(store)
			.resolver(
					new HuggingFaceResolver(settings, Map.of(), MetadataClients.create(), Schedulers.boundedElastic()))
			.verifications(this.verifications);
	}

	/** Fills the root as the application of an image's build does. */
	private CachedModel fill(ModelRequest.Builder request) {
		try (CacheFixture fixture = fixture(root(), root().resolve("hub"), List.of())) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	private CacheFixture reader() {
		this.verifications.clear();
		Path own = this.directory.resolve("own");
		return fixture(own, own.resolve("hub"), List.of(root()));
	}

	private CachedModel read(CacheFixture fixture, ModelRequest.Builder request) throws Exception {
		Map<Path, FileTime> before = files();
		try (fixture) {
			fixture.open(request.build());
			CachedModel model = fixture.get("m");
			assertThat(fixture.get("m").path()).isEqualTo(model.path());
			assertThat(files()).isEqualTo(before);
			return model;
		}
	}

	private Map<Path, FileTime> files() throws IOException {
		Map<Path, FileTime> times = new TreeMap<>();
		try (Stream<Path> files = Files.walk(root())) {
			for (Path file : files.toList()) {
				times.put(file, Files.getLastModifiedTime(file));
			}
		}
		return times;
	}

	private ModelRequest.Builder web() {
		return ModelRequest.builder("m").url(this.server.uri("/m.gguf"));
	}

	private static ModelRequest.Builder hub(String url) {
		return ModelRequest.builder("m").url(URI.create(url));
	}

	private static ModelRequest.Builder several() {
		return hub("hf://org/repo").files(List.of("m.gguf", "config.json"));
	}

	private int requests() {
		return this.server.requests().size() + this.hub.hub().requests().size() + this.hub.cdn().requests().size();
	}

	@Test
	void modelOfTheOwnLayoutIsServedWithoutARequestAndWithoutBeingRead() throws Exception {
		CachedModel filled = fill(web().expectedDigest(this.content.sha256()));
		int requests = requests();
		CachedModel model = read(reader(), web());
		assertThat(model.path()).isEqualTo(filled.path());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(model.verified()).isTrue();
		assertThat(this.verifications).isEmpty();
		assertThat(requests()).isEqualTo(requests);
	}

	@Test
	void modelThatMovedIsReadOnce() throws Exception {
		Path file = fill(web().expectedDigest(this.content.sha256())).path();
		Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_700_000_000)));
		assertThat(read(reader(), web()).verified()).isTrue();
		assertThat(this.verifications).containsExactly(true);
		assertThat(read(reader(), web()).verified()).isTrue();
		assertThat(this.verifications).isEmpty();
	}

	@Test
	void fileWithoutARecordIsServedIfItHasTheConfiguredDigest() throws Exception {
		Path file = fill(web()).path();
		try (Stream<Path> all = Files.walk(root())) {
			for (Path other : all.filter(Files::isRegularFile).filter((path) -> !path.equals(file)).toList()) {
				Files.delete(other);
			}
		}
		int requests = requests();
		assertThat(read(reader(), web().expectedDigest(this.content.sha256())).path()).isEqualTo(file);
		assertThat(requests()).isEqualTo(requests);
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void modelOfTheHubsLayoutIsServedWithTheRecordOfTheCacheThatFilledIt(boolean one) throws Exception {
		ModelRequest.Builder request = one ? hub("hf://org/repo/m.gguf") : several();
		CachedModel filled = fill(request);
		int requests = requests();
		CachedModel model = read(reader(), request);
		assertThat(model.files()).isEqualTo(filled.files());
		assertThat(model.verified()).isTrue();
		assertThat(this.verifications).isEmpty();
		assertThat(requests()).isEqualTo(requests);
	}

	/** As Python's tools fill it. */
	@ParameterizedTest
	@ValueSource(strings = { "online", "down", "offline" })
	void modelOfTheHubsLayoutIsServedWithoutAnyRecord(String network) throws Exception {
		CachedModel filled = fill(several());
		for (String ours : List.of("receipts", "locks")) {
			FileSystemUtils.deleteRecursively(root().resolve(ours));
		}
		try (Stream<Path> all = Files.walk(root())) {
			for (Path seal : all.filter((path) -> path.toString().endsWith(".sealed")).toList()) {
				Files.delete(seal);
			}
		}
		int bodies = this.hub.cdn().requests().size();
		if (network.equals("down")) {
			this.hub.hub().refuse();
		}
		CacheFixture reader = network.equals("offline") ? reader().offline() : reader();
		CachedModel model = read(reader, several());
		assertThat(model.files()).isEqualTo(filled.files());
		assertThat(model.verified()).isEqualTo(network.equals("online"));
		assertThat(this.hub.cdn().requests()).hasSize(bodies);
	}

	@Test
	void modelThatIsNotThereIsDownloadedToTheOwnDirectory() throws Exception {
		Files.createDirectories(root());
		assertThat(read(reader(), web()).path()).startsWithRaw(this.directory.resolve("own"));
		assertThat(this.server.requests("/m.gguf")).hasSize(1);
	}

	/** The second root has it. */
	@Test
	void rootThatIsAwayIsLeftOutAndToldOnce(CapturedOutput output) throws Exception {
		Path filled = fill(web()).path();
		OddFileSystem away = new OddFileSystem(this.directory.getFileSystem(), Oddity.AWAY);
		Path own = this.directory.resolve("own");
		try (CacheFixture fixture = fixture(own, own.resolve("hub"),
				List.of(away.path(Files.createDirectories(this.directory.resolve("away"))), root()))) {
			this.server.serve("/n.gguf", this.content);
			fixture.open(web().build(), ModelRequest.builder("n").url(this.server.uri("/n.gguf")).build());
			assertThat(fixture.get("m").path()).isEqualTo(filled);
			assertThat(fixture.get("n").outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
		assertThat(output).containsOnlyOnce("A read-only root is left out").contains("Stale file handle");
	}

	@Test
	void evictionLeavesWhatOthersFilled() throws Exception {
		CachedModel filled = fill(web());
		try (CacheFixture fixture = reader()) {
			fixture.open(web().build());
			fixture.get("m");
			Map<Path, FileTime> before = files();
			fixture.cache().evict("m").block(CacheFixture.PATIENCE);
			assertThat(files()).isEqualTo(before);
			assertThat(fixture.get("m").path()).isEqualTo(filled.path());
		}
	}

}
