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

import dev.modelcache.ModelFormat;
import dev.modelcache.testsupport.GgufFile;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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
		file.array("nested", 9, 2, ModelFiles.joined(file.nested(1), file.nested(3)));
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

	@Test
	void deepNestingIsRefused() {
		GgufFile file = new GgufFile();
		assertRefused(file.array("a", 9, 1, file.nested(9)), "nested too deep");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 3, -32 })
	void alignmentIsAPowerOfTwo(int alignment) {
		assertRefused(GgufFile.tiny().number("general.alignment", alignment), "alignment");
	}

	@Test
	void tensorsThatCannotBeAreRefused() {
		assertRefused(new GgufFile().tensorAt(1, 0, 4), "not aligned");
		assertRefused(new GgufFile().tensorAt(-32, 0, 4), "not aligned");
		assertRefused(new GgufFile().tensorAt(0, 2, 31), "not aligned");
		assertRefused(new GgufFile().tensorAt(0, 0, -1), "dimension");
		assertRefused(new GgufFile().tensorAt(0, 0, 1, 1, 1, 1, 1), "more than 4 dimensions");
	}

}
