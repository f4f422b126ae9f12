/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.oci.OciResolver;
import dev.modelcache.internal.source.oci.OciSettings;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.scheduler.Schedulers;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Models of registries, from their URL to the published file.
 */
@ExtendWith(OutputCaptureExtension.class)
class RegistryTests {

	private static final Content CONTENT = Content.random(5 << 20, 1).startingWith("GGUF\3\0\0\0".getBytes());

	@TempDir
	private Path directory;

	private final FakeRegistry registry = new FakeRegistry().servingManifestsAs("text/plain");

	private final String blob = "/v2/library/model/blobs/" + this.registry.blob("library/model", CONTENT);

	RegistryTests() {
		this.registry.manifest("library/model", "latest",
				ManifestJson.of("application/vnd.docker.container.image.v1+json")
					.layer("application/vnd.ollama.image.model", CONTENT)
					.layer("application/vnd.ollama.image.license", Content.of("free"))
					.toString());
	}

	@AfterEach
	void stop() {
		this.registry.close();
	}

	private CachedModel get(String scheme, int retries) {
		return get(scheme, retries, 4);
	}

	private CachedModel get(String scheme, int retries, int connections) {
		OciSettings settings = new OciSettings(Map.of(this.registry.host(), new Registry("alice", "secret", true)),
				null);
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.segmented(connections);
			fixture.resolver(new OciResolver(MetadataClients.create(), settings, Schedulers.boundedElastic(),
					Schedulers.parallel()));
			URI url = this.registry.url(scheme, "library/model");
			fixture.open(ModelRequest.builder("m").url(url).maxAttempts(retries).build());
			return fixture.get("m");
		}
	}

	private List<String> told(List<RecordedRequest> requests) {
		return requests.stream().map((request) -> String.valueOf(request.header("Authorization"))).distinct().toList();
	}

	@Test
	void modelIsProvedByItsManifest() {
		CachedModel model = get("ollama", 0);
		assertThat(model.verified()).isTrue();
		assertThat(model.digest()).isEqualTo(CONTENT.sha256());
		assertThat(model.path()).matches(CONTENT::isIn);
	}

	@Test
	void modelThatIsThereIsServedWithoutAskingTheRegistry() {
		get("ollama", 0);
		int requests = this.registry.server().requests().size();
		assertThat(get("ollama", 0).outcome()).isEqualTo(ModelOutcome.CACHED);
		assertThat(this.registry.server().requests()).hasSize(requests);
	}

	@Test
	void tokensThatExpireInTheMiddleAreRenewedAndNoRetryIsCounted() {
		this.registry.wantingTokens().tokensFor(2);
		assertThat(get("ollama", 0, 1).digest()).isEqualTo(CONTENT.sha256());
		assertThat(told(this.registry.server().requests(this.blob))).containsExactly("Bearer token-1", "Bearer token-2",
				"Bearer token-3");
		assertThat(this.registry.realm().requests()).hasSize(3);
	}

	@Test
	void tokenNeverReachesTheOriginThatBlobsAreRedirectedTo() {
		this.registry.wantingTokens().knowing("alice", "secret").redirectingBlobs();
		assertThat(get("oci", 0).digest()).isEqualTo(CONTENT.sha256());
		assertThat(told(this.registry.cdn().requests())).containsExactly("null");
		assertThat(told(this.registry.server().requests(this.blob)))
			.allMatch((told) -> told.startsWith("Bearer token-"));
		assertThat(this.registry.cdn().requests()).allMatch((request) -> request.range() != null);
	}

	@Test
	void basicCredentialsGoWithEveryRange() {
		this.registry.wantingBasic("alice", "secret");
		assertThat(get("oci", 0).digest()).isEqualTo(CONTENT.sha256());
		assertThat(told(this.registry.server().requests(this.blob))).hasSize(1);
	}

	private Path podmanFile(String scope) throws IOException {
		return Files.writeString(this.directory.resolve("auth.json"), "{\"auths\":{\"" + scope + "\":{\"auth\":\""
				+ Base64.getEncoder().encodeToString("alice:secret".getBytes()) + "\"}}}");
	}

	private CachedModel getWithLoginOf(Path podman) {
		OciSettings settings = new OciSettings(Map.of(this.registry.host(), new Registry(null, null, true)),
				this.directory.resolve("none.json"), () -> List.of(podman));
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.resolver(new OciResolver(MetadataClients.create(), settings, Schedulers.boundedElastic(),
					Schedulers.parallel()));
			fixture.open(ModelRequest.builder("m").url(this.registry.url("oci", "library/model")).build());
			return fixture.get("m");
		}
	}

	@Test
	void credentialsOfPodmanAreSentWhereDockerHasNone() throws IOException {
		this.registry.wantingBasic("alice", "secret");
		assertThat(getWithLoginOf(podmanFile(this.registry.host() + "/library")).digest()).isEqualTo(CONTENT.sha256());
	}

	@ParameterizedTest
	@ValueSource(ints = { 401, 403 })
	void storedLoginThatIsOutOfDateIsFollowedByARequestWithoutIt(int status, CapturedOutput output) throws IOException {
		this.registry.wantingTokens().tokensFor(1).refusingCredentials(status);
		Path podman = podmanFile(this.registry.host());
		assertThat(getWithLoginOf(podman).digest()).isEqualTo(CONTENT.sha256());
		assertThat(this.registry.realm().requests()).hasSizeGreaterThan(2)
			.filteredOn((request) -> request.header("Authorization") != null)
			.hasSize(1);
		String means = (status == 401) ? "rejects the credentials of " + podman + " (401)"
				: "does not allow the credentials of " + podman + " to pull library/model (403)";
		assertThat(output).containsOnlyOnce(means + ", so requests are sent without them");
	}

	/**
	 * Statuses of the tokens' service with and without the login, then the registry's.
	 */
	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			401 | 401 | 200 | ACCESS_DENIED | rejects the credentials of PODMAN (401)
			401 | 404 | 200 | ACCESS_DENIED | rejects the credentials of PODMAN (401)
			403 | 400 | 200 | ACCESS_DENIED | does not allow the credentials of PODMAN to pull library/model (403)
			401 | 429 | 200 | TRANSFER      | received too many requests (429). Wait, or configure credentials
			401 | 503 | 200 | TRANSFER      | answered 503
			403 | 500 | 200 | TRANSFER      | answered 500
			401 | 200 | 401 | ACCESS_DENIED | rejects the credentials of PODMAN (401)
			401 | 200 | 403 | ACCESS_DENIED | rejects the credentials of PODMAN (401)
			403 | 200 | 401 | ACCESS_DENIED | does not allow the credentials of PODMAN to pull library/model (403)
			401 | 200 | 404 | NOT_FOUND     | has no
			401 | 200 | 429 | TRANSFER      | received too many requests (429). Wait, or configure credentials
			""")
	void failureWithoutTheStoredLoginSaysWhatItMeans(int refusal, int others, int manifest, ErrorCode code,
			String message) throws IOException {
		this.registry.wantingTokens().refusingCredentials(refusal, others);
		if (manifest != 200) {
			this.registry.answer("/v2/library/model/manifests/latest", () -> Reply.status(manifest));
		}
		Path podman = podmanFile(this.registry.host());
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> getWithLoginOf(podman))
			.withMessageContaining(message.replace("PODMAN", podman.toString()))
			.extracting(ModelCacheException::code)
			.isEqualTo(code);
	}

	@Test
	void configuredLoginThatIsOutOfDateIsAnError() {
		this.registry.wantingTokens().refusingCredentials(401);
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> get("oci", 0))
			.withMessageContaining("rejects the credentials of hooks.llm.oci.registries");
		assertThat(this.registry.realm().requests()).hasSize(1);
	}

	@Test
	void storedLoginThatIsOutOfDateIsNamedWhereNothingIsServedWithoutOne() throws IOException {
		this.registry.wantingTokens().knowing("bob", "other");
		Path podman = podmanFile(this.registry.host());
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> getWithLoginOf(podman))
			.withMessageContaining("rejects the credentials of " + podman);
	}

	@Test
	void originThatRefusesEveryTokenIsBelieved() {
		this.registry.wantingTokens();
		this.registry.server()
			.answer(this.blob, (request) -> FakeRegistry
				.challenge("Bearer realm=\"" + this.registry.realm().uri("/token") + "\""));
		assertThatExceptionOfType(ModelCacheException.class).isThrownBy(() -> get("oci", 3));
		assertThat(this.registry.server().requests(this.blob)).hasSizeLessThan(10);
	}

	/** Lets the tag name a model that is drawn from a seed. */
	private void tagged(long seed) {
		Content content = Content.random(1 << 20, seed).startingWith("GGUF\3\0\0\0".getBytes());
		this.registry.blob("library/model", content);
		this.registry.manifest("library/model", "latest",
				ManifestJson.of("application/vnd.docker.container.image.v1+json")
					.layer("application/vnd.ollama.image.model", content)
					.toString());
	}

	@Test
	void refreshOfATagThatGoesBackToAnOlderManifestSaysSo(CapturedOutput output) {
		tagged(1);
		OciSettings settings = new OciSettings(Map.of(this.registry.host(), new Registry("alice", "secret", true)),
				null);
		try (CacheFixture fixture = new CacheFixture(this.directory)) {
			fixture.resolver(new OciResolver(MetadataClients.create(), settings, Schedulers.boundedElastic(),
					Schedulers.parallel()));
			fixture.open(ModelRequest.builder("m").url(this.registry.url("oci", "library/model")).build());
			fixture.get("m");
			tagged(2);
			fixture.cache().refresh("m").block(CacheFixture.PATIENCE);
			assertThat(output).doesNotContain("went back");
			tagged(1);
			fixture.cache().refresh("m").block(CacheFixture.PATIENCE);
			assertThat(output.getOut().lines().filter((line) -> line.contains(" went back to "))).singleElement()
				.asString()
				.contains("WARN", "which was served before");
		}
	}

	@Test
	void blobThatIsNotItsDigestIsNotPublished() {
		this.registry.server().serve(this.blob, CONTENT.flipped(5));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> get("oci", 0));
	}

	@Test
	void missingCredentialsAreToldBeforeAnyBlobIsAskedFor() {
		this.registry.wantingBasic("bob", "other");
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> get("oci", 0));
		assertThat(this.registry.server().requests(this.blob)).isEmpty();
	}

	@Test
	void refusalWhoseBodyNeverEndsIsARefusal() {
		this.registry.server().always(this.blob, FakeRegistry.challenge("Negotiate").stallAfter(5));
		assertThatExceptionOfType(ModelAccessDeniedException.class).isThrownBy(() -> get("oci", 0));
	}

}
