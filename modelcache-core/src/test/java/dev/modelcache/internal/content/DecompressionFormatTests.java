/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.modelcache.testsupport.Compressing.compress;
import static dev.modelcache.testsupport.Compressing.concatenate;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * What only one of the formats has.
 */
class DecompressionFormatTests {

	private static final byte[] CONTENT = "the quick brown fox ".repeat(20).getBytes(StandardCharsets.US_ASCII);

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

	private static byte[] bytes(int... bytes) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		Arrays.stream(bytes).forEach(out::write);
		return out.toByteArray();
	}

	/** RFC 1952, section 2.3: a header with all its fields. */
	private static byte[] gzipWithAllFields(int flags) {
		byte[] plain = compress(Compression.GZIP, CONTENT);
		byte[] header = concatenate(bytes(0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3), bytes(3, 0, 'a', 'b', 'c'),
				"model.gguf\0".getBytes(StandardCharsets.ISO_8859_1),
				"a comment\0".getBytes(StandardCharsets.ISO_8859_1));
		CRC32 crc = new CRC32();
		crc.update(header);
		int check = (int) crc.getValue();
		return concatenate(header, bytes(check & 0xff, check >> 8 & 0xff), Arrays.copyOfRange(plain, 10, plain.length));
	}

	@Test
	void gzipHeaderMayHaveAllFields() throws IOException {
		byte[] bytes = gzipWithAllFields(0x1f);
		this.files.expectContent(Compression.GZIP, bytes, CONTENT);
		for (int cut = 1; cut < bytes.length; cut++) {
			assertThat(this.files.failureOf(Compression.GZIP, Arrays.copyOf(bytes, cut)))
				.isInstanceOf(ModelIntegrityException.class)
				.hasMessageContaining("is truncated");
		}
	}

	@Test
	void gzipHeaderWithAWrongChecksumIsDamaged() throws IOException {
		byte[] bytes = gzipWithAllFields(0x1f);
		bytes[12] ^= 1;
		assertThat(this.files.failureOf(Compression.GZIP, bytes)).isInstanceOf(ModelIntegrityException.class)
			.hasMessageContaining("header's checksum");
	}

	@Test
	void gzipFlagsThatNobodyKnowsAreRefused() throws IOException {
		assertThat(this.files.failureOf(Compression.GZIP, gzipWithAllFields(0x3f)))
			.isInstanceOf(ModelIntegrityException.class);
	}

	@Test
	void gzipContentIsProvedByChecksumAndSize() throws IOException {
		byte[] bytes = compress(Compression.GZIP, CONTENT);
		byte[] wrongChecksum = bytes.clone();
		wrongChecksum[bytes.length - 8] ^= 1;
		assertThat(this.files.failureOf(Compression.GZIP, wrongChecksum)).isInstanceOf(ModelIntegrityException.class)
			.hasMessageContaining("content's checksum");
		byte[] wrongSize = bytes.clone();
		wrongSize[bytes.length - 4] ^= 1;
		assertThat(this.files.failureOf(Compression.GZIP, wrongSize)).isInstanceOf(ModelIntegrityException.class)
			.hasMessageContaining("content's size");
	}

	@Test
	void gzipMayBePaddedWithZerosAtItsEnd() throws IOException {
		byte[] member = compress(Compression.GZIP, CONTENT);
		for (int zeros : new int[] { 1, 2, 512, 200_000 }) {
			this.files.expectContent(Compression.GZIP, concatenate(member, member, new byte[zeros]),
					concatenate(CONTENT, CONTENT));
		}
		for (byte[] end : List.of(bytes(0, 1), member, bytes(1))) {
			assertThat(this.files.failureOf(Compression.GZIP, concatenate(member, new byte[512], end)))
				.isInstanceOf(ModelIntegrityException.class)
				.hasMessageContaining("followed by other data");
		}
	}

	@Test
	void zstdFramesMayBeSkippable() throws IOException {
		byte[] skippable = bytes(0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5);
		byte[] empty = bytes(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0);
		byte[] frame = compress(Compression.ZSTD, CONTENT);
		this.files.expectContent(Compression.ZSTD,
				concatenate(skippable, empty, frame, empty, skippable, frame, skippable, empty),
				concatenate(CONTENT, CONTENT));
		assertThat(this.files.failureOf(Compression.ZSTD, concatenate(frame, Arrays.copyOf(skippable, 10))))
			.isInstanceOf(ModelIntegrityException.class)
			.hasMessageContaining("is truncated");
	}

	@Test
	void zstdWindowIsBounded() throws IOException {
		// RFC 8878, section 3.1.1.1: frame header with a window of 2^n, one empty last
		// block.
		byte[] window128Mib = bytes(0x28, 0xb5, 0x2f, 0xfd, 0, (27 - 10) << 3, 1, 0, 0);
		byte[] window256Mib = bytes(0x28, 0xb5, 0x2f, 0xfd, 0, (28 - 10) << 3, 1, 0, 0);
		this.files.expectContent(Compression.ZSTD, window128Mib, new byte[0]);
		assertThat(this.files.failureOf(Compression.ZSTD, window256Mib)).isInstanceOf(ModelFormatException.class)
			.hasMessageContaining("smaller window");
	}

	@Test
	void zstdDictionaryThatNobodyHasIsRefused() throws IOException {
		// A frame that names dictionary 9: RFC 8878, section 3.1.1.1.3.
		byte[] frame = bytes(0x28, 0xb5, 0x2f, 0xfd, 0x21, 9, 1, 0x09, 0, 0, 'x');
		assertThat(this.files.failureOf(Compression.ZSTD, frame)).isInstanceOf(ModelFormatException.class);
	}

	@Test
	void xzStreamsMayBePadded() throws IOException {
		byte[] stream = compress(Compression.XZ, CONTENT);
		this.files.expectContent(Compression.XZ, concatenate(stream, new byte[8], stream, new byte[4]),
				concatenate(CONTENT, CONTENT));
	}

	@Test
	void xzDictionaryIsBounded() throws IOException {
		assertThat(this.files.failureOf(Compression.XZ, xzWithDictionary(40))).isInstanceOf(ModelFormatException.class)
			.hasMessageContaining("dictionary");
		this.files.expectContent(Compression.XZ, xzWithDictionary(28), CONTENT);
	}

	/**
	 * The .xz file format, sections 3.1 and 5.3.1: the size of LZMA2's dictionary in the
	 * first block's header.
	 */
	private static byte[] xzWithDictionary(int size) {
		byte[] bytes = compress(Compression.XZ, CONTENT);
		ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		int header = 12;
		int headerSize = (bytes[header] + 1) * 4;
		int filter = header + 2;
		assertThat(bytes[filter]).isEqualTo((byte) 0x21);
		bytes[filter + 2] = (byte) size;
		CRC32 crc = new CRC32();
		crc.update(bytes, header, headerSize - 4);
		buffer.putInt(header + headerSize - 4, (int) crc.getValue());
		return bytes;
	}

}
