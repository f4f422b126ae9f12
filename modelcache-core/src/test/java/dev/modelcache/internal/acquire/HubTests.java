/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.FormatVerification;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.content.format.FormatSettings;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.HubServer;
import dev.modelcache.testsupport.MisbehavingServer;
import dev.modelcache.testsupport.ModelFiles;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models of a Hugging Face Hub, from their URL to the published file.
 */
@ExtendWith(OutputCaptureExtension.class)
class HubTests {

	private static final URI HUB = URI.create("hf://org/repo/model.gguf");

	private static final Content CONTENT = Content.random(5 << 20, 1).startingWith("GGUF\3\0\0\0".getBytes());

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path directory;

	private final HubServer server = HubServer.start().token("hf_known");

	private final HubServer.Repository repository = this.server.repository("org/repo", COMMIT)
		.large("model.gguf", CONTENT)
		.small("config.json", "{\"model_type\":\"llama\"}");

	private FormatSettings formats = FormatSettings.none();

	@AfterEach
	void stop() {
		this.server.close();
	}

	@Test
	void modelIsProvedByTheHubWithoutAnyConfiguredChecksum() {
		CachedModel model = get("hf://org/repo/model.gguf");
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(model.verified()).isTrue();
		assertThat(model.digest()).isEqualTo(CONTENT.sha256());
		assertThat(model.path()).matches(CONTENT::isIn);
	}

