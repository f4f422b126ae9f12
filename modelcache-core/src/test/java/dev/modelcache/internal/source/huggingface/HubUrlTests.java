/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

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
			"hf://org/repo@" + COMMIT + "/model:1.gguf, org/repo, " + COMMIT + ", model:1.gguf, ",
			"hf://gpt2, gpt2, main, , ", "hf://gpt2/, gpt2, main, , ",
			"hf://gpt2/model.safetensors, gpt2, main, model.safetensors, ", "hf://gpt2:Q4_K_M, gpt2, main, , Q4_K_M",
			"hf://gpt2@main, gpt2, main, , ", "hf://gpt2@main:Q8_0, gpt2, main, , Q8_0",
			"hf://gpt2@main/onnx/m.onnx, gpt2, main, onnx/m.onnx, ",
			"hf://gpt2@" + COMMIT + "/a/config.json, gpt2, " + COMMIT + ", a/config.json, ",
			"hf://gpt2@refs/pr/1/m.gguf, gpt2, refs/pr/1, m.gguf, ",
			"hf://models/org/repo/m.gguf, org/repo, main, m.gguf, ", "hf://models/org/repo, org/repo, main, , ",
			"hf://models/org/repo@v1:Q4_0, org/repo, v1, , Q4_0",
			"hf://models/gpt2@main/onnx/m.onnx, gpt2, main, onnx/m.onnx, ", "hf://models/gpt2:Q4_0, gpt2, main, , Q4_0",
			"hf://models/gpt2, gpt2, main, , ", "hf:org/repo/m.gguf, org/repo, main, m.gguf, ",
			"hf:org/repo:Q4_0, org/repo, main, , Q4_0", "hf:gpt2:Q4_0, gpt2, main, , Q4_0",
			"hf:gpt2/m.gguf, gpt2, main, m.gguf, ", "hf://org/repo.gguf:Q4_0, org/repo.gguf, main, , Q4_0",
			"hf://org/repo.gguf@main/m.gguf, org/repo.gguf, main, m.gguf, " })
	void urlsAreRead(URI url, String repository, String revision, String path, String quantization) {
		HubUrl hub = HubUrl.parse(url);
		assertThat(hub.repository()).isEqualTo(repository);
		assertThat(hub.revision()).isEqualTo(revision);
		assertThat((hub.path() != null) ? hub.path().text() : null).isEqualTo(path);
		assertThat(hub.quantization()).isEqualTo(quantization);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf:/org/repo", "hf:///org/repo", "hf:org/repo?x", "hf://models", "hf://models/",
			"hf://datasets/org/repo", "hf:datasets/org/repo", "hf://models/datasets/x", "hf://spaces/x",
			"hf://hf_abc@main/m", "hf://u@org/repo", "hf://u:p@main/m", "hf:u:p@org/repo", "hf://gpt2:Q4/m.gguf",
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
	@CsvSource({ "https://huggingface.co/org/repo/resolve/main/m.gguf, hf://org/repo/m.gguf",
			"https://huggingface.co/org/repo/blob/main/m.gguf, hf://org/repo/m.gguf",
			"https://hf.co/org/repo/resolve/main/m.gguf?download=true, hf://org/repo/m.gguf",
			"https://HuggingFace.co/org/repo/resolve/main/m.gguf?download=1&x=y#a, hf://org/repo/m.gguf",
			"https://hub.example/org/repo/resolve/main/m.gguf, https://hub.example/org/repo/resolve/main/m.gguf",
			"https://hub.example/org/repo/blob/main/m, https://hub.example/org/repo/blob/main/m",
			"https://hub.example/org/repo/resolve/main/m?x=y, https://hub.example/org/repo/resolve/main/m?x=y",
			"https://www.huggingface.co:443/org/repo/blob/main/a/m.gguf, hf://org/repo/a/m.gguf",
			"https://huggingface.co/org/repo/resolve/v1.0/m.gguf, hf://org/repo@v1.0/m.gguf",
			"https://huggingface.co/org/repo/resolve/" + COMMIT + "/m, hf://org/repo@" + COMMIT + "/m",
			"https://huggingface.co/org/repo/resolve/refs%2Fpr%2F1/m.gguf, hf://org/repo@refs/pr/1/m.gguf",
			"https://huggingface.co/org/repo/resolve/refs/pr/1/m.gguf, hf://org/repo@refs/pr/1/m.gguf",
			"https://huggingface.co/org/repo/resolve/refs%2Fheads%2Ffeature%2Fx/m, hf://org/repo@refs%2Fheads%2Ffeature%2Fx/m",
			"https://huggingface.co/org/repo/resolve/refs%2Fpr/m, hf://org/repo@refs%2Fpr/m",
			"https://huggingface.co/org/repo/resolve/feature%2Fx/m.gguf, hf://org/repo@feature%2Fx/m.gguf",
			"https://huggingface.co/org/repo/resolve/main/my%20m%C3%A9%2B.gguf, hf://org/repo/my%20mé+.gguf",
			"https://huggingface.co/gpt2/resolve/main/model.safetensors, hf://gpt2/model.safetensors",
			"https://huggingface.co/gpt2/resolve/main/onnx/m.onnx, hf://models/gpt2@main/onnx/m.onnx",
			"https://huggingface.co/gpt2/resolve/v1/m.onnx, hf://models/gpt2@v1/m.onnx",
			"hf://org/repo@main/m.gguf, hf://org/repo/m.gguf", "hf:org/repo@main/m.gguf, hf://org/repo/m.gguf",
			"hf://org/repo@main:Q4_K_M, hf://org/repo:Q4_K_M", "hf://models/org/repo@main, hf://org/repo",
			"hf://org/x.gguf@main, hf://org/x.gguf@main", "hf://gpt2@main, hf://models/gpt2",
			"hf://gpt2@main/onnx/m.onnx, hf://models/gpt2@main/onnx/m.onnx",
			"hf://org/repo@mainline/m.gguf, hf://org/repo@mainline/m.gguf",
			"hf://org/repo/m.gguf, hf://org/repo/m.gguf", "hf://org/repo/a%2Bb.gguf, hf://org/repo/a%2Bb.gguf",
			"https://other.example/org/repo/resolve/main/m.gguf, https://other.example/org/repo/resolve/main/m.gguf",
			"https://hub.example/org/repo/raw/main/m.gguf, https://hub.example/org/repo/raw/main/m.gguf",
			"file:///org/repo/resolve/main/m, file:///org/repo/resolve/main/m", "hf://org, hf://models/org" })
	void eachUrlOfAFileHasOneShortestForm(URI url, URI shortest) {
		HubSettings settings = new HubSettings(URI.create("https://hub.example"),
				new HubToken(null, (name) -> null, Path.of("/")));
		assertThat(settings.shortest(url)).isEqualTo(shortest);
		assertThat(settings.shortest(shortest)).isEqualTo(shortest);
		if (!shortest.equals(url)) {
			HubUrl read = HubUrl.ofWebPage(url, settings.endpoint()).orElseGet(() -> HubUrl.parse(url));
			assertThat(HubUrl.parse(shortest)).isEqualTo(read);
		}
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

	@ParameterizedTest
	@CsvSource({ "hf://models/org/repo/m.gguf, hf://org/repo/m.gguf",
			"hf://models/org/repo@v1:Q4_0, hf://org/repo@v1:Q4_0", "hf:org/repo/a%20b.gguf, hf://org/repo/a%20b.gguf",
			"hf://gpt2, hf://models/gpt2", "hf://gpt2:Q4_0, hf://models/gpt2:Q4_0",
			"hf:gpt2:Q4_0, hf://models/gpt2:Q4_0", "hf://gpt2@main/m.gguf, hf://models/gpt2@main/m.gguf",
			"hf://gpt2/m.gguf, hf://gpt2/m.gguf", "hf://models/gpt2/m.gguf, hf://gpt2/m.gguf",
			"hf://org/repo, hf://org/repo", "HF://org/repo, HF://org/repo",
			"hf://org/repo@v1/m.gguf, hf://org/repo@v1/m.gguf" })
	void formsOfOneRepositoryHaveOneCanonicalForm(URI url, URI canonical) {
		assertThat(HubUrl.canonical(url)).isEqualTo(canonical);
		assertThat(HubUrl.canonical(canonical)).isEqualTo(canonical);
		assertThat(HubUrl.parse(canonical)).isEqualTo(HubUrl.parse(url));
	}

	@ParameterizedTest
	@CsvSource({ "hf://gpt2/onnx/m.onnx, hf://models/gpt2@main/onnx/m.onnx",
			"hf://org/repo.gguf, hf://org/repo.gguf@main" })
	void urlThatMayMeanTwoRepositoriesHasAnotherReading(URI url, URI other) {
		assertThat(HubUrl.parse(url).otherReading()).contains(HubUrl.parse(other));
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf://org/repo", "hf://org/repo:Q4_0", "hf://org/repo@v1/m.gguf", "hf://gpt2",
			"hf://gpt2@main/a/m.gguf" })
	void otherUrlsHaveOneReading(URI url) {
		assertThat(HubUrl.parse(url).otherReading()).isEmpty();
	}

	@ParameterizedTest
	@CsvSource({ "https://huggingface.co/org/repo/blob/main/m.gguf, hf://org/repo/m.gguf",
			"https://huggingface.co/org/repo/resolve/main/m.gguf?download=true, hf://org/repo/m.gguf",
			"https://hf.co/org/repo/resolve/v1/a/m.gguf, hf://org/repo@v1/a/m.gguf",
			"https://www.huggingface.co/org/repo/blob/main/m.gguf, hf://org/repo/m.gguf",
			"https://huggingface.co/gpt2/blob/main/model.safetensors, hf://gpt2/model.safetensors",
			"https://huggingface.co/gpt2/resolve/main/onnx/m.onnx, hf://gpt2@main/onnx/m.onnx",
			"https://huggingface.co/org/repo/resolve/refs%2Fpr%2F1/m.gguf, hf://org/repo@refs/pr/1/m.gguf",
			"https://huggingface.co/org/repo/blob/refs/pr/1/m.gguf, hf://org/repo@refs/pr/1/m.gguf",
			"https://huggingface.co/org/repo/resolve/" + COMMIT + "/m.gguf, hf://org/repo@" + COMMIT + "/m.gguf" })
	void pagesOfTheHubItselfAreItsModelsAtAnyEndpoint(URI url, URI same) {
		for (String endpoint : List.of("https://huggingface.co", "https://mirror.example/hub")) {
			assertThat(HubUrl.ofWebPage(url, URI.create(endpoint))).contains(HubUrl.parse(same));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://huggingface.co/datasets/org/repo/resolve/main/m.gguf",
			"https://huggingface.co/spaces/a/resolve/main/m.gguf", "https://huggingface.co/org/repo/tree/main/onnx",
			"https://huggingface.co/api/models/org/repo", "https://huggingface.co/api/resolve-cache/models/org/repo/m",
			"https://huggingface.co.example/org/repo/resolve/main/m.gguf",
			"http://huggingface.co/org/repo/resolve/main/m", "https://huggingface.co:8443/org/repo/resolve/main/m.gguf",
			"https://cdn-lfs.hf.co/org/repo/resolve/main/m" })
	void otherPagesAreNotFiles(URI url) {
		assertThat(HubUrl.ofWebPage(url, URI.create("https://huggingface.co"))).isEmpty();
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
