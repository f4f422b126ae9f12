/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import dev.modelcache.ModelFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests {@link FilePatterns}.
 */
class FilePatternsTests {

	@ParameterizedTest
	@CsvSource({ "model.onnx, model.onnx, true", "model.onnx, Model.onnx, false", "model.onnx, onnx/model.onnx, false",
			"*, a, true", "*, a/b, false", "*.onnx, model.onnx, true", "*.onnx, onnx/model.onnx, false",
			"onnx/*, onnx/model.onnx, true", "onnx/*, onnx/a/model.onnx, false", "onnx/*, onnx, false",
			"onnx/, onnx, false", "/onnx, onnx, false", "?.gguf, a.gguf, true", "?.gguf, ab.gguf, false",
			"?.gguf, .gguf, false", "a?c, a/c, false", "*Q4*.gguf, m-Q4_K_M-00001.gguf, true", "a*b*c, aXbYbZc, true",
			"a*b*c, aXcYb, false", "a*, a, true", "a**b, aXb, true", "a**b, a/b, false", "**, a, true",
			"**, a/b/c, true", "**/x, x, true", "**/x, a/b/x, true", "**/x, a/b/y, false", "a/**, a/b/c, true",
			"a/**, a, true", "a/**, b/c, false", "a/**/x, a/x, true", "a/**/x, a/b/c/x, true",
			"a/**/b/**/x, a/1/b/2/b/3/x, true", "a/**/b/**/x, a/1/c/2/x, false", "**/b/*.json, a/b/c.json, true",
			"**/b/*.json, a/b/c/d.json, false", "m{1}.gguf, m{1}.gguf, true", "m[1].gguf, m[1].gguf, true",
			"m.gguf, mxgguf, false" })
	void patternsMatch(String pattern, String name, boolean matches) {
		assertThat(FilePatterns.matches(pattern, new ModelFileName(name))).isEqualTo(matches);
	}

	/** Without end for what tries each way to divide the name among the stars. */
	@Test
	void namesOfOthersAreMatchedInOnePass() {
		ModelFileName dashes = new ModelFileName("-".repeat(1024));
		assertThat(FilePatterns.matches("*-".repeat(12) + "Q4*.gguf", dashes)).isFalse();
		ModelFileName directories = new ModelFileName("a/".repeat(511) + "a");
		assertThat(FilePatterns.matches("**/a/".repeat(12) + "b", directories)).isFalse();
	}

}
