/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer.file;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.internal.http.RangeClient;
import dev.modelcache.internal.http.RangeClientContractTests;
import dev.modelcache.testsupport.Content;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.scheduler.Schedulers;

/**
 * Tests for {@link FileRangeClient}.
 */
class FileRangeClientTests extends RangeClientContractTests {

	@TempDir
	private Path directory;

	@Override
	protected RangeClient client() {
		return new FileRangeClient(Schedulers.boundedElastic());
	}

	@Override
	protected URI file() {
		return this.directory.resolve("m.gguf").toUri();
	}

	@Override
	protected void serve(Content content) throws IOException {
		Files.write(this.directory.resolve("m.gguf"), content.bytes());
	}

}
