/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.CountedBuffers;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.Reply;
import org.springframework.util.FileSystemUtils;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Many downloads with faults, mirrors, sizes, connections and kills drawn by chance. Each
 * ends with the right file, or with an exception that its faults explain and, once they
 * are over, with the right file all the same; and with no buffer and no staged file left.
 */
final class Soak {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final double WITH_DIGEST = 0.8;

	private static final double WITH_MIRROR = 0.4;

	private static final double LYING_MIRROR = 0.2;

	private static final double KILLED = 0.12;

	private static final int LONGEST_LIFE_MILLIS = 1500;

	private final long seed;

	private final DataSize smallest;

	private final DataSize largest;

	private final Map<String, Integer> faults = new TreeMap<>();

	private final Map<String, Integer> outcomes = new TreeMap<>();

	private int kills;

	private long bytes;

	private long resumedBytes;

	Soak(long seed, DataSize smallest, DataSize largest) {
		this.seed = seed;
		this.smallest = smallest;
		this.largest = largest;
	}

	/**
	 * Runs downloads.
	 * @param downloads how many
	 * @param directory where to
	 */
	void run(int downloads, Path directory) throws IOException {
		loadClasses(Files.createDirectories(directory.resolve("first")));
		for (int number = 0; number < downloads; number++) {
			Path own = Files.createDirectories(directory.resolve("download-" + number));
			try {
				download(new Random(this.seed + number), own);
			}
			catch (AssertionError | RuntimeException ex) {
				throw new AssertionError("download " + number + " of seed " + this.seed + ": " + ex, ex);
			}
			FileSystemUtils.deleteRecursively(own);
		}
	}

	/** The first request of a JVM loads so many classes that it may look like a stall. */
	private static void loadClasses(Path directory) {
		try (MisbehavingServer server = MisbehavingServer.start(); CacheFixture fixture = new CacheFixture(directory)) {
			server.serve("/m.gguf", Content.random(100, 1));
			fixture.open(ModelRequest.builder("m").url(server.uri("/m.gguf")).build());
			fixture.get("m");
		}
	}

	private void download(Random random, Path directory) throws IOException {
		long size = random.nextLong(this.smallest.toBytes(), this.largest.toBytes() + 1);
		Content content = Content.random(size, random.nextLong());
		Digest digest = (random.nextDouble() < WITH_DIGEST) ? content.sha256() : null;
		SoakFaults faults = new SoakFaults(random, size, digest != null);
		boolean killed = random.nextDouble() < KILLED;
		Reply wellBehaved = killed ? Reply.ok().throttled(4_000_000) : Reply.ok();
		try (MisbehavingServer server = MisbehavingServer.start();
				MisbehavingServer mirror = MisbehavingServer.start()) {
			List<URI> urls = new ArrayList<>(List.of(server.uri("/m.gguf")));
			boolean lying = digest != null && random.nextDouble() < LYING_MIRROR;
			if (random.nextDouble() < WITH_MIRROR) {
				urls.add(mirror.uri("/m.gguf"));
				mirror.serve("/m.gguf", lying ? Content.random(size, random.nextLong()) : content);
				mirror.answer("/m.gguf", (request) -> faults.next(wellBehaved));
			}
			server.serve("/m.gguf", content).answer("/m.gguf", (request) -> faults.next(wellBehaved));
			SoakDownload download = SoakDownload.draw(random, urls, digest, directory);
			for (int kill = 0; killed && kill < 2; kill++) {
				kill(download, content, random.nextInt(LONGEST_LIFE_MILLIS));
			}
			long before = server.bytesSent("/m.gguf") + mirror.bytesSent("/m.gguf");
			String outcome = attempt(download, content, faults, urls.size() > 1 && lying);
			this.outcomes.merge(outcome, 1, Integer::sum);
			faults.stop();
			if (!Files.exists(download.target())) {
				before = server.bytesSent("/m.gguf") + mirror.bytesSent("/m.gguf");
				assertThat(attempt(download, content, faults, true)).isEqualTo("DOWNLOADED");
			}
			long sent = server.bytesSent("/m.gguf") + mirror.bytesSent("/m.gguf") - before;
			this.resumedBytes += Math.max(0, size - sent);
			this.bytes += size;
			assertThat(download.target()).satisfies(
					(file) -> assertThat(Files.mismatch(file, copy(content, file))).as("the first byte that differs")
						.isEqualTo(-1));
		}
		assertThat(leftOvers(directory)).as("staged files and journals").isEmpty();
		faults.drawn().forEach((kind, count) -> this.faults.merge(kind, count, Integer::sum));
	}

	private static Path copy(Content content, Path beside) throws IOException {
		Path copy = beside.resolveSibling("expected");
		try (var out = Files.newOutputStream(copy)) {
			content.write(0, content.size(), out);
		}
		return copy;
	}

	private void kill(SoakDownload download, Content content, int afterMillis) throws IOException {
		try (ForkedJvm child = download.fork()) {
			child.awaitLine(ChildCache.BEGINS, PATIENCE);
			// A moment, not a wait for something.
			LockSupport.parkNanos(Duration.ofMillis(afterMillis).toNanos());
			child.kill();
			this.kills++;
		}
		if (Files.exists(download.target())) {
			assertThat(Files.size(download.target())).isEqualTo(content.size());
		}
	}

	private String attempt(SoakDownload download, Content content, SoakFaults faults, boolean lying)
			throws IOException {
		faults.attempt();
		try (CountedBuffers buffers = new CountedBuffers();
				CacheFixture fixture = new CacheFixture(download.directory())) {
			fixture.httpClient(buffers.client());
			CachedModel model = download.run(fixture);
			assertThat(model.size()).isEqualTo(content.size());
			assertThat(model.verified()).isEqualTo(download.digest() != null);
			return model.outcome().name();
		}
		catch (ModelCacheException ex) {
			assertThat(download.target()).doesNotExist();
			if (!lying || ex.code() != ModelCacheException.ErrorCode.INTEGRITY) {
				assertThat(faults.possible()).contains(ex.code());
			}
			assertThat(leftOvers(download.directory())).as("a staged file and its journal").hasSizeLessThanOrEqualTo(2);
			return ex.code().name();
		}
	}

	private static List<Path> leftOvers(Path directory) throws IOException {
		try (Stream<Path> files = Files.walk(directory)) {
			return files.filter((file) -> file.toString().matches(".*\\.(part|journal|next)")).toList();
		}
	}

	/** Returns the figures. */
	@Override
	public String toString() {
		return String.join("\n", "seed: " + this.seed,
				"sizes: " + this.smallest.toMegabytes() + "–" + this.largest.toMegabytes() + " MiB, "
						+ DataSize.ofBytes(this.bytes).toMegabytes() + " MiB in all",
				"first outcomes: " + this.outcomes, "faults: " + this.faults,
				"faults in all: " + this.faults.values().stream().mapToInt(Integer::intValue).sum(),
				"kills: " + this.kills,
				"resumed: at least " + DataSize.ofBytes(this.resumedBytes).toKilobytes() + " KiB not fetched again");
	}

	int kills() {
		return this.kills;
	}

	int downloads() {
		return this.outcomes.values().stream().mapToInt(Integer::intValue).sum();
	}

	Map<String, Integer> faults() {
		return this.faults;
	}

}
