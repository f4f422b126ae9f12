/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.internal.acquire.AcquisitionObserver;
import dev.modelcache.testsupport.ForkedJvm;
import org.springframework.util.unit.DataSize;

/**
 * A process of its own that gets models, each with a new cache, and says what came of it:
 * <pre>
 * CACHED verified=true reads=0 /models/m.gguf
 * STORAGE message
 * </pre> where {@code reads} counts how often a whole file was read to verify it.
 */
final class SingleModelProcess {

	private SingleModelProcess() {
	}

	public static void main(String[] arguments) throws IOException {
		ForkedJvm.serve(SingleModelProcess::get);
	}

	/**
	 * Gets a model.
	 * @param words {@code key=value}: {@code home}, {@code url}, and maybe {@code cache},
	 * {@code hub}, {@code endpoint}, {@code path}, {@code digest}, {@code files},
	 * {@code roots}, {@code seal}, {@code trust}, {@code offline}
	 */
	private static String get(String[] words) {
		Map<String, String> options = Stream.of(words)
			.collect(Collectors.toMap((argument) -> argument.substring(0, argument.indexOf('=')),
					(argument) -> argument.substring(argument.indexOf('=') + 1)));
		Path home = Path.of(options.get("home"));
		ModelRequest.Builder request = ModelRequest.builder("m").url(URI.create(options.get("url"))).maxAttempts(0);
		if (options.containsKey("path")) {
			request.modelPath(Path.of(options.get("path")));
		}
		if (options.containsKey("digest")) {
			request.expectedDigest(Digest.parse(options.get("digest")));
		}
		if (options.containsKey("files")) {
			request.files(List.of(options.get("files").split(",")));
		}
		AtomicInteger reads = new AtomicInteger();
		ModelCacheBuilder builder = ModelCache.builder()
			.environment((name) -> name.equals("user.home") ? home.toString() : null)
			.verifyFormat(FormatVerification.OFF)
			.offline(options.containsKey("offline"))
			.download((download) -> download.allowInsecureHttp(true))
			.huggingFace((hub) -> hub.endpoint(options.get("endpoint"))
				.cacheDirectory(Path.of(options.getOrDefault("hub", home.resolve("hub").toString()))))
			.cache((cache) -> cache.directory(Path.of(options.getOrDefault("cache", home.resolve("cache").toString())))
				.minFreeSpace(DataSize.ofBytes(0))
				.seal(options.containsKey("seal"))
				.trustSeals(!"false".equals(options.get("trust")))
				.readOnlyRoots(Stream.of(options.getOrDefault("roots", "").split(","))
					.filter((root) -> !root.isEmpty())
					.map(Path::of)
					.toList()))
			.model(request.build());
		builder.observer(new AcquisitionObserver() {

			@Override
			public void configured(Set<String> modelIds) {
			}

			@Override
			public void verified(boolean matched, Duration elapsed) {
				reads.incrementAndGet();
			}

		});
		try (ModelCache cache = builder.build()) {
			CachedModel model = cache.get("m").block(Duration.ofMinutes(2));
			CachedModel again = cache.get("m").block(Duration.ofMinutes(2));
			return model.outcome() + " verified=" + model.verified() + " reads=" + reads + " " + again.path();
		}
		catch (ModelCacheException ex) {
			return ex.code() + " " + ex.getMessage();
		}
	}

}
