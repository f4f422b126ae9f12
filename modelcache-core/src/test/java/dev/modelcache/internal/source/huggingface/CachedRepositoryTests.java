/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link CachedRepository}.
 */
class CachedRepositoryTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path directory;

	/** The Hub's tools write files. */
	@Test
	void referenceThatIsALinkIsNotFollowed() throws IOException {
		Path folder = this.directory.resolve("models--org--repo");
		Files.createDirectories(folder.resolve("snapshots").resolve(COMMIT));
		Files.writeString(folder.resolve("snapshots").resolve(COMMIT).resolve("m.gguf"), "model");
		Path reference = Files.createDirectories(folder.resolve("refs")).resolve("main");
		Path elsewhere = Files.writeString(this.directory.resolve("elsewhere"), COMMIT + "\n");
		HubUrl url = HubUrl.parse(URI.create("hf://org/repo/m.gguf"));
		Files.createSymbolicLink(reference, elsewhere);
		assertThat(CachedRepository.read(this.directory, url)).isNull();
		Files.delete(reference);
		Files.copy(elsewhere, reference);
		assertThat(CachedRepository.read(this.directory, url)).isNotNull();
		Files.writeString(reference, COMMIT + "x");
		assertThat(CachedRepository.read(this.directory, url)).isNull();
	}

}
