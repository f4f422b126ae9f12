/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.testsupport.ForwardingChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ForcedChannel}.
 */
class ForcedChannelTests {

	private static final int MIB = 1 << 20;

	@TempDir
	private Path directory;

	/** How many bytes were written before each time that the file was forced. */
	private final List<Long> forced = new ArrayList<>();

	private long written;

	@Test
	void fileIsForcedEach64MegabytesWhoeverWritesIt() throws IOException {
		try (ForcedChannel channel = new ForcedChannel(counting())) {
			for (int i = 0; i < 200; i++) {
				channel.write(ByteBuffer.allocate(MIB));
			}
		}
		assertThat(this.forced).containsExactly(64L * MIB, 128L * MIB, 192L * MIB);
	}

	@Test
	void copyIsForcedEach64Megabytes() throws IOException {
		Path source = Files.createFile(this.directory.resolve("source"));
		List<Long> advanced = new ArrayList<>();
		try (FileChannel from = FileChannel.open(source, StandardOpenOption.READ, StandardOpenOption.WRITE);
				FileChannel to = counting()) {
			from.write(ByteBuffer.wrap(new byte[1]), 130L * MIB - 1);
			assertThat(ForcedChannel.copy(from, to, () -> advanced.add(this.written))).isEqualTo(130L * MIB);
		}
		assertThat(this.written).isEqualTo(130L * MIB);
		assertThat(this.forced).containsExactly(64L * MIB, 128L * MIB);
		assertThat(advanced).hasSize(33).startsWith(4L * MIB).endsWith(130L * MIB);
	}

	@Test
	void copyWithADigestIsForcedEach64Megabytes() throws IOException {
		Path source = Files.createFile(this.directory.resolve("source"));
		try (FileChannel file = FileChannel.open(source, StandardOpenOption.WRITE); FileChannel to = counting()) {
			file.write(ByteBuffer.wrap(new byte[1]), 66L * MIB - 1);
			FileDigest.ofCopied(source, to, Set.of(Algorithm.SHA256), () -> {
			});
		}
		assertThat(this.written).isEqualTo(66L * MIB);
		assertThat(this.forced).containsExactly(64L * MIB);
	}

	/** Returns a file that takes no space on the disk. */
	private FileChannel counting() throws IOException {
		FileChannel file = FileChannel.open(this.directory.resolve("file"), StandardOpenOption.CREATE,
				StandardOpenOption.WRITE);
		return new ForwardingChannel(file) {

			@Override
			public int write(ByteBuffer source) {
				int bytes = source.remaining();
				source.position(source.limit());
				ForcedChannelTests.this.written += bytes;
				return bytes;
			}

			@Override
			public void force(boolean metaData) {
				ForcedChannelTests.this.forced.add(ForcedChannelTests.this.written);
			}

		};
	}

}
