/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models that come from a file of this machine.
 */
class FileSourceTests {

	@TempDir
	private Path directory;

	private final Content content = Content.random(1_000_000, 1);

	private CachedModel get(ModelRequest.Builder request) {
		try (CacheFixture fixture = new CacheFixture(this.directory.resolve("cache"))) {
			fixture.open(request.build());
			return fixture.get("m");
		}
	}

	private ModelRequest.Builder request() throws Exception {
		Path source = Files.write(this.directory.resolve("source.gguf"), this.content.bytes());
		return ModelRequest.builder("m").url(source.toUri());
	}

	@Test
	void fileIsCopiedVerifiedAndPublished() throws Exception {
		CachedModel model = get(request().expectedDigest(this.content.sha256()));
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.path()).satisfies(Content.exactly(this.content.bytes()))
			.startsWith(this.directory.toRealPath().resolve("cache"));
		assertThat(this.directory.resolve("source.gguf")).exists();
	}

	@Test
	void wrongFileIsNotPublished() throws Exception {
		assertThatExceptionOfType(ModelIntegrityException.class)
			.isThrownBy(() -> get(request().expectedDigest(Content.of("other").sha256())));
	}

	@Test
	void missingFileIsNotFound() {
		assertThatExceptionOfType(ModelNotFoundException.class)
			.isThrownBy(() -> get(ModelRequest.builder("m").url(this.directory.resolve("missing").toUri())));
	}

}
