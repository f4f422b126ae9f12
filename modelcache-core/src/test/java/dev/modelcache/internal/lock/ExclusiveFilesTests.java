/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.spi.FileSystemProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ExclusiveFiles}.
 */
class ExclusiveFilesTests {

	@TempDir
	private Path directory;

	@Test
	void aFileThatIsGoneIsNobodys() throws IOException {
		assertThat(new ExclusiveFiles().tryOpen(this.directory.resolve("gone"))).isNull();
	}

	/** The tests may run as root, to whom nothing is denied. */
	@Test
	void aFileThatAnotherUserKeepsForHimselfIsTaken() throws IOException {
		FileSystemProvider provider = mock(FileSystemProvider.class);
		given(provider.newFileChannel(any(), any(), any(FileAttribute[].class)))
			.willThrow(new AccessDeniedException("private"));
		FileSystem fileSystem = mock(FileSystem.class);
		given(fileSystem.provider()).willReturn(provider);
		Path file = mock(Path.class);
		given(file.getFileSystem()).willReturn(fileSystem);
		assertThat(new ExclusiveFiles().tryOpen(file)).isNull();
	}

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void pipeIsHeldByNobodyAndNotWaitedFor() throws Exception {
		Path pipe = this.directory.resolve("m.user.held");
		assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
		assertThat(new ExclusiveFiles().isHeld(pipe)).isFalse();
	}

}
