/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FilesByName}.
 */
class FilesByNameTests {

	private static final Path VERSION = Path.of("/cache/models/m/version").toAbsolutePath();

	private static FilesByName files(String... names) {
		Path[] paths = Stream.of(names).map(VERSION::resolve).toArray(Path[]::new);
		return new FilesByName(CachedModel.of("m", List.of(paths), 1, Digest.parse("00".repeat(32)), "https://host/m")
			.withVerified(true));
	}

	private static void assertFinds(FilesByName files, String name, String expected) {
		assertThat(files.has(new ModelFileName(name))).isTrue();
		assertThat(files.get(new ModelFileName(name))).isEqualTo(VERSION.resolve(expected));
	}

	private static void assertFindsNot(FilesByName files, String name, String message) {
		assertThat(files.has(new ModelFileName(name))).isFalse();
		assertThatExceptionOfType(ModelNotFoundException.class).isThrownBy(() -> files.get(new ModelFileName(name)))
			.withMessageContaining(message);
	}

	@Test
	void nameOfTheSourceFindsItsFile() {
		FilesByName files = files("onnx/model.onnx", "tokenizer.json");
		assertFinds(files, "onnx/model.onnx", "onnx/model.onnx");
		assertFinds(files, "tokenizer.json", "tokenizer.json");
	}

	@Test
	void endOfANameFindsItsFile() {
		assertFinds(files("onnx/model.onnx", "tokenizer.json"), "model.onnx", "onnx/model.onnx");
	}

	@Test
	void wholeNameFindsItsFileAlsoWhereAllAreInOneDirectory() {
		FilesByName files = files("onnx/model.onnx", "onnx/model.onnx_data");
		assertFinds(files, "onnx/model.onnx", "onnx/model.onnx");
		assertFinds(files, "model.onnx_data", "onnx/model.onnx_data");
		assertFinds(files("a/b/m.gguf"), "b/m.gguf", "a/b/m.gguf");
	}

	@Test
	void wholeNameComesBeforeTheEndOfAnother() {
		assertFinds(files("onnx/config.json", "config.json"), "config.json", "config.json");
	}

	@Test
	void endOfSeveralNamesIsRefusedWithTheNames() {
		assertFindsNot(files("a/config.json", "b/config.json"), "config.json",
				"it has several files 'config.json'. Use one of a/config.json, b/config.json.");
	}

	@Test
	void nameOfNoFileIsRefusedWithTheNames() {
		FilesByName files = files("onnx/model.onnx", "tokenizer.json");
		assertFindsNot(files, "vocab.txt",
				"Model 'm': it has no file 'vocab.txt'. Use one of onnx/model.onnx, tokenizer.json.");
		assertFindsNot(files, "izer.json", "it has no file 'izer.json'");
		assertFindsNot(files("m.gguf"), "n.gguf", "Use one of m.gguf.");
	}

}
