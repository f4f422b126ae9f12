/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.Properties;
import java.io.StringReader;
import java.io.IOException;
import java.util.Map;

import dev.modelcache.ModelConfigurationException;
import dev.modelcache.OciOptions.Registry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link OciProperties}.
 */
class OciPropertiesTests {

	private static final Registry GHCR = new Registry("alice", "secret", false);

	private static Map<String, Registry> of(String... pairs) {
		return BoundConfiguration.of(pairs).registries();
	}

	@Test
	void hostsMayHaveDotsAndPorts() {
		Map<String, Registry> settings = of("hooks.llm.oci.registries.ghcr.io.username=alice",
				"hooks.llm.oci.registries.ghcr.io.password=secret",
				"hooks.llm.oci.registries[localhost:5000].insecure=true");
		assertThat(settings).isEqualTo(Map.of("ghcr.io", GHCR, "localhost:5000", new Registry(null, null, true)));
	}

	@Test
	void yamlAndVariablesBindTheSame() throws IOException {
		assertThat(BoundConfiguration.ofYaml("""
				hooks:
				  llm:
				    oci:
				      registries:
				        ghcr.io:
				          username: alice
				          password: secret
				        "[localhost:5000]":
				          insecure: true
				""").registries()).containsOnlyKeys("ghcr.io", "localhost:5000").containsEntry("ghcr.io", GHCR);
		assertThat(BoundConfiguration.of()
			.withVariables(Map.of("HOOKS_LLM_OCI_REGISTRIES_GHCR_IO_USERNAME", "alice",
					"HOOKS_LLM_OCI_REGISTRIES_GHCR_IO_PASSWORD", "secret"))
			.registries()).isEqualTo(Map.of("ghcr.io", GHCR));
	}

	@ParameterizedTest
	@ValueSource(strings = { "hooks.llm.oci.registries.ghcr.io.user=secret",
			"hooks.llm.oci.registries.ghcr.io.username=secret", "hooks.llm.oci.registries.ghcr.io.password=secret",
			"hooks.llm.oci.registries.ghcr.io.insecure=secret", "hooks.llm.oci.registries.username=secret" })
	void wrongValuesAreErrorsThatShowNoValue(String pair) {
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> of(pair)).satisfies((failure) -> {
			assertThat(failure.key()).startsWith("hooks.llm.oci.registries");
			assertThat(failure.getMessage()).doesNotContain("secret");
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "hooks.llm.oci.registries[localhost:5000].password=secret",
			"hooks.llm.oci.registries[localhost:5000].insecure = secret",
			"hooks.llm.oci.registries[my.host:5000].username: secret" })
	void keyThatEndsAtAColonInAFileOfPropertiesIsExplained(String line) throws IOException {
		Properties properties = new Properties();
		properties.load(new StringReader(line));
		String key = properties.stringPropertyNames().iterator().next();
		assertThatExceptionOfType(ModelConfigurationException.class)
			.isThrownBy(() -> of(key + "=" + properties.getProperty(key)))
			.withMessageContaining("Write a backslash before the colon: hooks.llm.oci.registries[<host>\\:5000].")
			.satisfies((failure) -> assertThat(failure.getMessage()).doesNotContain("secret"));
	}

	@Test
	void noTextShowsThePassword() {
		Map<String, Registry> settings = of("hooks.llm.oci.registries.ghcr.io.username=alice",
				"hooks.llm.oci.registries.ghcr.io.password=secret");
		assertThat(settings).asString().doesNotContain("secret", "alice");
	}

}
