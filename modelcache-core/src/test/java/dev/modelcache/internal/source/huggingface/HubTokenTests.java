/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

import dev.modelcache.ModelConfigurationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link HubToken}.
 */
class HubTokenTests {

	@TempDir
	private Path home;

	private final Map<String, String> environment = new HashMap<>();

	@BeforeEach
	void tokenFiles() throws IOException {
		file(".cache/huggingface/token", "of-default-file");
		file("hf/token", "of-hf-home\n");
		file("xdg/huggingface/token", "of-xdg");
		file("elsewhere", "of-path");
	}

	@Test
	void tokenThatWasNotConfiguredGoesByHttpsOrToThisMachineAlone() {
		this.environment.put("HF_TOKEN", "implicit");
		assertThat(token(null).findFor(URI.create("https://hub.example"))).contains("implicit");
		assertThat(token(null).findFor(URI.create("http://127.0.0.1:1"))).contains("implicit");
		assertThat(token(null).findFor(URI.create("http://hub.example"))).isEmpty();
		assertThat(token(null).findFor(URI.create("http://127.0.0.1.example"))).isEmpty();
		assertThat(token("configured").findFor(URI.create("http://hub.example"))).contains("configured");
	}

	@Test
	void configuredTokenComesBeforeAll() {
		this.environment.put("HF_TOKEN", "of-variable");
		assertThat(token(" configured ").find()).contains("configured");
	}

	@Test
	void variablesComeBeforeTheFile() {
		this.environment.put("HUGGING_FACE_HUB_TOKEN", "old");
		assertThat(token(null).find()).contains("old");
		this.environment.put("HF_TOKEN", "new");
		assertThat(token("").find()).contains("new");
	}

	@Test
	void fileIsFoundWhereTheHubsToolsKeepIt() {
		assertThat(token(null).find()).contains("of-default-file");
		this.environment.put("XDG_CACHE_HOME", "~/xdg");
		assertThat(token(null).find()).contains("of-xdg");
		this.environment.put("PLACE", this.home.toString());
		this.environment.put("HF_HOME", "$PLACE/hf");
		assertThat(token(null).find()).contains("of-hf-home");
		this.environment.put("HF_TOKEN_PATH", "${PLACE}/elsewhere");
		assertThat(token(null).find()).contains("of-path");
	}

	@Test
	void renewedFileIsReadAgain() throws IOException {
		HubToken token = token(null);
		assertThat(token.find()).contains("of-default-file");
		file(".cache/huggingface/token", "renewed");
		assertThat(token.find()).contains("renewed");
	}

	@Test
	void implicitTokenCanBeDisabled() {
		this.environment.put("HF_TOKEN", "of-variable");
		this.environment.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "yes");
		assertThat(token(null).find()).isEmpty();
		assertThat(token("configured").find()).contains("configured");
	}

	@Test
	void noTokenAnywhereAsksAnonymously() throws IOException {
		Files.delete(this.home.resolve(".cache/huggingface/token"));
		assertThat(token(null).find()).isEmpty();
		assertThat(HubToken.NONE.find()).isEmpty();
	}

	@Test
	void whatCannotBeATokenIsAnErrorThatDoesNotShowIt() {
		this.environment.put("HF_TOKEN", "hf_a\r\nX-Header: 1");
		assertThatExceptionOfType(ModelConfigurationException.class).isThrownBy(() -> token(null).find())
			.withMessageContaining("HF_TOKEN")
			.withMessageNotContaining("hf_a");
		assertThat(token("secret")).asString().doesNotContain("secret");
	}

	private HubToken token(String configured) {
		return new HubToken(configured, this.environment::get, this.home);
	}

	private void file(String name, String content) throws IOException {
		Path file = this.home.resolve(name);
		Files.createDirectories(file.getParent());
		Files.writeString(file, content);
	}

}
