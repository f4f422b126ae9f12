/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.http;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SentSecrets}.
 */
class SentSecretsTests {

	private static final URI URL = URI.create("https://host/m.gguf?X-Amz-Signature=0123456789abcdef&e=1");

	private static SentSecrets bearer() {
		return new SentSecrets(URL, Map.of("Authorization", "Bearer hf_verysecrettoken", "Accept", "text/plain"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "no access for hf_verysecrettoken", "Bearer%20hf%5Fverysecrettoken", "HF_VERYSECRETTOKEN",
			"hf_verysecr...", "signature 0123456789abcdef is wrong", "https://other/hf_verysecrettoken/m" })
	void repetitionsAreFound(String text) {
		assertThat(bearer().areIn(text)).isTrue();
		assertThat(bearer().areIn(new IllegalStateException("failed", new IOException(text)))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "a", "ab", "abc" })
	void repetitionsInBase64AreFoundAtEachAlignment(String before) {
		byte[] text = (before + "hf_verysecrettoken!").getBytes(StandardCharsets.UTF_8);
		assertThat(bearer().areIn(Base64.getEncoder().encodeToString(text))).isTrue();
	}

	@Test
	void nameAndPasswordOfBasicCredentialsAreFound() {
		String pair = Base64.getEncoder().encodeToString("robot:pass word".getBytes(StandardCharsets.UTF_8));
		SentSecrets sent = new SentSecrets(URL, Map.of("Authorization", "Basic " + pair));
		assertThat(sent.areIn("robot is locked")).isTrue();
		assertThat(sent.areIn("'pass word' is wrong")).isTrue();
		assertThat(sent.areIn(pair)).isTrue();
	}

	@Test
	void otherWordsAreShown() {
		assertThat(bearer().areIn("Bearer token is not accepted as text/plain")).isFalse();
		assertThat(bearer().areIn("Access to model org/repo is restricted")).isFalse();
	}

	@Test
	void signatureOfALinkIsASecretAndItsRegionAndFileNameAreNot() {
		SentSecrets sent = new SentSecrets(URI.create("https://hub.example/m.gguf"), Map.of())
			.andLink(URI.create("https://cdn.example/x?X-Amz-Credential=AKIA%2F20261129%2Fus-east-1%2Fs3%2Faws4_request"
					+ "&X-Amz-Signature=0123456789abcdef0123456789abcdef"
					+ "&response-content-disposition=inline%3B%20filename%3Dqwen2.5-0.5b-instruct.gguf"));
		assertThat(sent.areIn("https://s3.us-east-1.amazonaws.com/qwen2.5-0.5b-instruct.gguf answered 403")).isFalse();
		assertThat(sent.areIn("https://cdn.example/0123456789abcdef0123 answered 403")).isTrue();
	}

}
