/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.stream.Stream;

import dev.modelcache.ModelFormat;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/**
 * Tests for {@link GgufHeader}, as a little-endian machine reads it unless a test says
 * otherwise.
 */
class GgufHeaderTests {

	@TempDir
	private Path directory;

	private ModelFormat read(byte[] bytes, ByteOrder machine) throws IOException {
		Path file = Files.write(this.directory.resolve("m.gguf"), bytes);
		try (FileChannel channel = FileChannel.open(file)) {
			return GgufHeader.read(new HeaderReader(channel, "GGUF"), machine);
		}
	}

	private ModelFormat read(GgufFile file) throws IOException {
		return read(file.bytes(), ByteOrder.LITTLE_ENDIAN);
	}

	private void assertRefused(GgufFile file, String message) {
		assertRefused(file.bytes(), message);
	}

	private void assertRefused(byte[] bytes, String message) {
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(bytes, ByteOrder.LITTLE_ENDIAN))
			.withMessageContaining(message);
	}

	@Test
	void tellsTheFacts() throws Exception {
		assertThat(read(GgufFile.tiny())).isEqualTo(ModelFormat.of("GGUF")
			.withArchitecture("llama")
			.withName("Tiny")
			.withQuantization("Q4_K_M")
			.withParameters(40L)
			.withContextLength(2048L)
			.withVocabularySize(3L)
			.withLicense("apache-2.0"));
	}

	@Test
	void versionTwoIsReadToo() throws Exception {
		assertThat(read(GgufFile.tiny().version(2)).architecture()).isEqualTo("llama");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 4 })
	void otherVersionsAreRefused(int version) {
		assertRefused(GgufFile.tiny().version(version), "supported are 2 and 3");
	}

	@Test
	void bigEndianIsForBigEndianMachines() throws Exception {
		byte[] file = new GgufFile(ByteOrder.BIG_ENDIAN).text("general.architecture", "llama")
			.number("llama.context_length", 7)
			.bytes();
		assertThat(read(file, ByteOrder.BIG_ENDIAN).contextLength()).isEqualTo(7);
		assertRefused(file, "big-endian");
	}

	@Test
	void littleEndianIsForLittleEndianMachines() {
		assertThatExceptionOfType(FormatException.class)
			.isThrownBy(() -> read(GgufFile.tiny().bytes(), ByteOrder.BIG_ENDIAN))
			.withMessageContaining("little-endian");
	}

	@Test
	void withoutFileTypeMostWeightsTellTheQuantization() throws Exception {
		assertThat(read(new GgufFile().tensor(0, 8).tensor(1, 16)).quantization()).isEqualTo("F16");
	}

	@Test
	void factsOfAnotherArchitectureDoNotCount() throws Exception {
		assertThat(read(new GgufFile().text("general.architecture", "llama").number("clip.vision.context_length", 5))
			.contextLength()).isNull();
	}

	@Test
	void vocabularySizeCountsMoreThanTheTokens() throws Exception {
		assertThat(read(GgufFile.tiny().number("llama.vocab_size", 9)).vocabularySize()).isEqualTo(9);
	}

	@Test
	void shardOfASplitModelIsFine() throws Exception {
		ModelFormat format = read(new GgufFile().number("split.no", 1).number("split.count", 3).tensor(1, 16));
		assertThat(format.parameters()).isEqualTo(16);
		assertThat(format.architecture()).isNull();
	}

	@Test
	void fileWithoutTensorsIsFine() throws Exception {
		assertThat(read(new GgufFile().text("general.architecture", "llama")).parameters()).isNull();
	}

	@Test
	void textsAreFitToBeShown() throws Exception {
		assertThat(read(new GgufFile().text("general.name", "a\u001b[31m\n" + "b".repeat(1000))).name())
			.isEqualTo("a [31m " + "b".repeat(249));
	}

	@Test
	void everyKindOfValueIsPassedOver() throws Exception {
		GgufFile file = new GgufFile();
		int[] sizes = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
		for (int type = 0; type < sizes.length; type++) {
			if (sizes[type] > 0) {
				file.entry("single." + type, type, new byte[sizes[type]])
					.entry(type + ".context_length", type, new byte[sizes[type]])
					.array("several." + type, type, 3, new byte[3 * sizes[type]]);
			}
		}
		assertThat(read(file.text("general.architecture", "llama")).architecture()).isEqualTo("llama");
	}

	@Test
	void typeThatIsNewerIsNotRefused() throws Exception {
		assertThat(read(new GgufFile().tensorAt(0, 999, 5)).parameters()).isEqualTo(5);
	}

	@Test
	void everyFileThatIsCutOffIsRefused() {
		byte[] file = GgufFile.tiny().bytes();
		for (int length = 4; length < file.length - 14; length++) {
			assertRefused(Arrays.copyOf(file, length), "truncated");
		}
	}

	@Test
	void tensorsThatAreCutOffAreRefused() {
		byte[] file = new GgufFile().tensor(0, 8).tensor(0, 8).bytes();
		assertRefused(Arrays.copyOf(file, file.length - 1), "its tensors end at byte " + file.length);
	}

	@ParameterizedTest
	@ValueSource(longs = { -1, Long.MAX_VALUE, 1_000_000, Long.MIN_VALUE })
	void countsAreComparedWithTheFile(long count) {
		assertRefused(GgufFile.tiny().tensorCount(count), "declares more data than it contains");
		assertRefused(GgufFile.tiny().entryCount(count), "declares more data than it contains");
		assertRefused(new GgufFile().array("a", 8, count, new byte[0]), "declares more data than it contains");
		assertRefused(new GgufFile().array("a", 10, count, new byte[0]), "declares more data than it contains");
	}

	@Test
	void textLongerThanTheFileIsRefused() {
		GgufFile file = new GgufFile();
		assertRefused(file.entry("general.name", 8, file.int64(Long.MAX_VALUE)), "declares more data than it contains");
	}

	@Test
	void unknownTypesOfValuesAreRefused() {
		assertRefused(new GgufFile().entry("a", 13, new byte[8]), "unknown type 13");
		assertRefused(new GgufFile().array("a", -1, 1, new byte[8]), "unknown type");
	}

	/** llama.cpp reads none. */
	@Test
	void arraysOfArraysAreRefused() {
		GgufFile file = new GgufFile();
		assertRefused(file.array("a", 9, 1, file.nested(1)), "nested");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 3, -32 })
	void alignmentIsAPowerOfTwo(int alignment) {
		assertRefused(GgufFile.tiny().number("general.alignment", alignment), "alignment");
	}

	static Stream<Arguments> illegal() {
		GgufFile values = new GgufFile();
		return Stream.of(arguments("not aligned", new GgufFile().tensorAt(1, 0, 4)),
				arguments("not aligned", new GgufFile().tensorAt(-32, 0, 4)),
				arguments("not aligned", new GgufFile().tensorAt(0, 2, 31)),
				arguments("a dimension that is larger than 2^63", new GgufFile().tensorAt(0, 0, -1)),
				arguments("more than 4 dimensions", new GgufFile().tensorAt(0, 0, 1, 1, 1, 1, 1)),
				arguments("tensor 2 has a dimension of zero", new GgufFile().tensor(0, 8).tensorAt(32, 0, 4, 0)),
				arguments("a dimension of zero", new GgufFile().tensorAt(0, 0, 1, 1, 0, 1).data(32)),
				arguments("a dimension of zero", new GgufFile().tensorAt(0, 99, 8, 0).data(32)),
				arguments("the type 5,", new GgufFile().tensorAt(0, 5, 32).data(32)),
				arguments("the type 31,", new GgufFile().tensorAt(0, 31, 32).data(32)),
				arguments("the type 4294967295,", new GgufFile().tensorAt(0, -1, 32).data(32)),
				arguments("name of 64 bytes", new GgufFile().tensorAt("x".repeat(64), 0, 0, 8).data(32)),
				arguments("name of 65 bytes", new GgufFile().tensorAt("x".repeat(65), 0, 0, 8).data(32)),
				arguments("name of 64 bytes", new GgufFile().tensorAt("\u00e9".repeat(32), 0, 0, 8).data(32)),
				arguments("zero byte", new GgufFile().tensorAt("a\0b", 0, 0, 8).data(32)),
				arguments("tensor 2 has a duplicate name",
						new GgufFile().tensorAt("a", 0, 0, 8).tensorAt("a", 32, 0, 8).data(64)),
				arguments("tensor 2 overlaps", new GgufFile().tensorAt(0, 0, 16).tensorAt(32, 0, 8).data(64)),
				arguments("tensor 2 overlaps", new GgufFile().tensorAt(0, 0, 8).tensorAt(0, 0, 8).data(64)),
				arguments("tensor 2 leaves a gap", new GgufFile().tensorAt(0, 0, 8).tensorAt(64, 0, 8).data(96)),
				arguments("tensor 1 leaves a gap", new GgufFile().tensorAt(32, 0, 8).tensorAt(0, 0, 8).data(64)),
				arguments("overlaps",
						new GgufFile().tensorAt(0, 0, 16).tensorAt(64, 99, 8).tensorAt(32, 0, 8).data(96)),
				arguments("key 2 is a duplicate", new GgufFile().number("a", 1).number("a", 1)),
				arguments("key 7 is a duplicate", GgufFile.tiny().text("general.name", "Other")),
				arguments("key 1 is empty", new GgufFile().number("", 1)),
				arguments("key 1 is empty or contains a zero byte", new GgufFile().number("general.alignment\0", 3)),
				arguments("general.alignment", GgufFile.tiny().entry("general.alignment", 5, values.int32(32))),
				arguments("general.alignment", GgufFile.tiny().entry("general.alignment", 10, values.int64(32))),
				arguments("general.alignment", GgufFile.tiny().entry("general.alignment", 0, new byte[] { 32 })),
				arguments("general.alignment", GgufFile.tiny().text("general.alignment", "32")),
				arguments("general.alignment", GgufFile.tiny().array("general.alignment", 4, 1, values.int32(32))),
				arguments("general.file_type", new GgufFile().text("general.file_type", "15")),
				arguments("tokenizer.ggml.tokens is not an array", new GgufFile().text("tokenizer.ggml.tokens", "a")),
				arguments("tokenizer.ggml.tokens",
						new GgufFile().array("tokenizer.ggml.tokens", 0, 2, new byte[] { 1, 2 })),
				arguments("tokenizer.ggml.scores", new GgufFile().texts("tokenizer.ggml.scores", "1.0")),
				arguments("tokenizer.ggml.token_type",
						new GgufFile().array("tokenizer.ggml.token_type", 0, 1, new byte[1])),
				arguments("tokenizer.ggml.scores has 2 elements for 3 tokens",
						GgufFile.tiny().array("tokenizer.ggml.scores", 6, 2, new byte[8])),
				arguments("its vocabulary is empty", new GgufFile().texts("tokenizer.ggml.tokens")),
				arguments("its model is empty",
						new GgufFile().number("llama.block_count", 0).text("general.architecture", "llama")),
				arguments("token 2 of its vocabulary is a duplicate",
						new GgufFile().texts("tokenizer.ggml.tokens", "a", "b", "a")));
	}

	@ParameterizedTest
	@MethodSource
	void illegal(String reason, GgufFile file) {
		assertRefused(file, reason);
	}

	static Stream<GgufFile> legal() {
		return Stream.of(new GgufFile().tensorAt("", 0, 0, 8).data(32), new GgufFile().tensorAt(0, 0).data(32),
				new GgufFile().tensorAt("x".repeat(63), 0, 0, 8).data(32),
				new GgufFile().tensorAt(0, 0, 1, 1, 1, 1).data(32), new GgufFile().tensorAt(0, 0, 3).data(12),
				new GgufFile().tensorAt(0, 0, 3).tensorAt(32, 0, 9).tensorAt(96, 0, 8).data(128),
				new GgufFile().tensorAt(0, 99, 8).tensorAt(96, 0, 8).tensorAt(128, 0, 8).data(160),
				new GgufFile().alignment(64)
					.number("general.alignment", 64)
					.tensorAt(0, 0, 8)
					.tensorAt(64, 0, 8)
					.data(96),
				new GgufFile().texts("tokenizer.ggml.tokens", "", "", "a"),
				GgufFile.tiny().array("tokenizer.ggml.scores", 6, 3, new byte[12]),
				GgufFile.tiny().array("tokenizer.ggml.scores", 6, 0, new byte[0]),
				GgufFile.tiny().array("tokenizer.ggml.scores", 5, 3, new byte[12]), new GgufFile().tensorAt(0, 0, 0),
				new GgufFile().tensorAt(0, 0, 0, 8).tensorAt(0, 0, 8).data(32),
				new GgufFile().tensorAt(0, 4, 5).tensorAt(32, 38, 5).tensorAt(64, 0, 8).data(96),
				new GgufFile().alignment(8).number("general.alignment", 8).tensorAt(0, 0, 1).data(4),
				GgufFile.tiny().array("tokenizer.ggml.token_type", 5, 3, new byte[12]),
				new GgufFile().entry("a", 7, new byte[] { 5 }).number("A", 1));
	}

	@ParameterizedTest
	@MethodSource
	void legal(GgufFile file) throws Exception {
		assertThat(read(file).type()).isEqualTo("GGUF");
	}

	/** Each is refused, but not for where its parts are. */
	static Stream<GgufFile> complete() {
		return Stream.of(new GgufFile().number("a", 1).number("a", 1).tensor(0, 8),
				new GgufFile().number("", 1).tensor(0, 8), new GgufFile().number("general.file_type\0", 1).tensor(0, 8),
				new GgufFile().text("general.file_type", "15").tensor(0, 8),
				new GgufFile().texts("general.file_type", "15").tensor(0, 8),
				new GgufFile().texts("tokenizer.ggml.tokens", "a", "b", "a").tensor(0, 8),
				new GgufFile().texts("tokenizer.ggml.tokens").tensor(0, 8),
				new GgufFile().text("tokenizer.ggml.tokens", "a").tensor(0, 8),
				new GgufFile().texts("tokenizer.ggml.scores", "1.0").tensor(0, 8),
				new GgufFile().texts("tokenizer.ggml.tokens", "a", "b")
					.array("tokenizer.ggml.token_type", 5, 1, new byte[4])
					.tensor(0, 8),
				new GgufFile().number("llama.block_count", 0).text("general.architecture", "llama").tensor(0, 8),
				new GgufFile().tensorAt(0, 0, 8, 0).tensor(0, 8), new GgufFile(ByteOrder.BIG_ENDIAN).tensor(0, 8),
				new GgufFile().tensorAt("x".repeat(64), 0, 0, 8).data(32),
				new GgufFile().tensorAt("a\0b", 0, 0, 8).data(32),
				new GgufFile().tensorAt("a", 0, 0, 8).tensorAt("a", 32, 0, 8).data(64));
	}

	@ParameterizedTest
	@MethodSource
	void complete(GgufFile file) throws Exception {
		byte[] bytes = file.bytes();
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(bytes, ByteOrder.nativeOrder()))
			.satisfies((ex) -> assertThat(ex.isTruncated()).isFalse());
		assertThat(end(bytes)).hasValue(bytes.length);
	}

	/** None of them says where it ends. */
	static Stream<GgufFile> endless() {
		GgufFile values = new GgufFile();
		return Stream.of(new GgufFile().tensor(0, 8).tensorAt(32, 99, 8),
				new GgufFile().tensor(0, 8).tensorAt(32, 4, 8), new GgufFile().tensor(0, 8).tensorAt(32, 5, 8),
				new GgufFile().text("general.alignment", "32").tensor(0, 8),
				new GgufFile().texts("general.alignment", "32").tensor(0, 8),
				new GgufFile().entry("general.alignment", 0, new byte[] { 32 }).tensor(0, 8),
				new GgufFile().number("general.alignment", 32).number("general.alignment", 64).tensor(0, 8),
				new GgufFile().number("general.alignment", 3).tensor(0, 8),
				new GgufFile().array("a", 9, 1, values.nested(1)).tensor(0, 8), new GgufFile().tensorAt(0, 2, 31),
				new GgufFile().tensor(0, 8).tensorAt(64, 0, 8), new GgufFile().tensor(0, 8).tensorAt(0, 0, 8),
				new GgufFile().version(4).tensor(0, 8), new GgufFile());
	}

	@ParameterizedTest
	@MethodSource
	void endless(GgufFile file) throws Exception {
		assertThat(end(file.bytes())).isEmpty();
	}

	private OptionalLong end(byte[] bytes) throws IOException {
		Path file = Files.write(this.directory.resolve("end.gguf"), bytes);
		try (FileChannel channel = FileChannel.open(file)) {
			return FormatInspection.statedEnd(channel);
		}
	}

	@Test
	void manyKeysOfAKindDoNotHideLaterOnes() throws Exception {
		GgufFile file = new GgufFile();
		for (int i = 0; i < 5000; i++) {
			file.number("other" + i + ".context_length", i).number("other" + i + ".vocab_size", i);
		}
		assertThat(read(file.number("llama.context_length", 4096)
			.number("llama.vocab_size", 7)
			.text("general.name", "Late")
			.text("general.architecture", "llama")))
			.isEqualTo(ModelFormat.of("GGUF")
				.withArchitecture("llama")
				.withName("Late")
				.withContextLength(4096L)
				.withVocabularySize(7L));
	}

	@Test
	void moreKeysOrTensorsThanAnyModelHasAreRefused() {
		GgufFile file = new GgufFile();
		for (int i = 0; i <= 65536; i++) {
			file.number("k" + i, i);
		}
		assertRefused(file, "more than 65536 keys");
	}

}
