/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.FileAccess;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.testsupport.OddFileSystem;
import dev.modelcache.testsupport.OddFileSystem.Oddity;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link DirectoryProbe}.
 */
class DirectoryProbeTests {

	@TempDir
	private Path directory;

	@Test
	void permissionsOfPrivateFilesAreTriedAfterThoseOfSharedOnes() throws Exception {
		OddFileSystem odd = new OddFileSystem(FileSystems.getDefault(), Oddity.WIDE_OPEN);
		DirectoryProbe probe = new DirectoryProbe(FileRules.DEFAULTS, new ExclusiveFiles());
		Path receipt = this.directory.resolve("receipt");
		ModelPlace shared = new ModelPlace(odd.path(Files.createDirectory(this.directory.resolve("hub")).resolve("m")),
				receipt, receipt, FileAccess.PRIVATE, true, null);
		ModelPlace own = new ModelPlace(odd.path(Files.createDirectory(this.directory.resolve("own")).resolve("m")),
				receipt, receipt);
		assertThat(probe.of("m", shared)).isEqualTo(DirectoryProbe.Ability.ALL);
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> probe.of("m", own))
			.withMessageContaining("gives each file the permissions rwxr-xr-x");
	}

}
