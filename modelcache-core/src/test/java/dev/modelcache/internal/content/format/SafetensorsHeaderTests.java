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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SafetensorsHeader}.
 */
class SafetensorsHeaderTests {

	@TempDir
	private Path directory;

	private ModelFormat read(byte[] bytes) throws IOException {
		return FormatInspection.inspect(Files.write(this.directory.resolve("m"), bytes), "m.safetensors",
				FormatSettings.defaults());
	}

	private void assertRefused(byte[] bytes, String message) {
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(bytes)).withMessageContaining(message);
	}

	private static String tensor(String type, String shape, String offsets) {
		return "{\"a\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}}";
	}

	@Test
	void tellsTheFacts() throws Exception {
		assertThat(read(ModelFiles.safetensors())).isEqualTo(ModelFormat.of("safetensors")
			.withName("Tiny")
			.withQuantization("BF16")
			.withParameters(14L)
			.withLicense("MIT"));
	}

	@Test
	void scalarsEmptyTensorsAndNewerTypesAreFine() throws Exception {
		assertThat(read(ModelFiles.safetensors(tensor("I64", "[]", "[0,8]"), 8)).parameters()).isEqualTo(1);
		assertThat(read(ModelFiles.safetensors(tensor("F32", "[0,7]", "[0,0]"), 0)).parameters()).isNull();
		assertThat(read(ModelFiles.safetensors(tensor("F4", "[3]", "[0,2]"), 2)).quantization()).isEqualTo("F4");
		assertThat(read(ModelFiles.safetensors(tensor("NEW", "[3]", "[0,7]"), 7)).quantization()).isNull();
	}

	@Test
	void everyFileThatIsCutOffIsRefused() {
		byte[] file = ModelFiles.safetensors();
		for (int length = 9; length < file.length; length++) {
			assertRefused(Arrays.copyOf(file, length), "truncated");
		}
	}

	@Test
	void bytesThatNoTensorOwnsAreRefused() {
		assertRefused(ModelFiles.safetensors(tensor("U8", "[4]", "[0,4]"), 5), "do not fill the file");
		assertRefused(ModelFiles.safetensors(tensor("U8", "[4]", "[1,5]"), 5), "do not fill the file");
	}

	@Test
	void shapeMustFitTheBytes() {
		assertRefused(ModelFiles.safetensors(tensor("F32", "[2]", "[0,4]"), 4), "4 bytes for 2 elements of 32 bits");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{", "{}x", "{\"a\":1}", "{\"a\":{}}", "{\"__metadata__\":{\"a\":1}}",
			"{\"a\":{\"dtype\":{},\"shape\":[1],\"data_offsets\":[0,1]}}",
			"{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}",
			"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}",
			"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}",
			"{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,1]}}" })
	void otherJsonIsRefused(String header) {
		assertRefused(ModelFiles.safetensors(header, 1), "not a JSON object of tensors");
	}

	@Test
	void deepNestingIsRefused() {
		assertRefused(ModelFiles.safetensors("{\"a\":{\"b\":" + "[".repeat(100_000), 1),
				"not a JSON object of tensors");
	}

	@Test
	void sizesBeyondEveryFileAreRefused() {
		assertRefused(ModelFiles.safetensors(tensor("F64", "[9223372036854775807]", "[0,1]"), 1), "larger than any");
	}

}
