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

import dev.modelcache.source.SourceResolver;
import dev.modelcache.test.SourceResolverContract;
import dev.modelcache.test.TinyModels;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;

/**
 * The contract of sources for files.
 */
class FileSourceTests extends SourceResolverContract {

	@TempDir
	private Path directory;

	@Override
	protected SourceResolver resolver() {
		return new FileSourceResolver(Schedulers.boundedElastic());
	}

	@Override
	protected URI location() {
		try {
			return Files.write(this.directory.resolve("model.gguf"), content()).toUri();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	protected byte[] content() {
		return TinyModels.gguf();
	}

	@Override
	protected URI missing() {
		return this.directory.resolve("missing.gguf").toUri();
	}

}
