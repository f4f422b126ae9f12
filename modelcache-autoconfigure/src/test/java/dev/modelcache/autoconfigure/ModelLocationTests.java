/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import dev.modelcache.ModelFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.core.io.DefaultResourceLoader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ModelLocation}.
 */
class ModelLocationTests {

	@Test
	void isAnIdAndPerhapsAFile() {
		assertThat(ModelLocation.parse("model:default")).isEqualTo(new ModelLocation("default", null));
		assertThat(ModelLocation.parse("model:embeddings/onnx/model.onnx"))
			.isEqualTo(new ModelLocation("embeddings", new ModelFileName("onnx/model.onnx")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "model:", "model:/m.gguf", "model:m/", "model:m/../x", "model:m//x", "model:m/a\\b" })
	void whatNamesNothingOrLeadsAwayIsRefusedWithTheLocation(String location) {
		assertThatIllegalArgumentException().isThrownBy(() -> ModelLocation.parse(location))
			.withMessageContaining("'" + location + "'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "model", "models:m", "classpath:model:m", "" })
	void otherLocationsAreNone(String location) {
		assertThat(new ModelProtocolResolver().resolve(location, new DefaultResourceLoader())).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "model:m, tokenizer.json, model:m/tokenizer.json",
			"model:m/model.onnx, tokenizer.json, model:m/tokenizer.json",
			"model:m/onnx/model.onnx, model.onnx_data, model:m/onnx/model.onnx_data",
			"model:m/onnx/model.onnx, ../tokenizer.json, model:m/tokenizer.json",
			"model:m/onnx/model.onnx, ./x/../y.json, model:m/onnx/y.json" })
	void relativeOneStartsFromTheDirectoryOfTheFile(String from, String path, String expected) {
		assertThat(ModelLocation.parse(from).relative(path)).hasToString(expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "..", "../../x", "" })
	void relativeOneStaysWithinTheModel(String path) {
		ModelLocation location = ModelLocation.parse("model:m/onnx/model.onnx");
		assertThatIllegalArgumentException().isThrownBy(() -> location.relative(path));
	}

	@Test
	void lastPartIsTheFileOrElseTheId() {
		assertThat(ModelLocation.parse("model:m").last()).isEqualTo("m");
		assertThat(ModelLocation.parse("model:m/onnx/model.onnx").last()).isEqualTo("model.onnx");
	}

}
