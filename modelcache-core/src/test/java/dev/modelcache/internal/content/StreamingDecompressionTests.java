/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelStorageException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;

import static dev.modelcache.testsupport.Compressing.compress;
import static dev.modelcache.testsupport.Compressing.concatenate;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What holds for every format.
 */
class StreamingDecompressionTests {

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	private DecompressionFixture files;

	@BeforeEach
	void open() throws IOException {
		this.files = new DecompressionFixture(this.directory);
	}

	@AfterEach
	void close() throws Exception {
		this.files.close();
	}

	/** Content that gets a little smaller. */
	private static byte[] content(int size, long seed) {
		byte[] bytes = new byte[size];
		new Random(seed).nextBytes(bytes);
		for (int i = 0; i < size; i += 3) {
			bytes[i] = 7;
		}
		return bytes;
	}

	static Stream<Arguments> formatsAndSizes() {
		return Stream.of(Compression.values())
			.flatMap((format) -> Stream.of(0, 1, 1000, MIB, MIB + 1, 2_000_000)
				.map((size) -> Arguments.of(format, size)));
	}

	@ParameterizedTest
	@MethodSource("formatsAndSizes")
	void contentAndItsDigestsComeOut(Compression format, int size) throws IOException {
		byte[] content = content(size, size);
		this.files.expectContent(format, compress(format, content), content);
	}

	@ParameterizedTest
	@EnumSource
	void severalMembersAreOneContent(Compression format) throws IOException {
		byte[] first = content(MIB + 17, 1);
		byte[] second = content(300, 2);
		byte[] empty = {};
		this.files.expectContent(format, concatenate(compress(format, empty), compress(format, first),
				compress(format, empty), compress(format, second), compress(format, empty)),
				concatenate(first, second));
	}

	static Stream<Arguments> formatsAndSeeds() {
		return Stream.of(Compression.values())
			.flatMap((format) -> IntStream.range(0, 4).mapToObj((seed) -> Arguments.of(format, seed)));
	}

	/** What stands beyond the frontier is garbage until the frontier has passed it. */
	@ParameterizedTest
	@MethodSource("formatsAndSeeds")
	void outcomeDoesNotDependOnHowTheBytesArrive(Compression format, int seed) throws IOException {
		Random random = new Random(seed);
		byte[] first = content(random.nextInt(3 * MIB / 2), seed);
		byte[] second = content(random.nextInt(MIB / 2), seed + 1);
		byte[] bytes = concatenate(compress(format, first), compress(format, second));
		byte[] garbage = content(bytes.length + 1000, -seed - 1);
		this.files.write(garbage, 0, garbage.length);
		int largest = 1 << random.nextInt(8, 21);
		try (StreamingDecompression decompression = this.files.start(format)) {
			int position = 0;
			while (position < bytes.length) {
				int end = Math.min(bytes.length, position + 1 + random.nextInt(largest));
				this.files.write(bytes, position, end);
				decompression.advance(end);
				decompression.advance(random.nextInt(end));
				position = end;
			}
			this.files.expectContent(decompression, concatenate(first, second));
		}
	}

	@ParameterizedTest
	@EnumSource
	void contentIsThereBeforeTheFileIsWhole(Compression format) throws Exception {
		byte[] content = content(3 * MIB, 1);
		byte[] bytes = compress(format, content);
		this.files.write(bytes, 0, bytes.length);
		CountDownLatch written = new CountDownLatch(1);
		this.files.admission((size) -> written.countDown());
		try (StreamingDecompression decompression = this.files.start(format)) {
			decompression.advance(bytes.length / 2);
			assertThat(written.await(3, TimeUnit.MINUTES)).as("blocks of content").isTrue();
			decompression.advance(bytes.length);
			this.files.expectContent(decompression, content);
		}
	}

