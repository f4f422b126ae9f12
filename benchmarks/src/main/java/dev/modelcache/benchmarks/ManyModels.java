/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

import dev.modelcache.ModelCache;
import dev.modelcache.ModelRequest;
import reactor.core.publisher.Flux;

/**
 * Requests many models at once from a cache of their own, and prints the seconds until
 * all are ready, the peak number of threads and the peak resident set in KiB. The
 * arguments are the directory to work in, the number of models, and the URL that they
 * have with a query each.
 */
final class ManyModels {

	private ManyModels() {
	}

	/**
	 * Runs.
	 * @param arguments the directory, the number and the URL
	 * @throws IOException if the size of the process cannot be read
	 */
	public static void main(String[] arguments) throws IOException {
		List<String> ids = IntStream.range(0, Integer.parseInt(arguments[1])).mapToObj((i) -> "m" + i).toList();
		var builder = ModelCache.builder()
			.cache((options) -> options.directory(Path.of(arguments[0])).adopt(false))
			.download((options) -> options.allowInsecureHttp(true));
		ids.forEach((id) -> builder
			.model(ModelRequest.builder(id).url(URI.create(arguments[2] + "?" + id)).identity(id + ".bin").build()));
		ThreadMXBean threads = ManagementFactory.getThreadMXBean();
		threads.resetPeakThreadCount();
		try (ModelCache cache = builder.build()) {
			long start = System.nanoTime();
			Flux.fromIterable(ids).flatMap(cache::get, ids.size()).blockLast();
			System.out.printf(Locale.ROOT, "%.2f %d %d%n", (System.nanoTime() - start) / 1e9,
					threads.getPeakThreadCount(), EndToEnd.peakMemory());
		}
	}

}
