/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.net.URI;
import java.nio.file.Path;

/**
 * The example of {@code docs/plain-java.md}: a program without Spring Boot that fetches a
 * model.
 */
final class PlainJavaExample {

	private PlainJavaExample() {
	}

	/**
	 * Fetches a model and prints its path.
	 * @param args the directory of the cache, the URL of the model, and its digest
	 */
	public static void main(String[] args) {
		try {
			Class.forName("org.springframework.boot.SpringApplication");
			throw new IllegalStateException("Spring Boot is on the class path");
		}
		catch (ClassNotFoundException ex) {
			System.out.println("fetched " + fetch(Path.of(args[0]), URI.create(args[1]), args[2]));
		}
	}

	static Path fetch(Path directory, URI url, String checksum) {
		// @start
		ModelRequest model = ModelRequest.builder("tiny").url(url).expectedDigest(Digest.parse(checksum)).build();
		try (ModelCache cache = ModelCache.builder()
			.cache((options) -> options.directory(directory))
			.download((options) -> options.connections(8).allowInsecureHttp(true))
			.listener((event) -> System.out.println(event))
			.model(model)
			.build()) {
			return cache.get("tiny").map(CachedModel::path).block();
		}
		// @end
	}

}
