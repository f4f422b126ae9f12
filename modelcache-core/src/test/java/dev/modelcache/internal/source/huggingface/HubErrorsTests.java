/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.util.List;

import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.modelcache.internal.source.huggingface.HubScenario.COMMIT;
import static dev.modelcache.internal.source.huggingface.HubScenario.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HubErrors}: what is not to be had, and what to do.
 */
class HubErrorsTests {

	private final HubScenario hub = new HubScenario();

	@AfterEach
	void stop() {
		this.hub.close();
	}

	@Test
	void missingOrPrivateRepositoryIsNotFoundOrNotAllowed() {
		this.hub.server.missing("org/absent", "main", "m.gguf");
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/absent/m.gguf"))
			.hasMessageContaining("does not exist or is private")
			.hasMessageContaining("HF_TOKEN");
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf_verysecrettoken", "xxhf_verysecrettoken.", "aGZfdmVyeXNlY3JldHRva2Vu",
			"hf%5Fverysecrettoken", "HF_VERYSECRETTOKEN", "hf_verysecr..." })
	void wordsThatRepeatTheTokenAreNotShown(String words) {
		this.hub.token = "hf_verysecrettoken";
		this.hub.server.hub()
			.always("/api/models/org/repo/revision/main",
					Reply.status(403).header("X-Error-Message", "no access for " + words));
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo:Q4_K_M"))
			.hasMessageNotContaining(words)
			.hasMessageNotContaining("saying");
	}

	@Test
	void missingRepositoryIsMissingForTheOwnerOfAToken() {
		this.hub.token = "hf_known";
		this.hub.server.missing("org/absent", "main", "m.gguf");
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/absent/m.gguf"))
			.hasMessageContaining("no repository org/absent");
	}

	@Test
	void tokenThatIsNotAcceptedIsSaid() {
		this.hub.token = "hf_expired";
		this.hub.repository.isPrivate();
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("rejects the token")
			.hasMessageNotContaining("hf_expired");
	}

	@Test
	void gatedRepositoryWithoutTokenNamesTheLicencePageAndTheToken() {
		this.hub.repository.gated("hf_known");
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("gated")
			.hasMessageContaining("no token was sent")
			.hasMessageContaining(this.hub.server.endpoint() + "/org/repo")
			.hasMessageContaining("hooks.llm.huggingface.token (or HF_TOKEN)");
	}

	@Test
	void gatedRepositoryWhoseLicenceWasNotAccepted() {
		this.hub.token = "hf_known";
		this.hub.repository.gated("hf_other");
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("the owner of the token has not accepted it")
			.hasMessageContaining("Access to model org/repo is restricted.");
	}

	@Test
	void gatedRepositoryIsSaidByTheHeadersToo() {
		this.hub.server.withoutApi();
		this.hub.repository.gated();
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("gated");
	}

	@Test
	void disabledRepositoryIsSaid() {
		this.hub.repository.disabled();
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("disabled");
		this.hub.server.withoutApi();
		assertThat(this.hub.failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("Access to this resource is disabled.");
	}

	@Test
	void missingRevisionIsSaid() {
		this.hub.repository.absentRevision("v9");
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo@v9/model.gguf"))
			.hasMessageContaining("no revision 'v9'");
	}

	@Test
	void missingFileNamesSimilarOnes() {
		this.hub.repository.large("model-Q4_K_M.gguf", MODEL).large("other.gguf", MODEL);
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo/model-Q4_K_L.gguf"))
			.hasMessageContaining("no file 'model-Q4_K_L.gguf' at revision 'main'")
			.hasMessageContaining("such as model-Q4_K_M.gguf, model.gguf, other.gguf");
	}

	@Test
	void missingFileIsSaidByTheHeadersToo() {
		this.hub.server.withoutApi();
		this.hub.repository.absent("absent.gguf");
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo/absent.gguf"))
			.hasMessageContaining("no file 'absent.gguf'");
	}

	@Test
	void missingPartOfASplitFileIsSaid() {
		this.hub.repository.large("m-00001-of-00002.gguf", MODEL);
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo/m-00001-of-00002.gguf"))
			.hasMessageContaining("no file 'm-00002-of-00002.gguf'");
	}

	@Test
	void missingQuantizationNamesThoseThatExist() {
		this.hub.repository.large("m-Q8_0.gguf", MODEL).large("m-IQ4_NL.gguf", MODEL);
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo:Q4_K_M"))
			.hasMessageContaining("no GGUF model of quantization Q4_K_M")
			.hasMessageContaining("Use one of IQ4_NL, Q8_0");
	}

	@Test
	void severalModelsOfAQuantizationAreNamed() {
		this.hub.repository.large("a-7B-Q8_0.gguf", MODEL).large("b-13B-Q8_0.gguf", Content.random(1000, 2));
		for (String url : List.of("hf://org/repo:Q8_0", "hf://org/repo")) {
			assertThat(this.hub.failure(ModelNotFoundException.class, url)).hasMessageContaining("no unique GGUF model")
				.hasMessageContaining("such as hf://org/repo/a-7B-Q8_0.gguf: a-7B-Q8_0.gguf, b-13B-Q8_0.gguf");
		}
	}

	@Test
	void repositoryWithoutGgufWantsFilesToBeNamed() {
		this.hub.server.repository("org/onnx", COMMIT).large("model.onnx", MODEL);
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/onnx"))
			.hasMessageContaining("hooks.llm.files");
	}

	@Test
	void globThatMatchesNothingIsSaid() {
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo", "*.json", "tok*.json"))
			.hasMessageContaining("no file 'tok*.json'")
			.hasMessageContaining("config.json");
	}

	@Test
	void limitOfRequestsSaysHowLongToWait() {
		this.hub.server.hub()
			.always("/api/models/org/repo/revision/main", Reply.status(429).header("RateLimit", "\"api\";r=0;t=400"));
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo:Q4_K_M"))
			.hasMessageContaining("received too many requests")
			.hasMessageContaining("401 s")
			.hasMessageContaining("HF_TOKEN");
	}

	@Test
	void endpointThatIsNoHubIsSaid() {
		this.hub.server.hub().always("/api/models/org/repo/revision/main", Reply.html());
		this.hub.server.hub().always("/org/repo/resolve/main/model.gguf", Reply.status(404));
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("does not behave like a Hugging Face Hub")
			.hasMessageContaining("hooks.llm.huggingface.endpoint");
	}

	@Test
	void endpointThatRedirectsElsewhereIsNotFollowedWithTheToken() {
		this.hub.token = "hf_known";
		this.hub.server.hub()
			.always("/api/models/org/repo/revision/main",
					Reply.redirect(302, this.hub.server.cdn().uri("/stolen?x=1").toString()));
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo:Q4_K_M"))
			.hasMessageContaining("redirects elsewhere")
			.hasMessageNotContaining("x=1");
		assertThat(this.hub.server.cdn().requests()).isEmpty();
	}

	@Test
	void renamedRepositoryIsFollowedWithTheToken() {
		this.hub.token = "hf_known";
		this.hub.repository.isPrivate();
		this.hub.server.hub()
			.always("/api/models/org/old/revision/main",
					Reply.redirect(307, "/api/models/org/repo/revision/main?blobs=true"));
		assertThat(this.hub.model("hf://org/old/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

}
