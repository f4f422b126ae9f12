/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

import dev.modelcache.ModelFormat;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
	void scalarsAndEmptyTensorsAreFine() throws Exception {
		assertThat(read(ModelFiles.safetensors(tensor("I64", "[]", "[0,8]"), 8)).parameters()).isEqualTo(1);
		assertThat(read(ModelFiles.safetensors(tensor("F32", "[0,7]", "[0,0]"), 0)).parameters()).isNull();
		assertThat(read(ModelFiles.safetensors(tensor("F4", "[4]", "[0,2]"), 2)).quantization()).isEqualTo("F4");
	}

	/** Only {@code verify-format} lets a file of a newer version pass. */
	@Test
	void typeThatTheFormatDoesNotHaveIsRefusedByItsName() throws Exception {
		byte[] file = ModelFiles.safetensors(tensor("F2", "[28]", "[0,7]"), 7);
		assertRefused(file, "a tensor has the data type 'F2', which version 0.8 of the format does not have");
		assertRefused(ModelFiles.safetensors(tensor("\\n" + "x".repeat(10_000), "[7]", "[0,7]"), 7),
				"the data type '" + "x".repeat(255) + "'");
		try (FileChannel channel = FileChannel.open(Files.write(this.directory.resolve("new"), file))) {
			assertThat(FormatInspection.statedEnd(channel)).hasValue(file.length);
		}
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

	private static String tensor(String name, int start, int end) {
		return "\"" + name + "\":{\"dtype\":\"U8\",\"shape\":[" + (end - start) + "],\"data_offsets\":[" + start + ","
				+ end + "]}";
	}

	/**
	 * Each header is followed by four bytes. What version 0.8 of the reference
	 * implementation does was looked up with it.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "{\"__metadata__\":null,$0-4}", "{$0-4,\"__metadata__\":{}}", " \t\r\n{$0-4}\n ",
			"{$2-4,$0-2}", "{$0-0,$0-4,$4-4}", "{$0-2,$2-2,$2-4}", "{\"__metadata__\":{\"a\":\"b\",\"a\":\"c\"},$0-4}",
			"{\"\\ud83d\\ude00\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"x\":[{\"y\":1e5}]}}",
			"{\"__metadata__\":{\"a\":\"\\\\ud83d\"},$0-4}",
			"{\"\":{\"shape\":[4],\"data_offsets\":[0,4],\"dtype\":\"U8\"}}",
			"{\"a\\u0000\":{\"dtype\":\"F8_E4M3FNUZ\",\"shape\":[4,1],\"data_offsets\":[0,4]}}",
			"{\"a\":{\"dtype\":\"F8_E5M2FNUZ\",\"shape\":[4],\"data_offsets\":[0,4]}}",
			"{\"a\":{\"dtype\":\"F8_E8M0\",\"shape\":[1,4],\"data_offsets\":[0,4]}}",
			"{\"a\":{\"dtype\":\"F4\",\"shape\":[2,4],\"data_offsets\":[0,4]}}" })
	void legal(String header) throws Exception {
		assertThat(read(ModelFiles.safetensors(expanded(header), 4)).type()).isEqualTo("safetensors");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					{$0-3,$1-4}                                      | overlap at byte 1
					{$0-2,$1-3,$3-4}                                 | overlap at byte 1
					{$0-1,$0-1,$3-4}                                 | overlap at byte 0
					{$0-4,$2-2}                                      | an empty tensor is at byte 2
					{$0-1,$2-4}                                      | none is at byte 1
					{$0-3}                                           | do not fill the file: they take 3 of 4 bytes
					{}                                               | do not fill the file
					{"a":{"dtype":"F4","shape":[7],"data_offsets":[0,4]}}                          | does not end with a byte
					{"a":{"dtype":"F4","shape":[7],"data_offsets":[0,3]},$3-4}                     | does not end with a byte
					{"a":{"dtype":"F6_E2M3","shape":[5],"data_offsets":[0,4]}}                     | does not end with a byte
					{"a":{"dtype":"F8_E4M3FNUZ","shape":[2],"data_offsets":[0,4]}}                 | 4 bytes for 2 elements of 8
					{"a":{"dtype":"F8_E5M2FNUZ","shape":[8],"data_offsets":[0,4]}}                 | 4 bytes for 8 elements of 8
					{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}  | duplicate
					{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"\\u0061":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}  | duplicate
					{"__metadata__":null,"__metadata__":{},$0-4}                                   | duplicate __metadata__
					{"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}             | duplicate dtype
					{"a":{"dtype":"U8","shape":[4],"shape":[4],"data_offsets":[0,4]}}              | duplicate shape
					{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"data_offsets":[0,4]}}     | duplicate data_offsets
					{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}                        | not a JSON object of tensors
					{"a":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}                        | not a JSON object of tensors
					{"a":{"dtype":"U8","shape":[4],"data_offsets":[-0,4]}}                         | not a JSON object of tensors
					{"a":null,$0-4}                                                                | not a JSON object of tensors
					{"__metadata__":[],$0-4}                                                       | not a JSON object of tensors
					{"__metadata__":{"a":null},$0-4}                                               | not a JSON object of tensors
					{$0-4,}                                                                        | not a JSON object of tensors
					{"\\ud800":1}                                                                  | not valid UTF-8
					{"__metadata__":{"a":"\\ude00"},$0-4}                                          | not valid UTF-8
					{"__metadata__":{"a":"\\ud800\\u0041"},$0-4}                                   | not valid UTF-8
					{"__metadata__":{"a":"\\ud800x"},$0-4}                                         | not valid UTF-8
					{"__metadata__":{"a":"\\ud800\\n"},$0-4}                                       | not valid UTF-8
					""")
	void illegal(String header, String reason) {
		assertRefused(ModelFiles.safetensors(expanded(header), 4), reason);
	}

	/** Writes a tensor of bytes for each {@code $start-end}. */
	private static String expanded(String header) {
		int[] number = { 0 };
		return Pattern.compile("\\$(\\d)-(\\d)")
			.matcher(header)
			.replaceAll((match) -> tensor("t" + number[0]++, Integer.parseInt(match.group(1)),
					Integer.parseInt(match.group(2))));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\u00ff", "\u00c3(", "\u00c0\u0080", "\u00ed\u00a0\u0080", "\u00f4\u0090\u0080\u0080" })
	void bytesThatAreNoUtf8AreRefused(String bytes) {
		for (String header : List.of("{\"" + bytes + "\":1}", "{\"__metadata__\":{\"a\":\"" + bytes + "\"}}",
				"{\"__metadata__\":{\"" + bytes + "\":\"a\"}}",
				"{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":\"" + bytes + "\"}}")) {
			byte[] json = header.getBytes(StandardCharsets.ISO_8859_1);
			byte[] length = { (byte) json.length, 0, 0, 0, 0, 0, 0, 0 };
			assertRefused(ModelFiles.joined(length, json), "not valid UTF-8");
		}
	}

	@Test
	void longMetadataIsPassedOver() throws Exception {
		assertThat(read(ModelFiles.safetensors(
				"{\"__metadata__\":{\"ss_tag_frequency\":\"" + "x".repeat(3 << 20) + "\",\"modelspec.title\":\"T\"}}",
				0))
			.name()).isEqualTo("T");
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
