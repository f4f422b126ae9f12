/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link HubUrl}.
 */
class HubUrlTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	@ParameterizedTest
	@CsvSource({ "hf://org/repo, org/repo, main, , ", "hf://org/repo/, org/repo, main, , ",
			"hf://org/repo/m.gguf, org/repo, main, m.gguf, ",
			"hf://01-ai/Yi_6B.x/onnx/model%20one+.onnx, 01-ai/Yi_6B.x, main, onnx/model one+.onnx, ",
			"hf://Org_x/repo@v1.0/m.gguf, Org_x/repo, v1.0, m.gguf, ", "hf://org/repo:Q4_K_M, org/repo, main, , Q4_K_M",
			"hf://org/repo@dev:q8_0, org/repo, dev, , q8_0",
			"hf://org/repo@refs%2Fpr%2F1/m.gguf, org/repo, refs/pr/1, m.gguf, ",
			"hf://org/repo@refs/pr/12/a/m.gguf, org/repo, refs/pr/12, a/m.gguf, ",
			"hf://org/repo@refs/pr/12, org/repo, refs/pr/12, , ",
			"hf://org/repo@" + COMMIT + "/model:1.gguf, org/repo, " + COMMIT + ", model:1.gguf, " })
	void urlsAreRead(URI url, String repository, String revision, String path, String quantization) {
		HubUrl hub = HubUrl.parse(url);
		assertThat(hub.repository()).isEqualTo(repository);
		assertThat(hub.revision()).isEqualTo(revision);
		assertThat((hub.path() != null) ? hub.path().text() : null).isEqualTo(path);
		assertThat(hub.quantization()).isEqualTo(quantization);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf:org/repo", "hf:/org/repo", "hf:///org/repo", "hf://org", "hf://org/",
			"hf://u:p@org/repo", "hf://org/repo?x", "hf://org/repo#x", "hf://datasets/org/repo", "hf://org/re%2Fpo",
			"hf://org/repo@/m.gguf", "hf://org/repo@a..b/m", "hf://org/repo@%00/m", "hf://org/..", "hf://org/repo/../m",
			"hf://org/repo/a/%2e%2e/m", "hf://org/repo/a//m", "hf://org/repo/a%5Cm", "hf://org/repo/dir/",
			"hf://org/repo:", "hf://org/repo:Q4(", "hf://org/repo:Q4/m.gguf", "hf://org/repo/C:%5Cm",
			"hf://org/repo/%2Fetc/passwd" })
	void malformedUrlsAreRefusedWithoutRepeatingThem(String url) {
		assertThatIllegalArgumentException().isThrownBy(() -> HubUrl.parse(URI.create(url)))
			.withMessageNotContaining("u:p")
			.satisfies((ex) -> assertThat(ex.getMessage()).contains(" "));
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://hub.example/org/repo/resolve/v1/a/m.gguf",
			"https://hub.example:443/org/repo/resolve/v1/a/m.gguf?download=true",
			"https://HUB.example/org/repo/blob/v1/a/m.gguf" })
	void pagesOfTheHubAreRecognized(URI url) {
		assertThat(HubUrl.ofWebPage(url, URI.create("https://hub.example")))
			.contains(HubUrl.parse(URI.create("hf://org/repo@v1/a/m.gguf")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://other.example/org/repo/resolve/v1/m.gguf",
			"http://hub.example/org/repo/resolve/v1/m.gguf", "https://u:p@hub.example/org/repo/resolve/v1/m.gguf",
			"https://hub.example/org/repo/resolve/v1/m.gguf?sig=1", "https://hub.example/org/repo/raw/v1/m.gguf",
			"https://hub.example/org/repo/resolve/v1/", "https://hub.example/org/repo/resolve/v1",
			"https://hub.example/datasets/org/repo/resolve/v1/m", "https://hub.example/m.gguf", "file:///m.gguf" })
	void otherUrlsAreNot(URI url) {
		assertThat(HubUrl.ofWebPage(url, URI.create("https://hub.example"))).isEmpty();
	}

	@Test
	void endpointMayHaveAPath() {
		URI endpoint = URI.create("https://host/api/huggingface/remote");
		assertThat(HubUrl.ofWebPage(URI.create(endpoint + "/org/repo/resolve/main/m.gguf"), endpoint))
			.contains(HubUrl.parse(URI.create("hf://org/repo/m.gguf")));
		assertThat(HubUrl.ofWebPage(URI.create("https://host/org/repo/resolve/main/m.gguf"), endpoint)).isEmpty();
	}

	@Test
	void commitIsPinnedABranchIsNot() {
		assertThat(HubUrl.parse(URI.create("hf://org/repo@" + COMMIT)).isPinned()).isTrue();
		assertThat(HubUrl.parse(URI.create("hf://org/repo@main")).isPinned()).isFalse();
	}

}
