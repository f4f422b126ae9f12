/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link ModelReference}.
 */
class ModelReferenceTests {

	private static final String HEX = "0123456789abcdef".repeat(4);

	@ParameterizedTest
	@CsvSource({ "ollama://gemma, registry.ollama.ai/library/gemma:latest",
			"ollama://gemma:2b, registry.ollama.ai/library/gemma:2b",
			"ollama://llama3.2:1b, registry.ollama.ai/library/llama3.2:1b",
			"ollama://my_model:7b-instruct-q4_K_M, registry.ollama.ai/library/my_model:7b-instruct-q4_K_M",
			"ollama://someone/gemma:2b, registry.ollama.ai/someone/gemma:2b",
			"ollama://hf.co/User/Repo-GGUF:Q4_K_M, hf.co/User/Repo-GGUF:Q4_K_M",
			"ollama://localhost/gemma, localhost/library/gemma:latest",
			"ollama://Registry.Example:5000/gemma:2b, registry.example:5000/library/gemma:2b",
			"ollama://127.0.0.1:5000/team/gemma:2b, 127.0.0.1:5000/team/gemma:2b",
			"ollama://user:secret@registry.example/team/gemma, registry.example/team/gemma:latest",
			"oci://docker.io/ai/smollm2, docker.io/ai/smollm2:latest",
			"oci://index.docker.io/smollm2:x, docker.io/library/smollm2:x",
			"oci://ghcr.io/team/a/b_c/d-e.f:v1.0, ghcr.io/team/a/b_c/d-e.f:v1.0",
			"oci://localhost:5000/model:V1, localhost:5000/model:V1", "oci://[::1]:5000/model, [::1]:5000/model:latest",
			"oci://Registry.Example/model, registry.example/model:latest" })
	void namesAreReadWithTheirDefaults(URI url, String reference) {
		assertThat(ModelReference.parse(url)).hasToString(reference);
	}

	@Test
	void digestWinsOverTag() {
		ModelReference reference = ModelReference.parse(URI.create("oci://ghcr.io/team/model:v1@sha256:" + HEX));
		assertThat(reference.tag()).isNull();
		assertThat(reference.tagOrDigest()).isEqualTo("sha256:" + HEX);
		assertThat(reference).hasToString("ghcr.io/team/model@sha256:" + HEX);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ollama:gemma", "ollama:///gemma", "ollama://a/b/c", "ollama://a.b/c/d/e",
			"ollama://gemma:", "ollama://gemma:a:b", "ollama://gemma?x=y", "ollama://gemma#x", "ollama://ns/../x",
			"ollama://ns/..:x", "ollama://n.s/x/y/", "ollama://-gemma", "ollama://registry.example:port/gemma",
			"ollama://ge%2Fmma", "ollama://registry.example/na.me/gemma", "oci://docker.io", "oci://docker.io/",
			"oci://ai/smollm2", "oci://ghcr.io/Team/model", "oci://ghcr.io/team//model", "oci://ghcr.io/../model",
			"oci://ghcr.io/team/model:", "oci://ghcr.io/team/model:.x", "oci://ghcr.io/team/model@sha256:abc",
			"oci://ghcr.io/team/model@sha512:abc", "oci://ghcr.io/team/model@md5:" + "0123456789abcdef",
			"oci://ghcr.io/team/model?tag=x", "oci://ghcr.io/te%61m/model", "oci://gh_cr.io/team/model" })
	void whatIsNoNameIsRefused(URI url) {
		assertThatIllegalArgumentException().isThrownBy(() -> ModelReference.parse(url));
	}

	@Test
	void messagesDoNotRepeatWhatMayHoldCredentials() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ModelReference.parse(URI.create("oci://user:secret@ghcr.io/UPPER")))
			.withMessageNotContaining("secret");
	}

	@Test
	void upperCaseDigestIsRefused() {
		URI url = URI.create("oci://ghcr.io/team/model@sha256:" + HEX.toUpperCase());
		assertThatIllegalArgumentException().isThrownBy(() -> ModelReference.parse(url));
	}

	@Test
	void longNamesAreRefusedWithoutExhaustingTheStack() {
		URI url = URI.create("oci://ghcr.io/" + "a/".repeat(100_000) + "a");
		assertThatIllegalArgumentException().isThrownBy(() -> ModelReference.parse(url));
	}

	@Test
	void dockerHubAnswersUnderAnotherHost() {
		assertThat(ModelReference.parse(URI.create("oci://docker.io/ai/smollm2")).apiAuthority())
			.isEqualTo("registry-1.docker.io");
	}

	@Test
	void fileIsNamedAfterModelAndTag() {
		assertThat(ModelReference.parse(URI.create("ollama://gemma")).fileName(".gguf")).isEqualTo("gemma.gguf");
		assertThat(ModelReference.parse(URI.create("ollama://gemma:2b")).fileName(".gguf")).isEqualTo("gemma-2b.gguf");
	}

}