	@Test
	void modelThatIsThereIsServedWithoutAskingTheHub() {
		CachedModel first = get("hf://org/repo/model.gguf");
		int requests = this.server.hub().requests().size();
		CachedModel again = get("hf://org/repo/model.gguf");
		assertThat(again.outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(again.path()).isEqualTo(first.path());
		assertThat(this.server.hub().requests()).hasSize(requests);
	}

	@Test
	void mirrorThatStatesADigestDoesNotReplaceWhatTheUrlSends(CapturedOutput output) {
		Content other = Content.random(100_000, 2);
		try (MisbehavingServer origin = MisbehavingServer.start().serve("/m.gguf", other)) {
			CachedModel model = get(
					ModelRequest.builder("m").url(origin.uri("/m.gguf")).mirrors(List.of(HUB)).maxAttempts(3));
			assertThat(model.path()).matches(other::isIn);
			assertThat(model.verified()).isFalse();
			assertThat(output).contains("WARN").contains(CONTENT.sha256().hex()).contains("the url determines");
		}
	}

	@Test
	void digestThatAMirrorStatesProvesWhatTheUrlSends() {
		try (MisbehavingServer origin = MisbehavingServer.start().serve("/m.gguf", CONTENT)) {
			CachedModel model = get(ModelRequest.builder("m").url(origin.uri("/m.gguf")).mirrors(List.of(HUB)));
			assertThat(model.verified()).isTrue();
			assertThat(model.digest()).isEqualTo(CONTENT.sha256());
		}
	}

	@Test
	void mirrorThatStandsInForTheUrlIsProvedByItsOwnDigest(CapturedOutput output) {
		try (MisbehavingServer origin = MisbehavingServer.start().always("/m.gguf", Reply.status(404))) {
			CachedModel model = get(ModelRequest.builder("m").url(origin.uri("/m.gguf")).mirrors(List.of(HUB)));
			assertThat(model.verified()).isTrue();
			assertThat(model.path()).matches(CONTENT::isIn);
			assertThat(output).contains("WARN").contains("instead of " + origin.uri("/m.gguf"));
		}
	}

	@Test
	void requiredChecksumMayBeThatOfAMirror() {
		try (MisbehavingServer origin = MisbehavingServer.start().serve("/m.gguf", Content.random(100_000, 2))) {
			CachedModel model = get(ModelRequest.builder("m")
				.url(origin.uri("/m.gguf"))
				.mirrors(List.of(HUB))
				.digestRequired(true)
				.maxAttempts(3));
			assertThat(model.verified()).isTrue();
			assertThat(model.path()).matches(CONTENT::isIn);
		}
	}

	@Test
	void urlThatCannotBeResolvedIsNamedWhereAMirrorStandsIn(CapturedOutput output) {
		Content other = Content.random(100_000, 2);
		try (MisbehavingServer origin = MisbehavingServer.start().serve("/m.gguf", other)) {
			this.server.hub().answer("/api/models/org/repo/revision/main", (request) -> Reply.status(403));
			this.server.hub().answer("/org/repo/resolve/main/model.gguf", (request) -> Reply.status(403));
			CachedModel model = get(ModelRequest.builder("m").url(HUB).mirrors(List.of(origin.uri("/m.gguf"))));
			assertThat(model.verified()).isFalse();
			assertThat(output).contains("WARN").contains("hf://org/repo/model.gguf is not used");
		}
	}

	@Test
	void smallFileIsProvedByItsGitSha1() {
		CachedModel model = get("hf://org/repo/config.json");
		assertThat(model.verified()).isTrue();
		assertThat(model.path()).hasContent("{\"model_type\":\"llama\"}");
	}

	@Test
	void quantizationStandsInTheCacheUnderANameThatSaysWhatItIs() {
		this.repository.large("model.Q4_K_M.gguf", CONTENT);
		CachedModel model = get("hf://org/repo:Q4_K_M");
		assertThat(model.path().getFileName()).hasToString("repo-Q4_K_M.gguf");
		assertThat(model.path()).matches(CONTENT::isIn);
	}

	@Test
	void tokenOpensAPrivateRepositoryAndStaysAtTheHub() {
		this.repository.isPrivate();
		assertThat(get("hf://org/repo/model.gguf").verified()).isTrue();
		assertThat(this.server.cdn().requests()).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.headers()).doesNotContainKey("Authorization"));
	}

	@Test
	void signaturesThatExpireInTheMiddleAreRenewed() {
		this.server.signaturesLast(1);
		assertThat(get("hf://org/repo/model.gguf").verified()).isTrue();
		assertThat(this.server.cdn().requests()).hasSizeGreaterThan(1);
	}

	@Test
	void bytesThatAreNotTheHubsAreNotPublished() {
		String path = this.server.cdn().uri("/xet-bridge-us/" + CONTENT.sha256().hex()).getPath();
		this.server.cdn().serve(path, CONTENT.flipped(1000));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("hf://org/repo/model.gguf"))
			.satisfies((failure) -> assertThat(failure.origin()).isEqualTo(DigestOrigin.SOURCE));
	}

	@Test
	void smallFileThatIsNotTheHubsIsNotPublished() {
		this.server.hub()
			.serve("/org/repo/resolve/" + COMMIT + "/config.json", Content.of("{\"model_type\":\"other\"}"));
		this.server.hub().always("/org/repo/resolve/" + COMMIT + "/config.json", Reply.ok());
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("hf://org/repo/config.json"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "Content-Encoding: gzip", "Content-Language: en" })
	void fileIsProvedIfItsSizeIsNotKnownBeforehand(String header) {
		Content config = Content.of("{\"model_type\":\"llama\"}");
		String path = "/org/repo/resolve/" + COMMIT + "/config.json";
		this.server.hub().always("/api/models/org/repo/revision/main", Reply.status(504));
		for (String revision : List.of("main", COMMIT)) {
			this.server.hub().serve("/org/repo/resolve/" + revision + "/config.json", config);
			this.server.hub()
				.answer("/org/repo/resolve/" + revision + "/config.json",
						(request) -> ofHub(request.method().equals("HEAD")
								? Reply.status(200).header(header.split(": ")[0], header.split(": ")[1]) : Reply.ok(),
								config));
		}
		CachedModel model = get("hf://org/repo/config.json");
		assertThat(model.verified()).isTrue();
		assertThat(model.path()).hasContent("{\"model_type\":\"llama\"}");
		assertThat(this.server.hub().requests(path)).isNotEmpty();
	}

	private static Reply ofHub(Reply reply, Content content) {
		return reply.header("X-Repo-Commit", COMMIT)
			.header("ETag", "\"" + content.digest(Algorithm.GIT_SHA1).hex() + "\"");
	}

	@Test
	void plainSha1OfAMirrorIsNotTakenForGits() {
		String sha1 = "2aae6c35c94fcfb415dbe95f408b9ce91ee846ed";
		this.repository.incomplete("model.gguf").incomplete("config.json");
		String path = "/org/repo/resolve/" + COMMIT + "/model.gguf";
		this.server.hub().serve(path, CONTENT);
		this.server.hub().always(path, Reply.ok().etag("\"" + sha1 + "\"").header("X-Checksum-Sha1", sha1));
		CachedModel model = get("hf://org/repo/model.gguf");
		assertThat(model.verified()).isFalse();
		assertThat(model.path()).matches(CONTENT::isIn);
	}

	@ParameterizedTest
	@ValueSource(strings = { "hf://old/model.gguf", "hf://former/name/model.gguf", "hf://models/org/repo/model.gguf" })
	void formerNameOfARepositoryIsProvedByTheHub(String url) {
		this.server.renamed("old", "org/repo", COMMIT, "model.gguf")
			.renamed("former/name", "org/repo", COMMIT, "model.gguf");
		CachedModel model = get(url);
		assertThat(model.verified()).isTrue();
		assertThat(model.path()).matches(CONTENT::isIn);
	}

	@ParameterizedTest
	@ValueSource(strings = { "**", "config.json,*.gguf", "*.json,model.gguf", ".gitattributes,**" })
	void pathIsWhatARuntimeOpensFirst(String files) {
		this.repository.small(".gitattributes", "*.gguf filter=lfs").small("README.md", "a model");
		for (int i = 0; i < 2; i++) {
			CachedModel model = get(
					ModelRequest.builder("m").url(URI.create("hf://org/repo")).files(List.of(files.split(","))));
			assertThat(model.path().getFileName()).hasToString("model.gguf");
			assertThat(model.files().get(0)).isEqualTo(model.path());
			assertThat(model.files()).hasSizeGreaterThan(1);
		}
	}

	@Test
	void refusedFileIsNamedWithThePatternThatLeavesItOut() {
		this.repository.large("pytorch_model.bin", Content.of(ModelFiles.PICKLE));
		this.formats = new FormatSettings(FormatVerification.WARN, false);
		assertThatExceptionOfType(ModelFormatException.class)
			.isThrownBy(() -> get(ModelRequest.builder("m").url(URI.create("hf://org/repo")).files(List.of("**"))))
			.withMessageContaining("Add '!pytorch_model.bin' to files to leave this file out, or use the model's GGUF");
		CachedModel model = get(
				ModelRequest.builder("m").url(URI.create("hf://org/repo")).files(List.of("**", "!pytorch_model.bin")));
		assertThat(model.files()).hasSize(2);
	}

	@Test
	void mirrorOnTheHubProvesAFileOfAnotherServer() {
		try (MisbehavingServer other = MisbehavingServer.start().serve("/m.gguf", CONTENT)) {
			CachedModel model = get(
					ModelRequest.builder("m").url(other.uri("/m.gguf")).mirrors(hub("hf://org/repo/model.gguf")));
			assertThat(model.verified()).isTrue();
		}
	}

	private static List<URI> hub(String url) {
		return List.of(URI.create(url));
	}

	private CachedModel get(String url) {
		return get(ModelRequest.builder("m").url(URI.create(url)));
	}

	private CachedModel get(ModelRequest.Builder request) {
		HubToken token = new HubToken("hf_known", (name) -> null, this.directory);
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.segmented(4)
				.formats(this.formats)
				.resolver(new HuggingFaceResolver(new HubSettings(this.server.endpoint(), token), Map.of(),
						MetadataClients.create(), Schedulers.boundedElastic()))
				.open(request.maxAttempts(2).build());
			return fixture.get("m");
		}
	}

}
