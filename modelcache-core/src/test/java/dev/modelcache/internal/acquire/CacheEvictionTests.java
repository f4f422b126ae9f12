/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

import dev.modelcache.ModelEvicted;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.internal.store.StoreSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What goes, and what stays, when the cache is too large. Each model has one megabyte.
 */
@ExtendWith(OutputCaptureExtension.class)
class CacheEvictionTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final int SIZE = 1_000_000;

	@TempDir
	private Path directory;

	@TempDir
	private Path elsewhere;

	private final MisbehavingServer server = MisbehavingServer.start();

	@AfterEach
	void stopServer() {
		this.server.close();
	}

	private ModelRequest.Builder request(String id) {
		Content content = Content.random(SIZE, id.charAt(0));
		this.server.serve("/" + id, content);
		return ModelRequest.builder(id).url(this.server.uri("/" + id)).expectedDigest(content.sha256());
	}

	private CacheFixture fixture() {
		return new CacheFixture(this.directory);
	}

	/** A cache with room for so many models, and for what else there is. */
	private CacheFixture fixtureFor(int models) {
		return fixture()
			.store(StoreSettings.defaults(this.directory).withMaxSize(DataSize.ofBytes(models * SIZE + SIZE / 2)));
	}

	/** An application that ran some days ago, and not since. */
	private Path published(String id, int daysAgo) throws IOException {
		return published(request(id), id, daysAgo);
	}

	private Path published(ModelRequest.Builder request, String id, int daysAgo) throws IOException {
		List<Path> before = receipts();
		Path path;
		try (CacheFixture fixture = fixture()) {
			fixture.open(request.build());
			path = fixture.get(id).path();
		}
		for (Path receipt : receipts()) {
			if (!before.contains(receipt)) {
				Files.setLastModifiedTime(receipt, FileTime.from(Instant.now().minus(Duration.ofDays(daysAgo))));
			}
		}
		return path;
	}

	private List<Path> receipts() throws IOException {
		Path receipts = this.directory.resolve("receipts");
		if (!Files.exists(receipts)) {
			return List.of();
		}
		try (Stream<Path> files = Files.list(receipts)) {
			return files.toList();
		}
	}

	private static void awaitGone(Path path) {
		Awaitility.await().atMost(PATIENCE).until(() -> !Files.exists(path));
	}

	/** Starts an application that has nothing to do, and ends it when it has evicted. */
	private void start(CacheFixture fixture, ModelRequest... configured) {
		try (fixture) {
			fixture.open(configured);
			fixture.awaitHousekeeping();
		}
	}

	@Test
	void whatWasUsedLongestAgoGoesAtTheStart(CapturedOutput output) throws Exception {
		Path a = published("a", 1);
		Path b = published("b", 3);
		Path c = published("c", 2);
		start(fixtureFor(2));
		assertThat(b).doesNotExist();
		assertThat(a).exists();
		assertThat(c).exists();
		assertThat(receipts()).hasSize(2);
		assertThat(output.getOut().lines())
			.anyMatch((line) -> line.contains("INFO") && line.contains("Evicted " + b + " (1000000 bytes, last used")
					&& line.contains("hooks.llm.cache.max-size="));
	}

	@Test
	void asMuchGoesAsIsTooMuch() throws Exception {
		Path a = published("a", 3);
		Path b = published("b", 2);
		Path c = published("c", 1);
		start(fixtureFor(1));
		assertThat(a).doesNotExist();
		assertThat(b).doesNotExist();
		assertThat(c).exists();
	}

	@Test
	void nothingGoesBelowTheSizeOrWithoutOne() throws Exception {
		Path a = published("a", 9);
		start(fixtureFor(1));
		start(fixture());
		assertThat(a).exists();
	}

	@Test
	void aPublicationMakesRoom() throws Exception {
		Path a = published("a", 2);
		Path b = published("b", 1);
		try (CacheFixture fixture = fixtureFor(2)) {
			fixture.open(request("c").build());
			Path c = fixture.get("c").path();
			awaitGone(a);
			assertThat(b).exists();
			assertThat(c).exists();
			assertThat(fixture.events(ModelEvicted.class)).isEmpty();
		}
	}

	@Test
	void servingAModelIsAUse() throws Exception {
		Path a = published("a", 2);
		Path b = published("b", 1);
		try (CacheFixture fixture = fixture()) {
			fixture.open(request("a").build());
			fixture.get("a");
		}
		start(fixtureFor(1));
		assertThat(a).exists();
		assertThat(b).doesNotExist();
	}

	@Test
	void configuredModelsStayWithAllThatMayStandInForThem() throws Exception {
		Path a = published("a", 3);
		Path b = published("b", 2);
		Path c = published("c", 1);
		start(fixtureFor(1), request("a").fallback(request("b").build()).build());
		assertThat(a).exists();
		assertThat(b).exists();
		assertThat(c).doesNotExist();
	}

	@Test
	void whereNothingMayGoThereIsOneWarning(CapturedOutput output) throws Exception {
		Path a = published("a", 2);
		try (CacheFixture fixture = fixtureFor(0)) {
			fixture.open(request("a").build(), request("b").build(), request("c").build());
			fixture.get("a");
			fixture.get("b");
			fixture.get("c");
		}
		assertThat(a).exists();
		assertThat(output.getOut().lines().filter((line) -> line.contains("hooks.llm.cache.max-size"))).singleElement()
			.satisfies((line) -> assertThat(line).contains("WARN", "no other file can be evicted"));
	}

	@Test
	void fileAtAModelPathStays() throws Exception {
		Path inside = published(request("a").modelPath(this.directory.resolve("models/mine/a.gguf")), "a", 2);
		Path outside = published(request("b").modelPath(this.elsewhere.resolve("b.gguf")), "b", 2);
		start(fixtureFor(0));
		assertThat(inside).exists();
		assertThat(outside).exists();
	}

	@Test
	void fileOfAnotherToolStays() throws Exception {
		ModelRequest.Builder request = request("a");
		String digest = request.build().expectedDigest().hex();
		Path blob = Files.createDirectories(this.directory.resolve("ollama/blobs")).resolve("sha256-" + digest);
		Files.write(blob, Content.random(SIZE, 'a').bytes());
		try (CacheFixture fixture = fixture().store(StoreSettings.defaults(this.directory)
			.withAdoption(new AdoptionSettings(true, List.of(), List.of(this.directory.resolve("ollama")))))) {
			fixture.open(request.build());
			assertThat(fixture.get("a").path()).isEqualTo(blob.toRealPath());
		}
		start(fixtureFor(0));
		assertThat(blob).exists();
	}

	@Test
	void fileWithoutAReceiptStays() throws Exception {
		Path a = published("a", 2);
		Path stranger = Files.write(a.resolveSibling("stranger"), new byte[SIZE]);
		start(fixtureFor(0));
		assertThat(a).doesNotExist();
		assertThat(stranger).exists();
	}

	@Test
	void fileThatTheUserPutInPlaceOfOursStays() throws Exception {
		Path a = published("a", 2);
		Path mine = Files.write(a.resolveSibling("mine"), Content.random(SIZE, 'x').bytes());
		Files.move(mine, a, StandardCopyOption.REPLACE_EXISTING);
		start(fixtureFor(0));
		assertThat(a).satisfies(Content.exactly(Content.random(SIZE, 'x').bytes()));
	}

	@Test
	void fileThatTheUserPutWhereTheCacheWouldHavePutItIsNeverDeleted() throws Exception {
		Path a = published("a", 2);
		start(fixtureFor(0));
		assertThat(a).doesNotExist();
		Files.createDirectories(a.getParent());
		Files.write(a, Content.random(SIZE, 'a').bytes());
		int requests = this.server.requests("/a").size();
		assertThat(published("a", 1)).isEqualTo(a);
		assertThat(this.server.requests("/a")).hasSize(requests);
		for (Path receipt : receipts()) {
			Files.setLastModifiedTime(receipt, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
		}
		start(fixtureFor(0));
		assertThat(a).exists();
		try (CacheFixture fixture = fixture()) {
			fixture.open(request("a").build());
			assertThatExceptionOfType(ModelNotFoundException.class)
				.isThrownBy(() -> fixture.cache().evict("a").block(PATIENCE))
				.withMessageContaining("not put there by this cache");
		}
		assertThat(a).exists();
	}

	@Test
	void modelOfAnotherApplicationOfThisProcessStaysUntilItEnds() throws Exception {
		Path a;
		try (CacheFixture application = fixture()) {
			application.open(request("a").build());
			a = application.get("a").path();
			start(fixtureFor(0));
			assertThat(a).exists();
		}
		start(fixtureFor(0));
		assertThat(a).doesNotExist();
	}

	@Test
	void modelThatAnotherProcessServesStaysUntilItEnds() throws Exception {
		Path a = published("a", 2);
		try (ForkedJvm application = ForkedJvm.start(Application.class, List.of("-XX:TieredStopAtLevel=1"),
				this.server.uri("/a"), this.directory)) {
			application.awaitLine("serves " + a, PATIENCE);
			start(fixtureFor(0));
			assertThat(a).exists();
			application.kill();
			start(fixtureFor(0));
			assertThat(a).doesNotExist();
		}
	}

	/** Whoever is first: it goes before it is served, and is fetched, or it stays. */
	@Test
	void modelThatIsServedWhileAnotherApplicationEvictsIsThere() throws Exception {
		ModelRequest request = request("a").build();
		published("a", 2);
		for (int i = 0; i < 20; i++) {
			CacheFixture evicting = fixtureFor(0);
			CompletableFuture<Void> eviction = CompletableFuture.runAsync(() -> start(evicting));
			try (CacheFixture application = fixture()) {
				application.open(request);
				Path served = application.get("a").path();
				eviction.join();
				assertThat(served).exists();
			}
		}
	}

	@Test
	void evictedModelIsFetchedAgainWhenItIsWanted() throws Exception {
		Path a = published("a", 2);
		start(fixtureFor(0));
		assertThat(a).doesNotExist();
		assertThat(published("a", 1)).isEqualTo(a).exists();
	}

	/** Serves a model until it is killed. */
	static final class Application {

		/**
		 * Serves the model.
		 * @param arguments its URL, the directory of the cache
		 */
		public static void main(String[] arguments) throws InterruptedException {
			try (CacheFixture fixture = new CacheFixture(Path.of(arguments[1]))) {
				fixture.open(ModelRequest.builder("a").url(URI.create(arguments[0])).build());
				System.out.println("serves " + fixture.get("a").path());
				new CountDownLatch(1).await();
			}
		}

	}

}
