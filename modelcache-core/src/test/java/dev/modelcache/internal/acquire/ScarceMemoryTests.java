/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import org.awaitility.Awaitility;
import java.lang.management.ManagementFactory;
import java.lang.management.BufferPoolMXBean;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ForkedJvm;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process whose direct memory is taken by something else: an acquisition ends, and the
 * next one succeeds when there is memory again.
 */
@Timeout(180)
class ScarceMemoryTests {

	private static final Duration PATIENCE = CacheFixture.PATIENCE;

	private static final long HALF_OF_DIRECT_MEMORY = 32 << 20;

	private static final String WITHOUT_MEMORY = "without memory: ";

	private static final String WITH_MEMORY = "with memory: ";

	@TempDir
	private Path directory;

	@Test
	void acquisitionWithoutDirectMemoryEndsAndTheNextOneSucceeds() {
		Content content = Content.random(3_000_000, 1);
		try (MisbehavingServer server = MisbehavingServer.start()
			.serve("/first.gguf", content)
			.serve("/m.gguf", content);
				ForkedJvm child = ForkedJvm.start(ScarceMemoryTests.class,
						List.of("-Xmx128m", "-XX:MaxDirectMemorySize=64m", "-XX:TieredStopAtLevel=1"), server.uri("/"),
						content.sha256(), this.directory)) {
			assertThat(child.awaitLine(WITHOUT_MEMORY, PATIENCE)).endsWith("ended");
			assertThat(child.awaitLine(WITH_MEMORY, PATIENCE)).endsWith("READY");
			assertThat(child.awaitExit(PATIENCE)).isZero();
		}
	}

	/**
	 * Acquires one model, takes all direct memory, acquires another one, gives the memory
	 * back and acquires it again.
	 * @param arguments the URL of the models, their digest, the directory of the cache
	 */
	public static void main(String[] arguments) throws Exception {
		try (CacheFixture fixture = new CacheFixture(Path.of(arguments[2]))) {
			DefaultModelCache cache = fixture.open(request(arguments, "first"), request(arguments, "m"));
			fixture.get("first");
			List<ByteBuffer> taken = new ArrayList<>();
			takeAll(taken);
			CompletableFuture<CachedModel> get = cache.get("m").toFuture();
			Throwable failure = get.handle((model, thrown) -> thrown).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
			System.out.println(failure);
			System.out.println(WITHOUT_MEMORY + "ended");
			taken.clear();
			Awaitility.await().atMost(PATIENCE).until(() -> {
				System.gc();
				return directMemory() < HALF_OF_DIRECT_MEMORY;
			});
			cache.get("m").block(PATIENCE);
			System.out.println(WITH_MEMORY + cache.status("m").state());
		}
	}

	private static ModelRequest request(String[] arguments, String id) {
		return ModelRequest.builder(id)
			.url(URI.create(arguments[0] + id + ".gguf"))
			.expectedDigest(Digest.parse(arguments[1]))
			.maxAttempts(1)
			.build();
	}

	private static long directMemory() {
		return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)
			.stream()
			.filter((pool) -> pool.getName().equals("direct"))
			.mapToLong(BufferPoolMXBean::getMemoryUsed)
			.sum();
	}

	private static void takeAll(List<ByteBuffer> taken) {
		for (int size = 700 << 10; size >= 1 << 10; size /= 8) {
			try {
				while (true) {
					taken.add(ByteBuffer.allocateDirect(size));
				}
			}
			catch (OutOfMemoryError ex) {
				System.out.println(taken.size() + " buffers, no more of " + size + " bytes");
			}
		}
	}

}
