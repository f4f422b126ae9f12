package dev.modelcache.source.huggingface;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelTransferException;
import dev.modelcache.source.Mirror;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import dev.modelcache.source.api.MetadataClients;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for {@link HuggingFaceResolver}.
 */
class HuggingFaceResolverTests extends SourceResolverContractTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	private static final Content MODEL = Content.random(1000, 1);

	private static final Content SMALL = Content.of("{}");

	private static final Digest SMALL_DIGEST = SMALL.digest(Algorithm.GIT_SHA1);

	private final HubServer server = HubServer.start().token("hf_known");

	private final HubServer.Repository repository = this.server.repository("org/repo", COMMIT)
		.large("model.gguf", MODEL)
		.small("config.json", "{}");

	private @Nullable String token;

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Override
	protected SourceResolver resolver() {
		HubToken token = new HubToken(this.token, (name) -> null, Path.of("/nowhere"));
		return new HuggingFaceResolver(new HubSettings(this.server.endpoint(), token), Map.of("X-Team", "models"),
				MetadataClients.create(), Schedulers.boundedElastic());
	}

	@Override
	protected URI location() {
		return URI.create("hf://org/repo/model.gguf");
	}

	// What is found

	@Test
	void branchBecomesACommitAndTheHubStatesSizeAndDigest() {
		ResolvedModel model = model("hf://org/repo/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		RemoteFile file = model.file();
		assertThat(file.size()).isEqualTo(1000);
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(file.expected().origin()).isEqualTo(DigestOrigin.SOURCE);
		assertThat(file.mirrors()).extracting(Mirror::uri)
			.containsExactly(URI.create(this.server.endpoint() + "/org/repo/resolve/" + COMMIT + "/model.gguf"));
		assertThat(file.mirrors().get(0).headers()).isEmpty();
	}

	@Test
	void oneRequestThatCountsNoDownloadIsEnough() {
		model("hf://org/repo/model.gguf");
		assertThat(this.server.hub().requests()).extracting(RecordedRequest::path)
			.containsExactly("/api/models/org/repo/revision/main");
		assertThat(this.server.cdn().requests()).isEmpty();
	}

	@Test
	void smallFileHasItsGitSha1() {
		RemoteFile file = model("hf://org/repo/config.json").file();
		assertThat(file.size()).isEqualTo(2);
		assertThat(file.expected().digest()).isEqualTo(SMALL_DIGEST);
	}

	@Test
	void revisionWithSlashesIsEncoded() {
		this.repository.revision("refs%2Fpr%2F1");
		assertThat(model("hf://org/repo@refs/pr/1/model.gguf").revision()).isEqualTo(COMMIT);
	}

	@Test
	void pathIsEncodedSegmentBySegment() {
		this.repository.large("a%20dir/m%23.gguf", MODEL);
		Content info = Content.of("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"a dir/m#.gguf\"}]}");
		this.server.hub().always("/api/models/org/repo/revision/main", Reply.status(200).body(info));
		RemoteFile file = model("hf://org/repo/a%20dir/m%23.gguf").file();
		assertThat(file.mirrors().get(0).uri().getRawPath())
			.isEqualTo("/org/repo/resolve/" + COMMIT + "/a%20dir/m%23.gguf");
		assertThat(file.expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void quantizationOfASplitFileIsAllItsPartsInOrder() {
		this.repository.large("r-Q4_K_M-00002-of-00002.gguf", MODEL)
			.large("mmproj-Q4_K_M.gguf", MODEL)
			.large("r-Q4_K_M-00001-of-00002.gguf", MODEL);
		assertThat(names(model("hf://org/repo:q4_k_m"))).containsExactly("r-Q4_K_M-00001-of-00002.gguf",
				"r-Q4_K_M-00002-of-00002.gguf");
	}

	@Test
	void repositoryAloneIsItsUsualModel() {
		assertThat(names(model("hf://org/repo"))).containsExactly("model.gguf");
	}

	@Test
	void globsSelectFilesAndDataComesAlong() {
		this.repository.large("onnx/model.onnx", MODEL)
			.large("onnx/model.onnx_data", MODEL)
			.large("onnx/model_q4.onnx", MODEL)
			.small("tokenizer.json", "{}")
			.small("tokenizer_config.json", "{}");
		assertThat(names(model("hf://org/repo", "onnx/model.onnx", "tokenizer*.json")))
			.containsExactly("onnx/model.onnx", "onnx/model.onnx_data", "tokenizer.json", "tokenizer_config.json");
		assertThat(names(model("hf://org/repo", "**/*.onnx"))).containsExactly("onnx/model.onnx",
				"onnx/model.onnx_data", "onnx/model_q4.onnx");
		assertThat(names(model("hf://org/repo/model.gguf", "*.json"))).containsExactly("model.gguf", "config.json",
				"tokenizer.json", "tokenizer_config.json");
	}

	@Test
	void fileOfTheHubsWebPagesIsTheSame() {
		URI page = URI.create(this.server.endpoint() + "/org/repo/resolve/main/model.gguf?download=true");
		assertThat(resolver().recognizes(page)).isTrue();
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
		this.token = "hf_known";
		this.repository.incomplete("model.gguf").isPrivate();
		Mirror mirror = model("hf://org/repo/model.gguf").file().mirrors().get(0);
		assertThat(mirror.headers()).containsOnly(Map.entry("Authorization", "Bearer hf_known"));
		assertThat(mirror).asString().doesNotContain("hf_known");
		assertThat(this.server.hub().requests())
			.allSatisfy((request) -> assertThat(request.header("Authorization")).isEqualTo("Bearer hf_known"));
		assertThat(this.server.cdn().requests()).isEmpty();
	}

	@Test
	void gatedRepositoryIsOpenToTheAdmitted() {
		this.token = "hf_known";
		this.repository.gated("hf_known");
		assertThat(model("hf://org/repo/model.gguf").file().size()).isEqualTo(1000);
	}

	// What the API does not tell

	@Test
	void factsThatTheApiDoesNotKnowAreInTheHeaders() {
		this.repository.incomplete("model.gguf").incomplete("config.json");
		assertThat(model("hf://org/repo/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
		RemoteFile small = model("hf://org/repo@main/config.json").file();
		assertThat(small.expected().digest()).isEqualTo(SMALL_DIGEST);
		assertThat(small.size()).isEqualTo(2);
	}

	@Test
	void mirrorThatDropsTheHeadersWorksThroughTheApi() {
		this.server.withoutHeaders();
		assertThat(model("hf://org/repo/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	@Test
	void mirrorThatDropsTheHeadersAndTheFactsLeavesTheFileUnproven() {
		this.server.withoutHeaders();
		this.repository.incomplete("model.gguf");
		RemoteFile file = model("hf://org/repo/model.gguf").file();
		assertThat(file.expected()).isNull();
		assertThat(file.size()).isNull();
	}

	@Test
	void mirrorWithoutApiWorksThroughTheHeaders() {
		this.server.withoutApi();
		ResolvedModel model = model("hf://org/repo/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		assertThat(model.file().expected().digest()).isEqualTo(MODEL.sha256());
		assertThat(model.file().size()).isEqualTo(1000);
		assertThat(model("hf://org/repo/config.json").file().expected().digest()).isEqualTo(SMALL_DIGEST);
	}

	@Test
	void mirrorWithNeitherSaysThatTheRevisionCannotBePinned() {
		this.server.withoutApi().withoutHeaders();
		assertThat(failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("lack X-Repo-Commit")
			.hasMessageContaining("hf://org/repo@<40 digits>/path")
			.hasMessageContaining("hooks.llm.huggingface.endpoint");
	}

	@Test
	void mirrorWithNeitherServesAPinnedCommit() {
		this.server.withoutApi().withoutHeaders();
		ResolvedModel model = model("hf://org/repo@" + COMMIT + "/model.gguf");
		assertThat(model.revision()).isEqualTo(COMMIT);
		assertThat(model.file().expected()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf://org/repo:Q4_K_M", "hf://org/repo" })
	void mirrorWithoutApiCannotChoose(String url) {
		this.server.withoutApi();
		assertThat(failure(ModelTransferException.class, url)).hasMessageContaining("no API that lists")
			.hasMessageContaining("Name a single file");
	}

	// What is not to be had

	@Test
	void missingOrPrivateRepositoryIsNotFoundOrNotAllowed() {
		this.server.missing("org/absent", "main", "m.gguf");
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/absent/m.gguf"))
			.hasMessageContaining("not found or not allowed")
			.hasMessageContaining("HF_TOKEN");
	}

	@Test
	void missingRepositoryIsMissingForTheOwnerOfAToken() {
		this.token = "hf_known";
		this.server.missing("org/absent", "main", "m.gguf");
		assertThat(failure(ModelNotFoundException.class, "hf://org/absent/m.gguf"))
			.hasMessageContaining("no repository org/absent");
	}

	@Test
	void tokenThatIsNotAcceptedIsSaid() {
		this.token = "hf_expired";
		this.repository.isPrivate();
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("does not accept the token")
			.hasMessageNotContaining("hf_expired");
	}

	@Test
	void gatedRepositoryWithoutTokenNamesTheLicencePageAndTheToken() {
		this.repository.gated("hf_known");
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf")).hasMessageContaining("gated")
			.hasMessageContaining("no token was sent")
			.hasMessageContaining(this.server.endpoint() + "/org/repo")
			.hasMessageContaining("hooks.llm.huggingface.token (or HF_TOKEN)");
	}

	@Test
	void gatedRepositoryWhoseLicenceWasNotAccepted() {
		this.token = "hf_known";
		this.repository.gated("hf_other");
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("the token's owner did not")
			.hasMessageContaining("Access to model org/repo is restricted.");
	}

	@Test
	void gatedRepositoryIsSaidByTheHeadersToo() {
		this.server.withoutApi();
		this.repository.gated();
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf")).hasMessageContaining("gated");
	}

	@Test
	void disabledRepositoryIsSaid() {
		this.repository.disabled();
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("disabled");
		this.server.withoutApi();
		assertThat(failure(ModelAccessDeniedException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("Access to this resource is disabled.");
	}

	@Test
	void missingRevisionIsSaid() {
		this.repository.absentRevision("v9");
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo@v9/model.gguf"))
			.hasMessageContaining("no revision 'v9'");
	}

	@Test
	void missingFileNamesSimilarOnes() {
		this.repository.large("model-Q4_K_M.gguf", MODEL).large("other.gguf", MODEL);
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo/model-Q4_K_L.gguf"))
			.hasMessageContaining("no file 'model-Q4_K_L.gguf' at revision 'main'")
			.hasMessageContaining("such as model-Q4_K_M.gguf, model.gguf, other.gguf");
	}

	@Test
	void missingFileIsSaidByTheHeadersToo() {
		this.server.withoutApi();
		this.repository.absent("absent.gguf");
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo/absent.gguf"))
			.hasMessageContaining("no file 'absent.gguf'");
	}

	@Test
	void missingPartOfASplitFileIsSaid() {
		this.repository.large("m-00001-of-00002.gguf", MODEL);
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo/m-00001-of-00002.gguf"))
			.hasMessageContaining("no file 'm-00002-of-00002.gguf'");
	}

	@Test
	void missingQuantizationNamesThoseThatExist() {
		this.repository.large("m-Q8_0.gguf", MODEL).large("m-IQ4_NL.gguf", MODEL);
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo:Q4_K_M"))
			.hasMessageContaining("no GGUF model of quantization Q4_K_M")
			.hasMessageContaining("Use one of IQ4_NL, Q8_0");
	}

	@Test
	void repositoryWithoutGgufWantsFilesToBeNamed() {
		this.server.repository("org/onnx", COMMIT).large("model.onnx", MODEL);
		assertThat(failure(ModelNotFoundException.class, "hf://org/onnx")).hasMessageContaining("hooks.llm.files");
	}

	@Test
	void globThatMatchesNothingIsSaid() {
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo", "*.json", "tok*.json"))
			.hasMessageContaining("no file 'tok*.json'")
			.hasMessageContaining("config.json");
	}

	@Test
	void limitOfRequestsSaysHowLongToWait() {
		this.server.hub()
			.always("/api/models/org/repo/revision/main", Reply.status(429).header("RateLimit", "\"api\";r=0;t=400"));
		assertThat(failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("asked too often")
			.hasMessageContaining("401 s")
			.hasMessageContaining("HF_TOKEN");
	}

	@Test
	void endpointThatIsNoHubIsSaid() {
		this.server.hub().always("/api/models/org/repo/revision/main", Reply.html());
		this.server.hub().always("/org/repo/resolve/main/model.gguf", Reply.status(404));
		assertThat(failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("does not answer like a Hugging Face Hub")
			.hasMessageContaining("hooks.llm.huggingface.endpoint");
	}

	@Test
	void endpointThatRedirectsElsewhereIsNotFollowedWithTheToken() {
		this.token = "hf_known";
		this.server.hub()
			.always("/api/models/org/repo/revision/main",
					Reply.redirect(302, this.server.cdn().uri("/stolen?x=1").toString()));
		assertThat(failure(ModelTransferException.class, "hf://org/repo/model.gguf"))
			.hasMessageContaining("redirects elsewhere")
			.hasMessageNotContaining("x=1");
		assertThat(this.server.cdn().requests()).isEmpty();
	}

	@Test
	void renamedRepositoryIsFollowedWithTheToken() {
		this.token = "hf_known";
		this.repository.isPrivate();
		this.server.hub()
			.always("/api/models/org/old/revision/main",
					Reply.redirect(307, "/api/models/org/repo/revision/main?blobs=true"));
		assertThat(model("hf://org/old/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	// What must not be believed

	@ParameterizedTest
	@ValueSource(strings = { "../../etc/cron.d/x.gguf", "/etc/x.gguf", "C:\\\\x.gguf", "a\\u0000.gguf",
			"a/../../x.gguf", "a\\nb.gguf" })
	void namesThatLeadElsewhereAreNotThere(String name) {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"" + name + "\",\"size\":1}]}");
		assertThat(failure(ModelNotFoundException.class, "hf://org/repo", "**")).hasMessageContaining("no file '**'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"lfs\":{\"sha256\":\"zz\",\"size\":1000}", "\"lfs\":{\"sha256\":5}",
			"\"lfs\":{\"sha256\":\"ABCDEF\"}", "\"size\":-1,\"blobId\":\"x\"", "\"size\":\"1\"",
			"\"size\":99999999999999999999", "\"size\":10000000000,\"blobId\":\"" + COMMIT + "\"", "\"lfs\":null" })
	void factsThatAreNoneAreAskedForAgain(String facts) {
		info("{\"sha\":\"" + COMMIT + "\",\"siblings\":[{\"rfilename\":\"model.gguf\"," + facts + "}]}");
		assertThat(model("hf://org/repo/model.gguf").file().expected().digest()).isEqualTo(MODEL.sha256());
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "[]", "nonsense", "{\"sha\":\"main\",\"siblings\":[]}",
			"{\"sha\":5,\"siblings\":[]}", "{\"sha\":\"" + COMMIT + "\"}", "" })
	void answersOfAnotherFormAreNoneAndTheHeadersAreAsked(String body) {
		info(body);
		assertThat(model("hf://org/repo/model.gguf").revision()).isEqualTo(COMMIT);
		assertThat(this.server.hub().requests()).extracting(RecordedRequest::method).containsExactly("GET", "HEAD");
	}

	@Test
	void answerAboutAnotherCommitIsRefused() {
		String other = "f".repeat(40);
		this.server.hub()
			.always("/api/models/org/repo/revision/" + other,
					Reply.status(200).body("{\"sha\":\"" + COMMIT + "\",\"siblings\":[]}"));
		assertThat(failure(ModelTransferException.class, "hf://org/repo@" + other + "/model.gguf"))
			.hasMessageContaining("one commit with another");
	}

	private void info(String body) {
		this.server.hub().always("/api/models/org/repo/revision/main", Reply.status(200).body(body));
	}

	private ResolvedModel model(String url, String... files) {
		ModelRequest request = ModelRequest.builder("m").url(URI.create(url)).files(List.of(files)).build();
		return resolver().resolve(new SourceLocation(URI.create(url), request, true)).block(PATIENCE);
	}

	private <E extends ModelCacheException> E failure(Class<E> type, String url, String... files) {
		E failure = catchThrowableOfType(type, () -> model(url, files));
		assertThat(failure).isNotNull().hasMessageContaining("Model 'm'");
		return failure;
	}

	private static List<String> names(ResolvedModel model) {
		return model.files().stream().map((file) -> file.name().text()).toList();
	}

}
