/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.modelcache.ModelFileName;
import dev.modelcache.testsupport.OddFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Elsewhere}.
 */
class ElsewhereTests {

	private static final ModelFileName NAME = new ModelFileName("m.gguf");

	@TempDir
	private Path directory;

	private ModelManifest version(String commit) {
		return new ModelManifest(List.of(NAME), commit, "hf://org/repo", "key", false)
			.in(this.directory.resolve("hub").resolve(commit), Set.of(NAME));
	}

	/** A process that is killed meanwhile leaves the former record or the next one. */
	@Test
	void recordOfTheVersionThatIsSeenIsThereAtEachMoment() throws Exception {
		OddFileSystem disk = new OddFileSystem(this.directory.getFileSystem());
		Path receipt = disk.path(Files.createDirectory(this.directory.resolve("receipts")).resolve("m.properties"));
		ModelPlace place = new ModelPlace(this.directory.resolve("m"), receipt, receipt);
		Elsewhere.write(place, version("one"), new Records());
		List<ModelManifest> seen = new ArrayList<>();
		disk.beforeStoring((step) -> seen.add(Elsewhere.read(place, new Records())));
		Elsewhere.write(place, version("two"), new Records());
		assertThat(seen).hasSizeGreaterThan(1).containsOnly(version("one"));
		assertThat(Elsewhere.all(place, new Records()).values()).containsExactly(version("two"), version("one"));
	}

}