	@ParameterizedTest
	@EnumSource
	void fileThatIsCutAnywhereIsAnError(Compression format) throws IOException {
		byte[] first = content(40, 1);
		byte[] one = compress(format, first);
		byte[] both = concatenate(one, compress(format, content(20, 2)));
		for (int length = 0; length < both.length; length++) {
			byte[] cut = Arrays.copyOf(both, length);
			if (length == one.length) {
				this.files.expectContent(format, cut, first);
			}
			else {
				assertThat(this.files.failureOf(format, cut)).as("%s of %s bytes", length, both.length)
					.isInstanceOf(ModelIntegrityException.class)
					.hasMessageContaining("https://host/m.gguf" + format.suffix());
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void largeFileThatIsCutIsAnError(Compression format) throws IOException {
		byte[] bytes = compress(format, content(2 * MIB, 1));
		for (int missing : new int[] { 1, 12, MIB }) {
			assertThat(this.files.failureOf(format, Arrays.copyOf(bytes, bytes.length - missing)))
				.isInstanceOf(ModelIntegrityException.class)
				.hasMessageContaining("is truncated");
		}
	}

	@ParameterizedTest
	@EnumSource
	void bytesAfterTheEndAreAnError(Compression format) throws IOException {
		byte[] bytes = compress(format, content(1000, 1));
		for (int count = 1; count <= 32; count++) {
			byte[] garbage = content(count, count);
			assertThat(this.files.failureOf(format, concatenate(bytes, garbage))).as("%s bytes", count)
				.isInstanceOf(ModelIntegrityException.class);
		}
		if (format != Compression.GZIP) {
			assertThat(this.files.failureOf(format, concatenate(bytes, new byte[3])))
				.isInstanceOf(ModelIntegrityException.class);
		}
		assertThat(this.files.failureOf(format, concatenate(bytes, Arrays.copyOf(bytes, 2))))
			.isInstanceOf(ModelIntegrityException.class)
			.hasMessageContaining("is truncated");
	}

	/** Some bits, such as those of a time, mean nothing for the content. */
	@ParameterizedTest
	@EnumSource
	void flippedBitNeverGivesOtherContent(Compression format) throws IOException {
		byte[] content = content(60, 1);
		byte[] bytes = compress(format, content);
		int detected = 0;
		for (int position = 0; position < bytes.length; position++) {
			byte[] damaged = bytes.clone();
			damaged[position] ^= (byte) (1 << (position % 8));
			byte[] result = this.files.contentOf(format, damaged);
			if (result == null) {
				detected++;
			}
			else {
				assertThat(result).as("bit flipped in byte %s", position).isEqualTo(content);
			}
		}
		assertThat(detected).isGreaterThan(bytes.length - 12);
	}

	@ParameterizedTest
	@EnumSource
	void contentThatIsTooLargeIsRefusedBeforeItIsWritten(Compression format) throws IOException {
		byte[] bomb = compress(format, new byte[4 * MIB]);
		assertThat(this.files.failureOf(format, bomb)).isInstanceOf(ModelFormatException.class)
			.hasMessageContainingAll("more than " + DecompressionFixture.MAX_EXPANSION + " times",
					String.valueOf(bomb.length), "max-expansion");
		assertThat(this.files.content.size())
			.isLessThanOrEqualTo(Math.max(MIB, (long) DecompressionFixture.MAX_EXPANSION * bomb.length));
	}

	@ParameterizedTest
	@EnumSource
	void beginningThatUnfoldsFarWaitsForTheRest(Compression format) throws IOException {
		byte[] content = concatenate(new byte[5 * MIB], content(2 * MIB, 1));
		byte[] bytes = compress(format, content);
		this.files.write(bytes, 0, bytes.length);
		try (StreamingDecompression decompression = this.files.start(format)) {
			long arrived = 0;
			while (arrived < bytes.length) {
				arrived = Math.min(arrived + Frontier.BLOCK, bytes.length);
				decompression.advance(arrived);
				this.files.awaitRest();
				assertThat(this.files.content.size()).as("content of the first %s bytes", arrived)
					.isLessThanOrEqualTo(Math.max(MIB, DecompressionFixture.MAX_EXPANSION * arrived));
			}
			this.files.expectContent(decompression, content);
		}
	}

	@ParameterizedTest
	@EnumSource
	void otherBytesAreNotOfTheFormat(Compression format) throws IOException {
		assertThat(this.files.failureOf(format, content(1000, 1))).isInstanceOf(ModelFormatException.class)
			.hasMessageContaining("end model-path with " + format.suffix());
		assertThat(this.files.failureOf(format, new byte[1])).isInstanceOf(ModelFormatException.class);
		for (Compression other : Compression.values()) {
			if (other != format) {
				assertThat(this.files.failureOf(format, compress(other, content(1000, 1))))
					.isInstanceOf(ModelFormatException.class);
			}
		}
	}

	@ParameterizedTest
	@EnumSource
	void otherBytesEndADownloadEarly(Compression format) throws IOException {
		byte[] bytes = content(MIB, 1);
		this.files.write(bytes, 0, bytes.length);
		try (StreamingDecompression decompression = this.files.start(format)) {
			decompression.advance(bytes.length / 2);
			assertThat(DecompressionFixture.failureOf(decompression.failure()))
				.isInstanceOf(ModelFormatException.class);
		}
	}

	@ParameterizedTest
	@EnumSource
	void closedDecompressionWritesNothingAnyMore(Compression format) throws Exception {
		byte[] bytes = compress(format, content(4 * MIB, 1));
		this.files.write(bytes, 0, bytes.length);
		CountDownLatch started = new CountDownLatch(2);
		this.files.admission((size) -> started.countDown());
		StreamingDecompression decompression = this.files.start(format);
		decompression.advance(bytes.length);
		assertThat(started.await(3, TimeUnit.MINUTES)).isTrue();
		decompression.close();
		this.files.content.truncate(0);
		assertThat(DecompressionFixture.failureOf(decompression.complete())).isNotNull();
		// The end of all threads is awaited here.
		this.files.awaitThreads();
		assertThat(this.files.content.size()).isZero();
	}

	@ParameterizedTest
	@EnumSource
	void decompressionThatWaitsIsClosedAtOnce(Compression format) throws Exception {
		byte[] bytes = compress(format, content(2 * MIB, 1));
		this.files.write(bytes, 0, bytes.length);
		StreamingDecompression decompression = this.files.start(format);
		decompression.advance(bytes.length / 2);
		decompression.close();
		assertThat(DecompressionFixture.failureOf(decompression.complete())).isNotNull();
	}

	@ParameterizedTest
	@EnumSource
	void anotherDecompressionDropsWhatWasThere(Compression format) throws IOException {
		byte[] content = content(1000, 1);
		this.files.expectContent(format, compress(format, content(2 * MIB, 2)), content(2 * MIB, 2));
		this.files.expectContent(format, compress(format, content), content);
	}

	@Test
	void diskWithoutSpaceIsToldAsItIs() throws IOException {
		ModelStorageException full = new ModelStorageException("default", this.directory, DataSize.ofBytes(2),
				DataSize.ofBytes(1));
		this.files.admission((bytes) -> {
			throw full;
		});
		assertThat(this.files.failureOf(Compression.GZIP, compress(Compression.GZIP, new byte[10]))).isSameAs(full);
		assertThat(this.files.content.size()).isZero();
	}

	@Test
	void failureOfTheDiskIsNoFailureOfTheBytes() throws IOException {
		byte[] bytes = compress(Compression.XZ, content(1000, 1));
		this.files.content.close();
		assertThat(this.files.failureOf(Compression.XZ, bytes)).isInstanceOf(ClosedChannelException.class);
	}

	@ParameterizedTest
	@EnumSource
	void compressedFileThatIsShorterThanSaidIsAnError(Compression format) throws IOException {
		byte[] bytes = compress(format, content(1000, 1));
		this.files.write(bytes, 0, bytes.length - 100);
		try (StreamingDecompression decompression = this.files.start(format)) {
			decompression.advance(bytes.length);
			assertThat(DecompressionFixture.failureOf(decompression.complete())).isExactlyInstanceOf(IOException.class)
				.hasMessageContaining("before " + bytes.length);
		}
	}

	@Test
	void libraryThatDoesNotWorkHereIsNamed() throws IOException {
		this.files.admission((bytes) -> {
			throw new UnsatisfiedLinkError("failed to map segment");
		});
		assertThat(this.files.failureOf(Compression.ZSTD, compress(Compression.ZSTD, new byte[10])))
			.isInstanceOf(ModelConfigurationException.class)
			.hasMessageContainingAll("com.github.luben:zstd-jni", "java.io.tmpdir");
	}

	@Test
	void lackOfMemoryEndsItWithAnAnswer() throws IOException {
		this.files.admission((bytes) -> {
			throw new OutOfMemoryError("Java heap space");
		});
		assertThat(this.files.failureOf(Compression.XZ, compress(Compression.XZ, new byte[10])))
			.isInstanceOf(ModelFormatException.class)
			.hasMessageContaining("not enough memory");
	}

}
