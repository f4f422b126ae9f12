/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.llama.autoconfigure;

import java.util.Map;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.testsupport.ConfigurationPage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LlamaProperties}.
 */
class LlamaPropertiesTests {

	@Test
	void pageOfTheKeysHasEachKeyWithItsTypeAndDefaultAndNoOther() {
		Map<String, String> rows = ConfigurationPage.rows();
		rows.keySet().removeIf((name) -> !name.startsWith(LlamaProperties.PREFIX + "."));
		assertThat(rows).containsExactlyInAnyOrderEntriesOf(ConfigurationPage.metadata(LlamaProperties.class));
	}

	@Test
	void pageDescribesEachKeyAsEditorsDo() {
		Map<String, String> meanings = ConfigurationPage.meanings();
		assertThat(ConfigurationPage.firstSentences(LlamaProperties.class)).isNotEmpty()
			.allSatisfy((key, sentence) -> assertThat(meanings.get(key)).as(key).startsWith(sentence));
	}

	@ParameterizedTest
	@CsvSource({ "threads, 0, must be 1 or more, but is 0, hooks.llm.llama.threads",
			"context-size, -1, must be 1 or more, but is -1, hooks.llm.llama.context-size",
			"gpu-layers, -1, is negative, hooks.llm.llama.gpu-layers",
			"environment, TOKEN=secret, is not the name of an environment variable, hooks.llm.llama.environment[0]" })
	void wrongValuesAreClearErrors(String name, String value, String problem, String key) {
		LlamaProperties properties = new Binder(
				new MapConfigurationPropertySource(Map.of(LlamaProperties.PREFIX + "." + name, value)))
			.bind(LlamaProperties.PREFIX, LlamaProperties.class)
			.get();
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(properties::settings)
			.withMessageContaining(key)
			.withMessageContaining(problem)
			.withMessageNotContaining("secret");
	}

}
