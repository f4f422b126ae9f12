/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link TinyModels}.
 */
class TinyModelsTests {

	private static final Duration PATIENCE = Duration.ofMinutes(1);

	@TempDir
	private Path directory;

	static Stream<Arguments> formats() {
		Function<DataSize, byte[]> gguf = TinyModels::gguf;
		Function<DataSize, byte[]> safetensors = TinyModels::safetensors;
		Function<DataSize, byte[]> onnx = TinyModels::onnx;
		return Stream.of(Arguments.of("GGUF", "m.gguf", gguf),
				Arguments.of("safetensors", "m.safetensors", safetensors), Arguments.of("ONNX", "m.onnx", onnx));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("formats")
	void passesTheStrictInspectionInEverySize(String type, String name, Function<DataSize, byte[]> model)
			throws IOException {
		for (long size : new long[] { 256, 257, 383, 4096, 100_003, 3_000_001 }) {
			byte[] content = model.apply(DataSize.ofBytes(size));
			assertThat(content).hasSize((int) size);
			ModelFormat format = get(name, content).format();
			assertThat(format.type()).isEqualTo(type);
			assertThat(format.parameters()).isBetween(Math.max(1, size - 256), size);
			assertThat(format.quantization()).isEqualTo("I8");
		}
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("formats")
	void truncatedFileDoesNotPass(String type, String name, Function<DataSize, byte[]> model) {
		byte[] content = model.apply(DataSize.ofBytes(4096));
		byte[] truncated = java.util.Arrays.copyOf(content, 4095);
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> get(name, truncated));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("formats")
	void sizesThatAreTooSmallOrTooLargeAreRefused(String type, String name, Function<DataSize, byte[]> model) {
		for (DataSize size : new DataSize[] { DataSize.ofBytes(255), DataSize.ofGigabytes(2) }) {
			assertThatIllegalArgumentException().isThrownBy(() -> model.apply(size)).withMessageContaining("256 bytes");
		}
	}

	@Test
	void extensionOfTheNameTellsTheFormat() {
		assertThat(TinyModels.named("a.GGUF")).contains(TinyModels.gguf());
		assertThat(TinyModels.named("a.safetensors")).contains(TinyModels.safetensors());
		assertThat(TinyModels.named("a.onnx")).contains(TinyModels.onnx());
		assertThat(TinyModels.named("tokenizer.json")).hasValue("{}".getBytes());
		assertThat(TinyModels.named("a.bin")).isEmpty();
		assertThat(TinyModels.named("gguf")).isPresent();
		assertThat(TinyModels.named("a.gguf.gz").orElseThrow()).startsWith(0x1f, 0x8b);
	}

	private CachedModel get(String name, byte[] content) throws IOException {
		Path file = Files.write(Files.createTempDirectory(this.directory, "source").resolve(name), content);
		Path cacheDirectory = Files.createTempDirectory(this.directory, "cache");
		try (ModelCache cache = ModelCache.builder()
			.verifyFormat(FormatVerification.STRICT)
			.cache((options) -> options.directory(cacheDirectory).adopt(false))
			.model(ModelRequest.builder("m").url(file.toUri()).modelPath(cacheDirectory.resolve(name)).build())
			.build()) {
			return cache.get("m").block(PATIENCE);
		}
	}

}
