/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import com.github.luben.zstd.Zstd;
import dev.modelcache.ModelConfigurationException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.tukaani.xz.XZInputStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class CompressionTests {

	@ParameterizedTest
	@CsvSource({ "m.gguf.gz, m.gguf, GZIP", "m.gguf.GZ, model, GZIP", "m.gguf.zst, m.gguf, ZSTD",
			"m.gguf.xz, m.gguf, XZ", "m.gguf.gz, m.gguf.gz,", "m.gguf.gz, other.GZ,", "m.gguf, m.gguf,",
			"m.gguf, m.gguf.gz,", "m.gz.zst, m.gz, ZSTD", ".gz, model,", "gz, model,", "m.tgz, model," })
	void fileIsDecompressedIfItsTargetLacksTheSuffix(String source, String target, @Nullable Compression expected) {
		assertThat(Compression.between(source, target)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "m.gguf.gz, m.gguf", "m.gguf.ZST, m.gguf", "m.xz, m", "m.gguf, m.gguf", ".gz, .gz", "m.gz.zst, m.gz" })
	void contentHasTheNameWithoutTheSuffix(String source, String expected) {
		assertThat(Compression.contentName(source)).isEqualTo(expected);
	}

	@ParameterizedTest
	@EnumSource
	void everythingIsReadableWithAllLibraries(Compression format) {
		assertThatCode(() -> format.requireReader("default")).doesNotThrowAnyException();
	}

	@Test
	void missingLibraryIsNamed() {
		ClassLoader without = new FilteredClassLoader(Zstd.class.getPackageName(),
				XZInputStream.class.getPackageName());
		Compression.GZIP.requireReader("default", without);
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> Compression.ZSTD.requireReader("default", without))
			.satisfies((ex) -> assertThat(ex.key()).isEqualTo("hooks.llm.url"))
			.withMessageContainingAll("com.github.luben:zstd-jni", ".zst", "'default'");
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> Compression.XZ.requireReader("default", without))
			.withMessageContainingAll("org.tukaani:xz", ".xz", "'default'");
	}

}
