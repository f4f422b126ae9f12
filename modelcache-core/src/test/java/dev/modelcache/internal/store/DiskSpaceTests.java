/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.FileStoreAttributeView;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.DiskSpace.Disks;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
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

	private final FakeDisk disk = new FakeDisk(() -> SIZE - this.used.get(), SIZE);

	private final DiskSpace space = new DiskSpace(DataSize.ofBytes(4), (directory) -> this.disk);

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

	static Map<String, Disks> disksThatDoNotTell() {
		return Map.of("0 of 0 bytes", (directory) -> new FakeDisk(() -> 0, 0), "a negative number",
				(directory) -> new FakeDisk(() -> -1, SIZE), "no such call", (directory) -> new FakeDisk(() -> {
					throw new IOException("Function not implemented");
				}, SIZE), "no total", (directory) -> new FakeDisk(() -> 0, -1), "unsupported",
				(directory) -> new FakeDisk(() -> {
					throw new UnsupportedOperationException();
				}, SIZE), "no mount table", (directory) -> {
					throw new IOException("Mount point not found");
				}, "no permission", (directory) -> {
					throw new SecurityException("denied");
				});
	}

	static Stream<Named<Disks>> unknown() {
		return disksThatDoNotTell().entrySet().stream().map((disk) -> Named.of(disk.getKey(), disk.getValue()));
	}

	@ParameterizedTest
	@MethodSource("unknown")
	@ExtendWith(OutputCaptureExtension.class)
	void freeSpaceThatIsNotKnownIsNotZeroAndIsToldOnce(Disks disks, CapturedOutput output) {
		DiskSpace space = new DiskSpace(DataSize.ofMegabytes(512), disks);
		assertThat(space.free(this.directory)).isNull();
		space.reserve("a", "a", place(), DataSize.ofTerabytes(1), () -> 0);
		assertThat(space.reserveUpTo("b", "b", place(), DataSize.ofBytes(100), () -> 0))
			.isEqualTo(DataSize.ofBytes(100));
		assertThat(output.getAll().split("WARN", -1)).as("warnings").hasSize(2);
		assertThat(output).contains("The free space of " + this.directory + " is unknown");
	}

	@Test
	void fullDiskIsFull() {
		this.used.set(SIZE);
		assertThat(this.space.free(this.directory)).isEqualTo(DataSize.ofBytes(0));
		assertThatExceptionOfType(ModelStorageException.class).isThrownBy(() -> admitB(1));
	}

	private interface Bytes {

		long get() throws IOException;

	}

	/** A disk that says what a test has it say. */
	private static final class FakeDisk extends FileStore {

		private final Bytes usable;

		private final long total;

		FakeDisk(Bytes usable, long total) {
			this.usable = usable;
			this.total = total;
		}

		@Override
		public String name() {
			return "fake";
		}

		@Override
		public String type() {
			return "fake";
		}

		@Override
		public boolean isReadOnly() {
			return false;
		}

		@Override
		public long getTotalSpace() {
			return this.total;
		}

		@Override
		public long getUsableSpace() throws IOException {
			return this.usable.get();
		}

		@Override
		public long getUnallocatedSpace() throws IOException {
			return this.usable.get();
		}

		@Override
		public boolean supportsFileAttributeView(Class<? extends FileAttributeView> type) {
			return false;
		}

		@Override
		public boolean supportsFileAttributeView(String name) {
			return false;
		}

		@Override
		public <V extends FileStoreAttributeView> V getFileStoreAttributeView(Class<V> type) {
			return null;
		}

		@Override
		public Object getAttribute(String attribute) {
			throw new UnsupportedOperationException(attribute);
		}

	}

}
