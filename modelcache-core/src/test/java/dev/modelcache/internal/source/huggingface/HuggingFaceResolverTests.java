/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.huggingface;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static dev.modelcache.internal.source.huggingface.HubScenario.COMMIT;
import static dev.modelcache.internal.source.huggingface.HubScenario.MODEL;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link HuggingFaceResolver}.
 */
@ExtendWith(OutputCaptureExtension.class)
class HuggingFaceResolverTests extends SourceResolverContractTests {

	private static final Content SMALL = Content.of("{}");

	private static final Digest SMALL_DIGEST = SMALL.digest(Algorithm.GIT_SHA1);

	private static final String API = "/api/models/org/repo/revision/main";

	private static final Duration PATIENCE = Duration.ofMinutes(3);

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
	void filesAreLeftOutByPatternsWithAnExclamationMark() {
		this.hub.repository.large("pytorch_model.bin", MODEL).large("onnx/a.bin", MODEL).small("README.md", "x");
		assertThat(names(this.hub.model("hf://org/repo", "**", "!*.bin"))).containsExactly("model.gguf", "onnx/a.bin",
				"config.json", "README.md");
		assertThat(names(this.hub.model("hf://org/repo", "!**/*.bin", "!*.md"))).containsExactly("model.gguf",
				"config.json");
		assertThat(names(this.hub.model("hf://org/repo", "!config.json", "*.json", "*.gguf")))
			.containsExactly("model.gguf");
		assertThat(names(this.hub.model("hf://org/repo/model.gguf", "!*.gguf"))).containsExactly("model.gguf");
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo", "*.gguf", "!model.gguf"))
			.hasMessageContaining("does not exclude");
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

	@ParameterizedTest
	@ValueSource(strings = { "hf://old/model-Q8_0.gguf", "hf://old", "hf://old:Q8_0", "hf://old@main/model-Q8_0.gguf",
			"hf://models/old/model-Q8_0.gguf", "hf:old:Q8_0" })
	void repositoryWithoutNamespaceIsTheOneThatTheHubRedirectsTo(String url) {
		this.hub.repository.large("model-Q8_0.gguf", MODEL);
		this.hub.server.renamed("old", "org/repo", COMMIT, "model-Q8_0.gguf");
		ResolvedModel model = this.hub.model(url);
		assertThat(model.revision()).isEqualTo(COMMIT);
		assertThat(model.file().name()).hasToString("model-Q8_0.gguf");
		assertThat(model.file().expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(model.file().size()).isEqualTo(1000);
	}

	@Test
	void redirectThatDropsTheQueryOfTheApiIsEnough() {
		this.hub.server.renamed("old", "org/repo", COMMIT, "model.gguf");
		this.hub.server.hub().always("/api/models/old/revision/main", Reply.redirect(307, API));
		assertThat(this.hub.model("hf://old/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void renamedRepositoryIsFoundByHeadersToo() {
		this.hub.server.renamed("old", "org/repo", COMMIT, "model.gguf").withoutApi();
		this.hub.server.renamed("former/name", "org/repo", COMMIT, "model.gguf");
		for (String url : List.of("hf://old/model.gguf", "hf://former/name/model.gguf")) {
			ResolvedModel model = this.hub.model(url);
			assertThat(model.revision()).isEqualTo(COMMIT);
			assertThat(model.file().expected().digest()).isEqualTo(MODEL.sha256());
		}
	}

	@Test
	void directoryOfARepositoryWithoutNamespaceIsNotARepository() {
		this.hub.repository.large("onnx/model.onnx", MODEL);
		this.hub.server.renamed("old", "org/repo", COMMIT, "onnx/model.onnx").missing("old/onnx", "main", "model.onnx");
		ResolvedModel model = this.hub.model("hf://old/onnx/model.onnx");
		assertThat(model.file().name()).hasToString("onnx/model.onnx");
		assertThat(model.file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void repositoryWhoseNameLooksLikeAFileIsFound() {
		this.hub.server.missing("org", "main", "model.gguf");
		this.hub.server.repository("org/model.gguf", COMMIT).large("m.gguf", MODEL);
		assertThat(this.hub.model("hf://org/model.gguf").file().name()).hasToString("m.gguf");
	}

	@ParameterizedTest
	@ValueSource(strings = { "resolve", "blob" })
	void pageOfARepositoryWithoutNamespaceIsTheSame(String page) {
		this.hub.server.renamed("old", "org/repo", COMMIT, "model.gguf");
		RemoteFile file = resolve(URI.create(this.hub.server.endpoint() + "/old/" + page + "/main/model.gguf"));
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void pageOfTheHubIsAskedAtTheEndpointWithoutTheHeadersOfTheHub() {
		RemoteFile file = resolve(URI.create("https://huggingface.co/org/repo/blob/main/model.gguf"));
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(file.mirrors().get(0).headers()).doesNotContainKey("X-Team");
		assertThat(this.hub.server.hub().requests())
			.allSatisfy((request) -> assertThat(request.header("X-Team")).isNull());
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
	@MethodSource("answersThatAreNoList")
	void fileIsFoundByItsOwnHeadersIfTheApiDoesNotAnswer(String what, Reply reply) {
		this.hub.server.hub().always(API, reply);
		ResolvedModel model = this.hub.model("hf://org/repo/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		assertThat(model.file().expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(model.file().size()).isEqualTo(1000);
		RemoteFile small = this.hub.model("hf://org/repo@main/config.json").file();
		assertThat(small.expected().digest()).isEqualTo(SMALL_DIGEST);
		assertThat(this.hub.server.cdn().requests()).isEmpty();
	}

	static Stream<Arguments> answersThatAreNoList() {
		return Stream.of(Arguments.of("gateway time-out", Reply.status(504).body("<html>504</html>")),
				Arguments.of("error", Reply.status(500)), Arguments.of("no service", Reply.status(503)),
				Arguments.of("limit", Reply.status(429).header("RateLimit", "\"api\";r=0;t=200")),
				Arguments.of("page of a firewall",
						Reply.status(403).header("Content-Type", "text/html").body("<html>")),
				Arguments.of("login page", Reply.html()), Arguments.of("empty", Reply.status(200)),
				Arguments.of("401 of a gateway", Reply.status(401).header("WWW-Authenticate", "Basic")),
				Arguments.of("redirect to a portal", Reply.redirect(302, "http://127.0.0.2:9/block")),
				Arguments.of("no HTTP", Reply.raw("garbage")), Arguments.of("broken connection", Reply.raw("")),
				Arguments.of("511", Reply.status(511)), Arguments.of("451", Reply.status(451)),
				Arguments.of("nesting", Reply.status(200).body("[".repeat(2000))),
				Arguments.of("another form", Reply.status(200).body("{\"error\":\"x\"}")));
	}

	@Test
	void apiThatDoesNotAnswerIsSaidOnce(CapturedOutput output) {
		this.hub.server.hub().always(API, Reply.status(504));
		SourceResolver resolver = this.hub.resolver();
		for (String url : List.of("hf://org/repo/model.gguf", "hf://org/repo/config.json")) {
			ModelRequest request = ModelRequest.builder("m").url(URI.create(url)).build();
			assertThat(resolver.resolve(SourceLocation.of(URI.create(url), request, true)).block(PATIENCE)).isNotNull();
		}
		assertThat(this.hub.server.hub().requests(API)).hasSize(2);
		assertThat(output).containsOnlyOnce("answered 504")
			.contains("INFO")
			.contains("The API of " + this.hub.server.endpoint());
	}

	@Test
	void dataOfAnOnnxModelIsFoundWithoutTheApi() {
		this.hub.server.hub().always(API, Reply.status(504));
		this.hub.repository.large("onnx/model.onnx", MODEL)
			.large("onnx/model.onnx_data", MODEL)
			.absent("onnx/model.onnx.data");
		assertThat(names(this.hub.model("hf://org/repo/onnx/model.onnx"))).containsExactly("onnx/model.onnx",
				"onnx/model.onnx_data");
	}

	@Test
	void onnxModelWhoseDataCannotBeAskedForIsNotWhole() {
		this.hub.server.hub().always(API, Reply.status(504));
		this.hub.repository.large("onnx/model.onnx", MODEL);
		this.hub.server.hub().always("/org/repo/resolve/" + COMMIT + "/onnx/model.onnx_data", Reply.status(503));
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo/onnx/model.onnx"))
			.hasMessageContaining(" answered 504");
	}

	@Test
	void whatIsLeftOutIsNotBroughtByWhatComesWithIt() {
		this.hub.repository.large("onnx/model.onnx", MODEL).large("onnx/model.onnx_data", MODEL);
		assertThat(names(this.hub.model("hf://org/repo", "onnx/*", "!**/*_data"))).containsExactly("onnx/model.onnx");
		this.hub.repository.large("m-00001-of-00002.bin", MODEL).large("m-00002-of-00002.bin", MODEL);
		assertThat(names(this.hub.model("hf://org/repo", "*.bin", "onnx/model.onnx", "!m-00001-of-00002.bin")))
			.containsExactly("onnx/model.onnx", "onnx/model.onnx_data");
	}

	@ParameterizedTest
	@CsvSource({ "hf://org/repo:Q4_K_M, ", "hf://org/repo, ", "hf://org/repo, *.gguf",
			"hf://org/repo/model.gguf, *.json" })
	void choiceNeedsTheApiWhichIsAskedAgain(String url, @Nullable String files) {
		this.hub.server.hub().always(API, Reply.status(504));
		String[] globs = (files != null) ? new String[] { files } : new String[0];
		assertThat(this.hub.failure(ModelTransferException.class, url, globs))
			.hasMessageContaining("answered 504 to the request for the list of files of org/repo")
			.hasMessageContaining("the URL of a single file, such as hf://org/repo/path");
		assertThat(this.hub.server.hub().requests(API)).hasSizeGreaterThan(1);
	}

	@Test
	void apiThatAnswersLaterIsEnoughForAChoice() {
		this.hub.repository.large("m-Q4_K_M.gguf", MODEL);
		String file = "{\"rfilename\":\"m-Q4_K_M.gguf\",\"lfs\":{\"size\":1000,\"sha256\":\"" + MODEL.sha256().hex()
				+ "\"}}";
		this.hub.server.hub()
			.script(API, Reply.status(503),
					Reply.status(200).body("{\"sha\":\"" + COMMIT + "\",\"siblings\":[" + file + "]}"));
		assertThat(names(this.hub.model("hf://org/repo:Q4_K_M"))).containsExactly("m-Q4_K_M.gguf");
	}

	@Test
	void refusalOfTheHubIsFinal() {
		this.hub.server.hub().always(API, Reply.status(404).header("X-Error-Code", "RevisionNotFound"));
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("no revision 'main'");
		assertThat(this.hub.server.hub().requests()).extracting(RecordedRequest::method).containsOnly("GET");
	}

	@Test
	void apiAndFileThatDoNotAnswerAreOneFailureOfTheApi() {
		this.hub.server.hub().always(API, Reply.status(504));
		this.hub.server.hub().always("/org/repo/resolve/main/model.gguf", Reply.status(502));
		assertThat(this.hub.failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining(this.hub.server.endpoint() + " answered 504");
	}

	@Test
	void whatTheHubSaysOfTheFileCountsIfTheApiDoesNotAnswer() {
		this.hub.server.hub().always(API, Reply.status(504));
		this.hub.repository.absent("absent.gguf");
		assertThat(this.hub.failure(ModelNotFoundException.class, "hf://org/repo/absent.gguf"))
			.hasMessageContaining("no file 'absent.gguf'");
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
