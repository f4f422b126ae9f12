/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.transfer.TransferSettings;
import dev.modelcache.testsupport.ForkedJvm;
import org.springframework.util.unit.DataSize;

/**
 * One download of the {@link Soak}, in this process or in one of its own.
 *
 * @param urls where the model is, the mirrors after the first
 * @param digest the digest, or {@code null}
 * @param directory where to
 * @param connections how many connections
 * @param segmentMebibytes the size of segments in MiB
 */
record SoakDownload(List<URI> urls, Digest digest, Path directory, int connections, int segmentMebibytes) {

	private static final String NONE = "-";

	private static final Duration STALL = Duration.ofMillis(1500);

	/**
	 * More than the drawn faults need, so that a busy machine's own stalls, as many in a
	 * row, end no attempt.
	 */
	private static final int RETRIES = SoakFaults.REQUESTS + 20;

	static SoakDownload draw(Random random, List<URI> urls, Digest digest, Path directory) {
		return new SoakDownload(urls, digest, directory, 1 + random.nextInt(8), 1 + random.nextInt(2));
	}

	Path target() {
		return this.directory.resolve("model.gguf");
	}

	CachedModel run(CacheFixture fixture) {
		fixture.transfer(new TransferSettings(DataSize.ofKilobytes(512), this.connections,
				DataSize.ofMegabytes(this.segmentMebibytes), STALL, STALL, 5, true));
		fixture.open(ModelRequest.builder("m")
			.url(this.urls.get(0))
			.mirrors(this.urls.subList(1, this.urls.size()))
			.expectedDigest(this.digest)
			.modelPath(target())
			.maxAttempts(RETRIES)
			.build());
		System.out.println(ChildCache.BEGINS);
		return fixture.cache().get("m").block(Duration.ofMinutes(5));
	}

	/** Starts a process that does it. */
	ForkedJvm fork() {
		return ForkedJvm.start(SoakDownload.class, List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Xmx256m"),
				String.join(" ", this.urls.stream().map(URI::toString).toList()),
				(this.digest != null) ? this.digest : NONE, this.directory, this.connections, this.segmentMebibytes);
	}

	/**
	 * Runs a download that somebody will kill.
	 * @param arguments the components in their order
	 */
	public static void main(String[] arguments) {
		SoakDownload download = new SoakDownload(List.of(arguments[0].split(" ")).stream().map(URI::create).toList(),
				arguments[1].equals(NONE) ? null : Digest.parse(arguments[1]), Path.of(arguments[2]),
				Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
		try (CacheFixture fixture = new CacheFixture(download.directory())) {
			System.out.println(ChildCache.ENDED + download.run(fixture).outcome());
		}
		catch (ModelCacheException ex) {
			System.out.println(ChildCache.ENDED + ex.code());
		}
	}

}
