/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link StreamingDigest}, {@link FileDigest} and {@link WebPage}.
 */
class DigestsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(3);

	private static final Set<Algorithm> ALL = EnumSet.allOf(Algorithm.class);

	@TempDir
	private Path directory;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private FileChannel file;

	@BeforeEach
	void open() throws IOException {
		this.file = FileChannel.open(this.directory.resolve("file"), StandardOpenOption.CREATE, StandardOpenOption.READ,
				StandardOpenOption.WRITE);
	}

	@AfterEach
	void close() throws Exception {
		this.file.close();
		this.threads.shutdown();
		assertThat(this.threads.awaitTermination(3, TimeUnit.MINUTES)).as("no thread still hashes").isTrue();
	}

	private static byte[] bytes(int size) {
		byte[] bytes = new byte[size];
		new Random(size).nextBytes(bytes);
		return bytes;
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 1 << 20, (1 << 20) + 1, 5_000_000 })
	void growingFileHasTheDigestsOfTheWholeOne(int size) throws Exception {
		byte[] bytes = bytes(size);
		try (StreamingDigest digest = StreamingDigest.start(this.file, ALL, this.threads, () -> {
		})) {
			for (int position = 0; position < size; position += 70_000) {
				int length = Math.min(70_000, size - position);
				this.file.write(ByteBuffer.wrap(bytes, position, length), position);
				digest.advance(position + length);
			}
			Map<Algorithm, Digest> whole = FileDigest.of(this.directory.resolve("file"), ALL, () -> {
			});
			StepVerifier.create(digest.complete()).expectNext(whole).expectComplete().verify(PATIENCE);
		}
	}

	@Test
	void knownDigests() throws Exception {
		Files.writeString(this.directory.resolve("file"), "abc");
		// FIPS 180-4, the example of one block.
		assertThat(FileDigest.of(this.directory.resolve("file"), ALL, () -> {
		})).containsEntry(Algorithm.SHA256,
				Digest.parse("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
			.containsEntry(Algorithm.SHA512,
					Digest.parse("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
							+ "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"))
			// printf abc | git hash-object --stdin
			.containsEntry(Algorithm.GIT_SHA1, Digest.parse("git-sha1:f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f"));
	}

	@Test
	void bareDigitsAreNoNameOfAGitBlob() {
		String hex = "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f";
		assertThat(Digest.parse("Git-SHA1:" + hex)).hasToString("git-sha1:" + hex);
		assertThatIllegalArgumentException().isThrownBy(() -> Digest.parse(hex));
	}

	@Test
	void bytesBeyondTheFrontierAreNotHashed() throws Exception {
		this.file.write(ByteBuffer.wrap(bytes(3_000_000)), 0);
		try (StreamingDigest digest = StreamingDigest.start(this.file, ALL, this.threads, () -> {
		})) {
			digest.advance(2_000_000);
			Files.write(this.directory.resolve("prefix"), Arrays.copyOf(bytes(3_000_000), 2_000_000));
			StepVerifier.create(digest.complete())
				.expectNext(FileDigest.of(this.directory.resolve("prefix"), ALL, () -> {
				}))
				.expectComplete()
				.verify(PATIENCE);
		}
	}

	@Test
	void closedDigestGivesItsThreadBack() {
		StreamingDigest digest = StreamingDigest.start(this.file, ALL, this.threads, () -> {
		});
		digest.advance(10);
		digest.close();
		// Whether a thread is left over is asserted after every test.
		StepVerifier.create(digest.complete()).expectError().verify(PATIENCE);
	}

	@Test
	void fileThatIsShorterThanSaidIsAnError() throws Exception {
		this.file.write(ByteBuffer.wrap(new byte[100]), 0);
		try (StreamingDigest digest = StreamingDigest.start(this.file, ALL, this.threads, () -> {
		})) {
			digest.advance(200);
			StepVerifier.create(digest.complete())
				.expectErrorSatisfies((failure) -> assertThat(failure).isInstanceOf(IOException.class)
					.hasMessageContaining("ends at 100, before 200"))
				.verify(PATIENCE);
		}
	}

	@Test
	void missingFileIsAnError() {
		assertThatIOException().isThrownBy(() -> FileDigest.of(this.directory.resolve("missing"), ALL, () -> {
		}));
	}

	@ParameterizedTest
	@ValueSource(strings = { "<!DOCTYPE html>", "  \r\n<!doctype HTML PUBLIC", "<html lang='en'>",
			"\u00ef\u00bb\u00bf<!DOCTYPE html>", "<?xml version='1.0'?><html>" })
	void pagesAreRecognized(String text) {
		assertThat(WebPage.isHtml(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "GGUF\u0003", "<", "<model>", "{\"a\": \"<html>\"}", "\u0008\u0007 onnx <html>" })
	void otherContentIsNot(String text) {
		assertThat(WebPage.isHtml(ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1)))).isFalse();
	}

}
