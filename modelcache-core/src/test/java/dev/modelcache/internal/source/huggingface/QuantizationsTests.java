/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.List;
import java.util.stream.Stream;

import dev.modelcache.ModelFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Quantizations} and {@link Shards}.
 */
class QuantizationsTests {

	private static final List<ModelFileName> FILES = names(".gitattributes", "README.md", "imatrix-Q4_K_M.gguf",
			"mmproj-Model-Q8_0.gguf", "mtp-Model-Q8_0.gguf", "eagle3-model-Q8_0.gguf", "Model-IQ4_NL.gguf",
			"Model-Q4_K_S.gguf", "Model-Q4_K_M.gguf", "Model.q5_k_m.gguf", "Model-Q6_K/Model-Q6_K-00001-of-00003.gguf",
			"Model-Q6_K/Model-Q6_K-00002-of-00003.gguf", "Model-Q6_K/Model-Q6_K-00003-of-00003.gguf", "Model-Q8_0.gguf",
			"Model-Q8_0.safetensors");

	@ParameterizedTest
	@CsvSource({ "Q4_K_M, Model-Q4_K_M.gguf", "q4_k_m, Model-Q4_K_M.gguf", "Q5_K_M, Model.q5_k_m.gguf",
			"Q6_K, Model-Q6_K/Model-Q6_K-00001-of-00003.gguf", "Q8_0, Model-Q8_0.gguf", "IQ4_NL, Model-IQ4_NL.gguf" })
	void tagFindsTheFirstModelThatHasIt(String tag, String file) {
		assertThat(Quantizations.find(FILES, tag)).contains(new ModelFileName(file));
	}

	@ParameterizedTest
	@ValueSource(strings = { "Q4", "Q4_K", "Q3_K_M", "5_0", ".*" })
	void tagThatNoModelHasFindsNothing(String tag) {
		assertThat(Quantizations.find(FILES, tag)).isEmpty();
	}

	@Test
	void withoutTagTheUsualOnesComeFirst() {
		assertThat(Quantizations.find(FILES, null)).contains(new ModelFileName("Model-Q4_K_M.gguf"));
		assertThat(Quantizations.find(names("m-Q2_K.gguf", "m-Q8_0.gguf"), null))
			.contains(new ModelFileName("m-Q8_0.gguf"));
		assertThat(Quantizations.find(names("a.txt", "m-Q2_K.gguf", "m-Q3_K.gguf"), null))
			.contains(new ModelFileName("m-Q2_K.gguf"));
		assertThat(Quantizations.find(names("a.txt", "mmproj-Q4_K_M.gguf"), null)).isEmpty();
	}

	@Test
	void quantizationsThatExistAreListed() {
		assertThat(Quantizations.of(FILES)).containsExactly("IQ4_NL", "Q4_K_M", "Q4_K_S", "Q5_K_M", "Q6_K", "Q8_0");
		assertThat(Quantizations.of(names("model.gguf", "a.txt"))).containsExactly("model.gguf");
	}

	@Test
	void allPartsOfASplitFileAreNamedInOrder() {
		assertThat(Shards.all(new ModelFileName("d/m-00002-of-00003.gguf")))
			.isEqualTo(names("d/m-00001-of-00003.gguf", "d/m-00002-of-00003.gguf", "d/m-00003-of-00003.gguf"));
		assertThat(Shards.all(new ModelFileName("m.gguf"))).isEqualTo(names("m.gguf"));
	}

	@Test
	void absurdNumbersOfPartsAreNoSplitFile() {
		assertThat(Shards.all(new ModelFileName("m-00001-of-99999.gguf"))).hasSize(1);
		assertThat(Shards.all(new ModelFileName("m-00001-of-00000.gguf"))).hasSize(1);
	}

	private static List<ModelFileName> names(String... names) {
		return Stream.of(names).map(ModelFileName::new).toList();
	}

}
