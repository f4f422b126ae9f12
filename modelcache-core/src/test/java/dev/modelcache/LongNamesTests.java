/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.MisbehavingServer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Files whose names are as long as a file system allows, so that those of working files
 * beside them would be too long.
 */
class LongNamesTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	@TempDir
	private Path directory;

	private final GgufFile model = GgufFile.tiny();

	private static String name(int length) {
		return "m".repeat(length - ".gguf".length()) + ".gguf";
	}

	private ModelCache cache(ModelRequest request, Path lockFile) {
		return ModelCache.builder()
			.environment((name) -> null)
			.cache((cache) -> cache.directory(this.directory.resolve("cache")).minFreeSpace(DataSize.ofMegabytes(1)))
			.download((download) -> download.allowInsecureHttp(true))
			.lockFile(lockFile)
			.model(request)
			.build();
	}

	private ModelRequest.Builder request(URI url, Path path) {
		return ModelRequest.builder("m")
			.url(url)
			.modelPath(path)
			.expectedDigest(Content.of(this.model.bytes()).sha256())
			.maxAttempts(1);
	}

	private List<String> names() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 241, 242, 255 })
	void modelIsStoredReplacedAndEvicted(int length) throws IOException {
		Path path = Files.writeString(this.directory.resolve(name(length)), "another file");
		Path lockFile = this.directory.resolve("l".repeat(length));
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				ModelCache cache = cache(
						request(server.uri("/m.gguf"), path).modelPathConflict(ModelPathConflict.REPLACE).build(),
						lockFile)) {
			assertThat(cache.get("m").map(CachedModel::path).block(PATIENCE)).isEqualTo(path)
				.satisfies(Content.exactly(this.model.bytes()));
			assertThat(lockFile).content().contains("sha256");
			assertThat(names()).anySatisfy((name) -> assertThat(name).contains(".replaced-"))
				.allSatisfy((name) -> assertThat(name.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(255));
			cache.evict("m").block(PATIENCE);
			assertThat(path).doesNotExist();
			assertThat(names()).noneMatch((name) -> name.endsWith(".part") || name.endsWith(".tmp"));
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 241, 255 })
	void fallbackStandsBesideItsModel(int length) {
		Path path = this.directory.resolve(name(length));
		try (MisbehavingServer server = MisbehavingServer.start().serve("/m.gguf", this.model.content());
				ModelCache cache = cache(request(server.uri("/gone"), path)
					.fallback(ModelRequest.builder("m").url(server.uri("/" + name(length))).build())
					.fallback(ModelRequest.builder("m").url(server.uri("/m.gguf")).maxAttempts(1).build())
					.build(), null)) {
			assertThat(cache.get("m").map(CachedModel::path).block(PATIENCE)).hasParent(this.directory)
				.satisfies(Content.exactly(this.model.bytes()));
		}
	}

}
