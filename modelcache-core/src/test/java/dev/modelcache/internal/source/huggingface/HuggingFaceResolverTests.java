/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.modelcache.internal.source.huggingface.HubScenario.COMMIT;
import static dev.modelcache.internal.source.huggingface.HubScenario.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HuggingFaceResolver}.
 */
class HuggingFaceResolverTests extends SourceResolverContractTests {

	private static final Content SMALL = Content.of("{}");

	private static final Digest SMALL_DIGEST = SMALL.digest(Algorithm.GIT_SHA1);

	private final HubScenario hub = new HubScenario();

	@AfterEach
	void stop() {
		this.hub.close();
	}

	@Override
	protected SourceResolver resolver() {
		return this.hub.resolver();
	}

	@Override
	protected URI location() {
		return URI.create("hf://org/repo/model.gguf");
	}

	@Override
	protected URI missing() {
		return URI.create("hf://org/repo/missing.gguf");
	}

	@Override
	protected List<RecordedRequest> requests() {
		return this.hub.server.hub().requests();
	}

	// What is found

	@Test
	void branchBecomesACommitAndTheHubStatesSizeAndDigest() {
		ResolvedModel model = this.hub.model("hf://org/repo/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		RemoteFile file = model.file();
		assertThat(file.size()).isEqualTo(1000);
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(file.expected().origin()).isEqualTo(DigestOrigin.SOURCE);
		assertThat(file.mirrors()).extracting(Mirror::uri)
			.containsExactly(URI.create(this.hub.server.endpoint() + "/org/repo/resolve/" + COMMIT + "/model.gguf"));
		assertThat(file.mirrors().get(0).headers()).isEmpty();
	}

	@Test
	void oneRequestThatCountsNoDownloadIsEnough() {
		this.hub.model("hf://org/repo/model.gguf");
		assertThat(this.hub.server.hub().requests()).extracting(RecordedRequest::path)
			.containsExactly("/api/models/org/repo/revision/main");
		assertThat(this.hub.server.cdn().requests()).isEmpty();
	}

	@Test
	void smallFileHasItsGitSha1() {
		RemoteFile file = this.hub.model("hf://org/repo/config.json").file();
		assertThat(file.size()).isEqualTo(2);
		assertThat(file.expected().digest()).isEqualTo(SMALL_DIGEST);
	}

	@Test
	void revisionWithSlashesIsEncoded() {
		this.hub.repository.revision("refs%2Fpr%2F1");
		assertThat(this.hub.model("hf://org/repo@refs/pr/1/model.gguf").revision()).isEqualTo(COMMIT);
	}

	@Test
	void pathIsEncodedSegmentBySegment() {
		this.hub.repository.large("a%20dir/m%23.gguf", MODEL);
		Content info = Content.of("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"a dir/m#.gguf\"}]}");
		this.hub.server.hub().always("/api/models/org/repo/revision/main", Reply.status(200).body(info));
		RemoteFile file = this.hub.model("hf://org/repo/a%20dir/m%23.gguf").file();
		assertThat(file.mirrors().get(0).uri().getRawPath())
			.isEqualTo("/org/repo/resolve/" + COMMIT + "/a%20dir/m%23.gguf");
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void quantizationOfASplitFileIsAllItsPartsInOrder() {
		this.hub.repository.large("r-Q4_K_M-00002-of-00002.gguf", MODEL)
			.large("mmproj-Q4_K_M.gguf", MODEL)
			.large("r-Q4_K_M-00001-of-00002.gguf", MODEL);
		assertThat(names(this.hub.model("hf://org/repo:q4_k_m"))).containsExactly("r-Q4_K_M-00001-of-00002.gguf",
				"r-Q4_K_M-00002-of-00002.gguf");
	}

	@Test
	void repositoryAloneIsItsUsualModel() {
		assertThat(names(this.hub.model("hf://org/repo"))).containsExactly("model.gguf");
	}

	@Test
	void globsSelectFilesAndDataComesAlong() {
		this.hub.repository.large("onnx/model.onnx", MODEL)
			.large("onnx/model.onnx_data", MODEL)
			.large("onnx/model_q4.onnx", MODEL)
			.small("tokenizer.json", "{}")
			.small("tokenizer_config.json", "{}");
		assertThat(names(this.hub.model("hf://org/repo", "onnx/model.onnx", "tokenizer*.json")))
			.containsExactly("onnx/model.onnx", "onnx/model.onnx_data", "tokenizer.json", "tokenizer_config.json");
		assertThat(names(this.hub.model("hf://org/repo", "**/*.onnx"))).containsExactly("onnx/model.onnx",
				"onnx/model.onnx_data", "onnx/model_q4.onnx");
		assertThat(names(this.hub.model("hf://org/repo/model.gguf", "*.json"))).containsExactly("model.gguf",
				"config.json", "tokenizer.json", "tokenizer_config.json");
	}

	@Test
	void fileOfTheHubsWebPagesIsTheSame() {
		URI page = URI.create(this.hub.server.endpoint() + "/org/repo/resolve/main/model.gguf?download=true");
		assertThat(this.hub.resolver().recognizes(page)).isTrue();
		RemoteFile file = resolve(page);
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(file.mirrors().get(0).headers()).containsEntry("X-Team", "models");
	}

	@Test
	void configuredHeadersAreNotForHubUrls() {
		assertThat(resolve(location()).mirrors().get(0).headers()).doesNotContainKey("X-Team");
	}

	// Who asks

	@Test
	void tokenGoesToTheHubAndItsMirrorAlone() {
		this.hub.token = "hf_known";
		this.hub.repository.incomplete("model.gguf").isPrivate();
		Mirror mirror = this.hub.model("hf://org/repo/model.gguf").file().mirrors().get(0);
		assertThat(mirror.headers()).containsOnly(Map.entry("Authorization", "Bearer hf_known"));
		assertThat(mirror).asString().doesNotContain("hf_known");
		assertThat(this.hub.server.hub().requests())
			.allSatisfy((request) -> assertThat(request.header("Authorization")).isEqualTo("Bearer hf_known"));
		assertThat(this.hub.server.cdn().requests()).isEmpty();
	}

	@Test
	void gatedRepositoryIsOpenToTheAdmitted() {
		this.hub.token = "hf_known";
		this.hub.repository.gated("hf_known");
		assertThat(this.hub.model("hf://org/repo/model.gguf").file().size()).isEqualTo(1000);
	}

	// What the API does not tell

	@Test
	void factsThatTheApiDoesNotKnowAreInTheHeaders() {
		this.hub.repository.incomplete("model.gguf").incomplete("config.json");
		assertThat(this.hub.model("hf://org/repo/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
		RemoteFile small = this.hub.model("hf://org/repo@main/config.json").file();
		assertThat(small.expected().digest()).isEqualTo(SMALL_DIGEST);
		assertThat(small.size()).isEqualTo(2);
	}

	@Test
	void mirrorThatDropsTheHeadersWorksThroughTheApi() {
		this.hub.server.withoutHeaders();
		assertThat(this.hub.model("hf://org/repo/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void mirrorThatDropsTheHeadersAndTheFactsLeavesTheFileUnproven() {
		this.hub.server.withoutHeaders();
		this.hub.repository.incomplete("model.gguf");
		RemoteFile file = this.hub.model("hf://org/repo/model.gguf").file();
		assertThat(file.expected()).isNull();
		assertThat(file.size()).isNull();
	}

	@Test
	void mirrorWithoutApiWorksThroughTheHeaders() {
		this.hub.server.withoutApi();
		ResolvedModel model = this.hub.model("hf://org/repo/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		assertThat(model.file().expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(model.file().size()).isEqualTo(1000);
		assertThat(this.hub.model("hf://org/repo/config.json").file().expected().digest()).isEqualTo(SMALL_DIGEST);
	}

	@Test
	void mirrorWithNeitherSaysThatTheRevisionCannotBePinned() {
		this.hub.server.withoutApi().withoutHeaders();
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("lack X-Repo-Commit")
			.hasMessageContaining("hf://org/repo@<40 digits>/path")
			.hasMessageContaining("hooks.llm.huggingface.endpoint");
	}

	@Test
	void mirrorWithNeitherServesAPinnedCommit() {
		this.hub.server.withoutApi().withoutHeaders();
		ResolvedModel model = this.hub.model("hf://org/repo@" + COMMIT + "/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		assertThat(model.file().expected()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf://org/repo:Q4_K_M", "hf://org/repo" })
	void mirrorWithoutApiCannotChoose(String url) {
		this.hub.server.withoutApi();
		assertThat(this.hub.failure(ModelTransferException.class, url)).hasMessageContaining("no API to list")
			.hasMessageContaining("Use the URL of a single file");
	}

	private static List<String> names(ResolvedModel model) {
		return model.files().stream().map((file) -> file.name().text()).toList();
	}

}
