/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ModelFileName}.
 */
class ModelFileNameTests {

	@ParameterizedTest
	@ValueSource(strings = { "model.gguf", "onnx/model.onnx", ".gitattributes", "a/b/c.json", "...x", "v1:2.gguf",
			"null.gguf", "com.gguf", "auxiliary", "lpt10x/model.onnx" })
	void relativePathsAreNames(String text) {
		ModelFileName name = new ModelFileName(text);
		assertThat(name).hasToString(text);
		assertThat(name.in(Path.of("models"))).isEqualTo(Path.of("models", text.split("/")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "/etc/passwd", "../up", "a/../../up", "a/..", ".", "a/./b", "a//b", "a/",
			"..\\up", "C:\\x", "c:/x", "C:x", "a\u0000b", "a\nb", "a\u007fb", "\\\\host\\share", ".. /up", "a/... /b",
			"NUL", "nul.gguf", "onnx/Con", "a/com1.tar.gz", "LPT9 .onnx", "prn/model.onnx" })
	void whatMayLeadElsewhereIsRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> new ModelFileName(text))
			.satisfies((ex) -> assertThat(text.isBlank() || !ex.getMessage().contains(text)).isTrue());
	}

	@ParameterizedTest
	@ValueSource(strings = { ".model.onnx.00000000-1-1-00000000.part", ".model.onnx.00000000-1-1-00000000.journal",
			"onnx/.MODEL.onnx.00000000-1-1-00000000.PART", ".x.part. ", ".x.journal ", ".m.gguf.sealed",
			"onnx/.model.onnx.SEALED." })
	void namesOfWorkingFilesAreRefused(String text) {
		assertThatIllegalArgumentException().isThrownBy(() -> new ModelFileName(text))
			.withMessageContaining("working file");
		assertThat(ModelFileName.cleaned(text.substring(text.indexOf('/') + 1)).text()).doesNotStartWith(".");
		assertThat(new ModelFileName("model.part")).hasToString("model.part");
		assertThat(new ModelFileName("model.sealed")).hasToString("model.sealed");
	}

	@Test
	void nameOfMoreThan1024CharactersIsRefused() {
		assertThat(new ModelFileName("x".repeat(1024)).text()).hasSize(1024);
		assertThatIllegalArgumentException().isThrownBy(() -> new ModelFileName("x".repeat(1025)));
	}

	@Test
	void freelyChosenNameIsCleaned() {
		assertThat(ModelFileName.cleaned("a\\b/c\n.gguf")).hasToString("a_b_c_.gguf");
		assertThat(ModelFileName.cleaned("model.gguf")).hasToString("model.gguf");
		assertThat(ModelFileName.cleaned("..")).hasToString("model");
		assertThat(ModelFileName.cleaned("aux.gguf")).hasToString("model");
		assertThat(ModelFileName.cleaned("")).hasToString("model");
	}

	@Test
	void lastSegmentIsTheNameWithinItsDirectory() {
		assertThat(new ModelFileName("onnx/model.onnx").last()).isEqualTo("model.onnx");
		assertThat(new ModelFileName("model.onnx").last()).isEqualTo("model.onnx");
	}

}
