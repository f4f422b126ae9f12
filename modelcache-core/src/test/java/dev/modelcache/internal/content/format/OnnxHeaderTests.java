/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import dev.modelcache.ModelFormat;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OnnxHeader}.
 */
class OnnxHeaderTests {

	@TempDir
	private Path directory;

	private ModelFormat read(byte[] bytes) throws IOException {
		return FormatInspection.inspect(Files.write(this.directory.resolve("m"), bytes), "m.onnx",
				FormatSettings.defaults());
	}

	private void assertRefused(byte[] bytes, String message) {
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(bytes)).withMessageContaining(message);
	}

	@Test
	void tellsTheFacts() throws Exception {
		assertThat(read(ModelFiles.onnx()))
			.isEqualTo(ModelFormat.of("ONNX").withName("tiny").withQuantization("F32").withParameters(6L));
	}

	@Test
	void weightsMayBeInAnotherFile() throws Exception {
		assertThat(read(ModelFiles.onnx(ModelFiles.tensor(new byte[0], 2, 3))).parameters()).isEqualTo(6);
	}

	@Test
	void dimensionsMayStandAlone() throws Exception {
		byte[] tensor = { 0x08, 5, 0x08, 7, 0x10, 10 };
		assertThat(read(ModelFiles.onnx(tensor)))
			.isEqualTo(ModelFormat.of("ONNX").withName("tiny").withQuantization("F16").withParameters(35L));
	}

	@Test
	void everyFileThatIsCutOffIsRefused() {
		byte[] file = ModelFiles.onnx();
		for (int length = 1; length < file.length; length++) {
			byte[] part = Arrays.copyOf(file, length);
			assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(part));
		}
		assertRefused(Arrays.copyOf(file, file.length - 1), "truncated");
	}

	@Test
	void fieldsThatAreLongerThanWhatHoldsThemAreRefused() {
		byte[] file = ModelFiles.onnx(new byte[] { 0x4a, 100 });
		assertRefused(ModelFiles.joined(file, new byte[200]), "declares more data than it contains");
		assertRefused(
				ModelFiles.joined(new byte[] { 0x08, 8 }, ModelFiles.field(7, new byte[] { 0x0d, 0 }), new byte[9]),
				"longer than declared");
	}

	@Test
	void shapeMustFitTheBytes() {
		assertRefused(ModelFiles.onnx(ModelFiles.tensor(new byte[4], 2)), "4 bytes for 2 elements of 32 bits");
	}

	@Test
	void messagesOfAnotherKindAreRefused() {
		assertRefused(new byte[] { 0x08, 8 }, "no graph");
		assertRefused(new byte[] { 0x08, 8, 0x0b, 0 }, "not a protobuf message");
		assertRefused(new byte[] { 0x08, 8, 0, 0 }, "not a protobuf message");
		assertRefused(new byte[] { 0x08, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }, "not a protobuf message");
	}

	@Test
	void negativeAndHugeDimensionsAreRefused() {
		byte[] negative = { 0x08, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1 };
		byte[] huge = { 0x08, -1, -1, -1, -1, -1, -1, -1, -1, 127 };
		assertRefused(ModelFiles.onnx(negative), "negative dimension");
		assertRefused(ModelFiles.onnx(ModelFiles.joined(huge, huge)), "larger than any file");
	}

}
