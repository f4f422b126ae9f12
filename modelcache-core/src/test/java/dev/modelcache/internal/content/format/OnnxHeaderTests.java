/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelFormat;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

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

	/** Fields of a message: the version, a producer, a graph with a name and a weight. */
	private static List<byte[]> fields() {
		byte[] graph = ModelFiles.joined(ModelFiles.field(5, ModelFiles.tensor(new byte[24], 2, 3)),
				ModelFiles.field(2, "tiny".getBytes(StandardCharsets.UTF_8)));
		return List.of(new byte[] { 0x08, 8 }, ModelFiles.field(2, "torch".getBytes(StandardCharsets.UTF_8)),
				ModelFiles.field(7, graph), ModelFiles.field(8, new byte[] { 0x10, 17 }));
	}

	@ParameterizedTest
	@CsvSource({ "0123", "3210", "2013", "1302", "2310", "3012" })
	void fieldsMayStandInAnyOrder(String order) throws Exception {
		byte[][] fields = order.chars().mapToObj((number) -> fields().get(number - '0')).toArray(byte[][]::new);
		assertThat(read(ModelFiles.joined(fields)))
			.isEqualTo(ModelFormat.of("ONNX").withName("tiny").withQuantization("F32").withParameters(6L));
		byte[] newer = ModelFiles.joined(ModelFiles.joined(fields), ModelFiles.field(13, new byte[3]));
		assertThat(read(newer).name()).isEqualTo("tiny");
	}

	private static byte[] model(byte[] graphField) {
		return ModelFiles.joined(new byte[] { 0x08, 8 }, ModelFiles.field(7, graphField));
	}

	private static byte[] inside(byte[] content, int... fields) {
		byte[] nested = content;
		for (int field : fields) {
			nested = ModelFiles.field(field, nested);
		}
		return nested;
	}

	/** Fields from the damage outwards to the graph. */
	static Stream<int[]> placesInAGraph() {
		return Stream.of(new int[] { 1 }, new int[] { 5, 1 }, new int[] { 6, 5, 1 }, new int[] { 1, 6, 5, 1 },
				new int[] { 5, 5, 1 }, new int[] { 22, 5, 1 }, new int[] { 9, 1 }, new int[] { 11 },
				new int[] { 2, 11 }, new int[] { 1, 2, 12 }, new int[] { 2, 1, 2, 13 }, new int[] { 1, 2, 1, 2, 13 },
				new int[] { 14 }, new int[] { 2, 14 }, new int[] { 1, 15 }, new int[] { 13, 5 }, new int[] { 3, 5 },
				new int[] { 2, 10, 1 });
	}

	@ParameterizedTest
	@MethodSource("placesInAGraph")
	void damageIsFoundWhereverItIs(int... places) throws Exception {
		byte[] sound = inside(new byte[] { (byte) 0xa2, 6, 1, 'x' }, places);
		assertThat(read(model(sound)).type()).isEqualTo("ONNX");
		for (byte[] damage : List.of(new byte[] { (byte) 0xa2, 6, 9, 'x' }, new byte[] { (byte) 0xa7, 6, 1, 'x' },
				new byte[] { 0x00, 1, 1, 1 }, new byte[] { 0x08, -1, -1, -1 }, new byte[] { 0x0d, 1, 1, 1 })) {
			assertThatExceptionOfType(FormatException.class).as(Arrays.toString(damage))
				.isThrownBy(() -> read(model(inside(damage, places))));
		}
	}

	@Test
	void damageInFunctionsAndTrainingStepsIsFound() {
		byte[] damage = { 0x0d, 1, 1 };
		for (int[] places : new int[][] { { 8 }, { 14 }, { 7, 25 }, { 5, 7, 25 }, { 9, 25 }, { 1, 1, 20 }, { 3, 20 },
				{ 26 } }) {
			assertRefused(ModelFiles.joined(inside(damage, places), ModelFiles.onnx()), "longer than declared");
		}
	}

	/** Of attributes, and of weights that are in this form. */
	@Test
	void listsOfNumbersAreReadToTheirEnds() throws Exception {
		byte[] sound = { 1, 2, 3, 4, 5, 6, 7, 8 };
		for (int[] places : new int[][] { { 8, 5, 1 }, { 5, 5 }, { 7, 5 }, { 11, 5 }, { 7, 5, 5, 1 } }) {
			assertThat(read(model(inside(sound, places))).type()).isEqualTo("ONNX");
			assertRefused(model(inside(new byte[] { 1, 2, (byte) 0x80 }, places)), "is");
		}
		for (int[] places : new int[][] { { 7, 5, 1 }, { 4, 5 }, { 10, 5 }, { 4, 1, 15 } }) {
			assertThat(read(model(inside(sound, places))).type()).isEqualTo("ONNX");
			assertRefused(model(inside(new byte[] { 1, 2, 3, 4, 5 }, places)), "ends within a number");
		}
		byte[] large = new byte[(16 << 20) + 1];
		Arrays.fill(large, (byte) -1);
		assertThat(read(model(inside(large, 5, 5))).type()).isEqualTo("ONNX");
	}

	/** What no field of the format is, but protobuf's readers pass over. */
	@ParameterizedTest
	@CsvSource({ "0b0c, true", "0b100d0c, true", "0b08010c, true", "9b06130801149c06, true", "0b130c14, false",
			"0b, false", "0c, false", "0b14, false", "030c, false", "0b0801, false", "888080801001, false",
			"8880808080010a, false" })
	void unknownFieldsAreReadAsProtobufReadsThem(String hex, boolean legal) throws Exception {
		byte[] field = HexFormat.of().parseHex(hex);
		for (byte[] file : List.of(ModelFiles.joined(ModelFiles.onnx(), field),
				ModelFiles.joined(ModelFiles.onnx(), model(inside(field, 1))))) {
			if (legal) {
				assertThat(read(file).type()).isEqualTo("ONNX");
			}
			else {
				assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(file));
			}
		}
	}

	@Test
	void tensorsOfAttributesMustFitTheirShapesAndAreNoWeights() throws Exception {
		assertThat(read(model(inside(ModelFiles.tensor(new byte[8], 2), 5, 5, 1))).parameters()).isNull();
		assertRefused(model(inside(ModelFiles.tensor(new byte[8], 3), 5, 5, 1)), "8 bytes for 3 elements of 32 bits");
	}

	@Test
	void nestingWithoutAnEndIsRefused() throws Exception {
		byte[] graph = new byte[0];
		for (int depth = 0; depth < 200; depth++) {
			graph = inside(graph, 6, 5, 1);
		}
		assertRefused(model(graph), "nested too deeply");
	}

}
