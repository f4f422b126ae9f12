/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Properties;

import dev.modelcache.internal.FileAccess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests {@link PropertiesFiles}.
 */
class PropertiesFilesTests {

	@TempDir
	private Path directory;

	@Test
	void whatWasWrittenIsRead() throws IOException {
		Path file = this.directory.resolve("a/record.properties");
		Properties properties = new Properties();
		properties.setProperty("digest", "ä \u0001");
		PropertiesFiles.write(file, properties, FileAccess.PRIVATE);
		assertThat(PropertiesFiles.read(file)).isEqualTo(properties);
	}

	@ParameterizedTest
	@ValueSource(strings = { "nothing", "a link", "a pipe", "a directory", "a huge file", "a malformed file" })
	void whatAnotherUserPutThereIsNoRecord(String kind) throws Exception {
		Path file = this.directory.resolve("record.properties");
		switch (kind) {
			case "a link" ->
				Files.createSymbolicLink(file, Files.writeString(this.directory.resolve("other"), "digest=x"));
			case "a pipe" -> assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();
			case "a directory" -> Files.createDirectory(file);
			case "a huge file" -> writeHuge(file);
			case "a malformed file" -> Files.writeString(file, "digest=\\uXYZ");
			default -> {
			}
		}
		assertThat(PropertiesFiles.read(file)).isNull();
		if (!kind.equals("a malformed file")) {
			assertThatIOException().isThrownBy(() -> SmallFiles.line(file));
		}
	}

	/** Sparse, and larger than the heap. */
	private static void writeHuge(Path file) throws IOException {
		try (SeekableByteChannel channel = Files.newByteChannel(file, StandardOpenOption.CREATE_NEW,
				StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
			channel.position(4L << 30);
			channel.write(StandardCharsets.UTF_8.encode("digest=x"));
		}
	}

}
