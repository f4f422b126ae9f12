/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.file;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelNotFoundException;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FileSourceResolver}.
 */
class FileSourceResolverTests extends SourceResolverContractTests {

	@TempDir
	private Path directory;

	@Override
	protected SourceResolver resolver() {
		return new FileSourceResolver(Schedulers.immediate());
	}

	@Override
	protected URI location() {
		try {
			return Files.writeString(this.directory.resolve("model.gguf"), "model").toUri();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	protected URI missing() {
		return this.directory.resolve("missing.gguf").toUri();
	}

	@Test
	void sizeIsKnown() {
		assertThat(resolve(location()).size()).isEqualTo(5);
	}

	@Test
	void missingFileAndDirectoryAreNotFound() {
		for (URI uri : new URI[] { this.directory.resolve("missing").toUri(), this.directory.toUri() }) {
			StepVerifier.create(resolver().resolve(of(uri)))
				.expectErrorSatisfies((failure) -> assertThat(failure).isInstanceOf(ModelNotFoundException.class)
					.hasMessageContaining("does not exist or cannot be read"))
				.verify(PATIENCE);
		}
	}

}
