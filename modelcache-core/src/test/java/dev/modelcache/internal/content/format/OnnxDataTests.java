/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content.format;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import dev.modelcache.internal.content.ArchiveLimits;
import dev.modelcache.testsupport.ModelFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.modelcache.testsupport.ModelFiles.field;
import static dev.modelcache.testsupport.ModelFiles.joined;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OnnxData}.
 */
class OnnxDataTests {

	@TempDir
	private Path directory;

	private Map<ModelFileName, Long> read(byte[] bytes) throws IOException {
		return FormatInspection.onnxData(Files.write(this.directory.resolve("m"), bytes),
				new ModelFileName("onnx/m.onnx"));
	}

	@Test
	void fileWithAllItsDataNeedsNoOther() throws Exception {
		assertThat(read(ModelFiles.onnx())).isEmpty();
	}

	@Test
	void nodeThatCannotBeReadIsPassedOver() throws Exception {
		byte[] graph = joined(field(1, new byte[] { 0x2a, 100 }), field(1, new byte[] { 0, 1 }),
				field(1, field(5, field(6, new byte[] { 7 }))), field(5, ModelFiles.external("w")));
		assertThat(read(field(7, graph))).containsOnlyKeys(new ModelFileName("onnx/w"));
		byte[] node = joined(field(5, field(5, ModelFiles.external("../w"))), new byte[] { 0, 1 });
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(field(7, field(1, node))));
	}

	@Test
	void namesAreRelativeToTheFile() throws Exception {
		assertThat(read(ModelFiles.onnxWithData("weights.pb", "model_data", ".//a", "layers/0.weight",
				"./".repeat(2000) + "weights.pb")))
			.isEqualTo(Map.of(new ModelFileName("onnx/weights.pb"), 24L, new ModelFileName("onnx/model_data"), 24L,
					new ModelFileName("onnx/a"), 24L, new ModelFileName("onnx/layers/0.weight"), 24L));
	}

	/** So that the model and its configuration are no reason to refuse its data. */
	@Test
	void dataIsInHalfAsManyFilesAsAModelMayHave() throws Exception {
		String[] names = IntStream.rangeClosed(0, ArchiveLimits.MOST_FILES / 2)
			.mapToObj((n) -> "w" + n)
			.toArray(String[]::new);
		byte[] graph = joined(
				Stream.of(names).map((name) -> field(5, ModelFiles.external(name))).toArray(byte[][]::new));
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(field(7, graph)))
			.withMessageContaining("its data is in more than 5000 files");
		byte[] fewer = Arrays.copyOf(graph, graph.length - field(5, ModelFiles.external("w5000")).length);
		assertThat(read(field(7, fewer))).hasSize(5000);
	}

	@Test
	void fileIsAsLongAsItsLastTensorNeeds() throws Exception {
		byte[] graph = joined(field(5, ModelFiles.external("w", "offset", "4096", "length", "24")),
				field(5, ModelFiles.external("w", "offset", "64")), field(5, ModelFiles.external("x")));
		assertThat(read(field(7, graph)))
			.isEqualTo(Map.of(new ModelFileName("onnx/w"), 4120L, new ModelFileName("onnx/x"), 0L));
	}

	@ParameterizedTest
	@MethodSource
	void tensorsAreFoundWhereverTheyAre(String where, byte[] model) throws Exception {
		assertThat(read(model)).containsOnlyKeys(new ModelFileName("onnx/w"));
	}

	static Stream<Arguments> tensorsAreFoundWhereverTheyAre() {
		byte[] tensor = ModelFiles.external("w");
		byte[] sparse = field(1, tensor);
		byte[] node = field(1, field(5, field(5, tensor)));
		return Stream.of(Arguments.of("weights", field(7, field(5, tensor))),
				Arguments.of("sparse weights", field(7, field(15, sparse))),
				Arguments.of("their indices", field(7, field(15, field(2, tensor)))),
				Arguments.of("attribute", field(7, node)),
				Arguments.of("list of an attribute", field(7, field(1, field(5, field(10, tensor))))),
				Arguments.of("sparse attribute", field(7, field(1, field(5, field(22, sparse))))),
				Arguments.of("sparse list", field(7, field(1, field(5, field(23, sparse))))),
				Arguments.of("subgraph", field(7, field(1, field(5, field(6, field(5, tensor)))))),
				Arguments.of("one of several subgraphs", field(7, field(1, field(5, field(11, node))))),
				Arguments.of("function", field(25, field(7, field(5, field(5, tensor))))),
				Arguments.of("default of a function", field(25, field(11, field(5, tensor)))),
				Arguments.of("training", field(20, field(2, field(5, tensor)))),
				Arguments.of("graph before the version", joined(field(7, field(5, tensor)), new byte[] { 0x08, 8 })));
	}

	@Test
	void entriesOfATensorWithItsOwnDataAreOfNoAccount() throws Exception {
		byte[] tensor = ModelFiles.external("../x");
		assertThat(read(field(7, field(5, Arrays.copyOf(tensor, tensor.length - 2))))).isEmpty();
		assertThat(read(field(7, field(5, joined(tensor, new byte[] { 0x70, 0 }))))).isEmpty();
	}

	@Test
	void dotsThatChangeNothingAreLeftOutHoweverManyThereAre() throws Exception {
		String dots = "./".repeat(1000) + ".//".repeat(600);
		assertThat(read(ModelFiles.onnxWithData("a", dots + "w"))).isEqualTo(read(ModelFiles.onnxWithData("a", "w")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "../w", "a/../../w", "a/../w", "/etc/passwd", "//host/w", "..", ".", "./", "a/", "a//b",
			"C:/w", "c:w", "..\\w", "\\\\host\\w", "a\u0000b", "a\nb", "nul", "con.txt", "a/aux", ".w.part", ".../w",
			"a/.. /w", "./../w", "*", "w?", "a*/w" })
	void nameThatLeadsElsewhereIsRefused(String name) {
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(ModelFiles.onnxWithData("a", name)))
			.withMessageContaining("it has data in '")
			.withMessageNotContaining("\n");
	}

	@ParameterizedTest
	@MethodSource
	void dataThatCannotBeFoundIsRefused(String message, byte[] model) {
		assertThatExceptionOfType(FormatException.class).isThrownBy(() -> read(model)).withMessageContaining(message);
	}

	static Stream<Arguments> dataThatCannotBeFoundIsRefused() {
		byte[] deep = field(5, ModelFiles.external("w"));
		for (int i = 0; i < 60; i++) {
			deep = field(1, field(5, field(6, deep)));
		}
		return Stream.of(Arguments.of("does not say which file", ModelFiles.onnxWithData("")),
				Arguments.of("does not say which file", field(7, field(5, new byte[] { 0x70, 1 }))),
				Arguments.of("too long", ModelFiles.onnxWithData("a".repeat(5000))),
				Arguments.of("begins and ends", field(7, field(5, ModelFiles.external("w", "offset", "-1")))),
				Arguments.of("begins and ends", field(7, field(5, ModelFiles.external("w", "length", "x")))),
				Arguments.of("beyond the end of any file",
						field(7, field(5, ModelFiles.external("w", "offset", "9", "length", "" + Long.MAX_VALUE)))),
				Arguments.of("nested too deeply", field(7, deep)),
				Arguments.of("truncated", field(7, new byte[] { 0x2a, 100 })));
	}

}
