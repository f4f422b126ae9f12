/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;

import dev.modelcache.ModelStorageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link DiskSpace}.
 */
class DiskSpaceTests {

	private static final long SIZE = 64;

	@TempDir
	private Path directory;

	private final AtomicLong used = new AtomicLong();

	private final AtomicLong writtenByA = new AtomicLong();

	private final DiskSpace space = new DiskSpace(DataSize.ofBytes(4), (disk) -> SIZE - this.used.get());

	private ModelPlace place() {
		return new ModelPlace(this.directory.resolve("m"), this.directory.resolve("m.lock"),
				this.directory.resolve("m.properties"));
	}

	private void admitA(long bytes) {
		this.space.reserve("a", "a", place(), DataSize.ofBytes(bytes), this.writtenByA::get);
	}

	private void admitB(long bytes) {
		this.space.reserve("b", "b", place(), DataSize.ofBytes(bytes), () -> 0);
	}

	private void writeA(long bytes) {
		this.used.addAndGet(bytes);
		this.writtenByA.addAndGet(bytes);
	}

	@Test
	void bytesThatAreWrittenAreNotCountedAgain() {
		admitA(40);
		writeA(30);
		assertThatNoException().isThrownBy(() -> admitB(64 - 4 - 40));
	}

	@Test
	void bytesThatAreStillToBeWrittenAreKept() {
		admitA(40);
		writeA(30);
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> admitB(64 - 4 - 40 + 1))
			.satisfies((failure) -> {
				assertThat(failure.needed()).isEqualTo(DataSize.ofBytes(21 + 4 + 10));
				assertThat(failure.available()).isEqualTo(DataSize.ofBytes(34));
				assertThat(failure).hasMessageContaining(
						"35 bytes are required, 31 to be written and 4 to stay free, 34 bytes are available");
			});
	}

	@Test
	void downloadThatResumesCountsFromItsNextByte() {
		this.writtenByA.set(1000);
		admitA(40);
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> admitB(21));
		writeA(40);
		admitB(20);
	}

	@Test
	void fileOfUnknownSizeGetsWhatIsLeft() {
		admitA(40);
		writeA(10);
		assertThat(this.space.reserveUpTo("b", "b", place(), DataSize.ofBytes(100), () -> 0))
			.isEqualTo(DataSize.ofBytes(64 - 4 - 40));
	}

	@Test
	void downloadThatBeginsAgainNeedsTheWholeFile() {
		admitA(40);
		writeA(30);
		writeA(-30);
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> admitB(21));
		this.space.release("a");
		admitB(60);
	}

	@ParameterizedTest
	@CsvSource({ "200MB, 10MB", "10GB, 512MB", "1TB, 512MB", "0MB, 512MB" })
	void withoutAConfiguredSizeAShareOfTheDiskStaysFree(DataSize disk, DataSize reserve) throws IOException {
		FileStore store = mock(FileStore.class);
		given(store.getTotalSpace()).willReturn(disk.toBytes());
		assertThat(DiskSpace.reserve(null, store)).isEqualTo(reserve.toBytes());
		assertThat(DiskSpace.reserve(DataSize.ofBytes(7), store)).isEqualTo(7);
	}

}
