/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.source.oci;

import java.net.URI;
import java.util.List;
import java.util.Map;

import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.OciOptions.Registry;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceLocation;
import dev.modelcache.source.SourceResolver;
import dev.modelcache.source.SourceResolverContractTests;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.FakeRegistry;
import dev.modelcache.testsupport.ManifestJson;
import dev.modelcache.testsupport.RecordedRequest;
import dev.modelcache.testsupport.Reply;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link OciResolver} without credentials.
 */
class OciResolverTests extends SourceResolverContractTests {

	private static final String GGUF = "application/vnd.docker.ai.gguf.v3";

	private final Content weights = Content.random(1000, 1);

	private final String manifest = ManifestJson.of("application/vnd.docker.ai.model.config.v0.1+json")
		.layer(GGUF, this.weights)
		.toString();

	private final FakeRegistry registry = new FakeRegistry();

	private final String digest = this.registry.manifest("library/model", "latest", this.manifest);

	@AfterEach
	void stop() {
		this.registry.close();
	}

	@Override
	protected SourceResolver resolver() {
		return OciFixture.resolver(this.registry);
	}

	@Override
	protected URI location() {
		return this.registry.url("oci", "library/model");
	}

	@Override
	protected URI missing() {
		return URI.create("oci://u:s3cret@" + this.registry.host() + "/library/missing");
	}

	@Override
	protected List<RecordedRequest> requests() {
		return this.registry.server().requests();
	}

	private ResolvedModel model(String name) {
		return OciFixture.resolve(OciFixture.resolver(this.registry), this.registry.url("oci", name));
	}

	@Test
	void tagIsPinnedToTheDigestOfItsManifest() {
		ResolvedModel model = model("library/model");
		assertThat(model.revision()).isEqualTo(this.digest);
		RemoteFile file = model.file();
		assertThat(file.size()).isEqualTo(1000);
		assertThat(file.expected().digest()).isEqualTo(this.weights.sha256());
		assertThat(file.expected().origin()).isEqualTo(DigestOrigin.SOURCE);
		assertThat(file.mirrors().get(0).uri())
			.isEqualTo(this.registry.server().uri("/v2/library/model/blobs/" + this.weights.sha256()));
	}

	@Test
	void registryBehindTlsThatTakesItselfForPlainGivesItsTokensByTls() {
		try (FakeRegistry behind = FakeRegistry.behindTls().knowing("octocat", "s3cret")) {
			behind.manifest("library/model", "latest", this.manifest);
			OciResolver resolver = OciFixture
				.resolver(new OciSettings(Map.of(behind.host(), new Registry("octocat", "s3cret", false)), null));
			ResolvedModel model = OciFixture.resolve(resolver, behind.url("oci", "library/model"));
			assertThat(model.file().expected().digest()).isEqualTo(this.weights.sha256());
			assertThat(behind.server().requests("/token")).hasSize(1);
		}
	}

	@Test
	void acceptHeaderAsksForAllKindsOfManifests() {
		model("library/model");
		RecordedRequest request = this.registry.server().requests().get(0);
		assertThat(request.header("Accept")).contains("application/vnd.oci.image.manifest.v1+json",
				"application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.index.v1+json",
				"application/vnd.docker.distribution.manifest.list.v2+json");
		assertThat(request.header("Accept-Encoding")).isEqualTo("identity");
	}

	@Test
	void manifestServedAsPlainTextIsReadAnyway() {
		this.registry.servingManifestsAs("text/plain; charset=utf-8").statingNoDigests();
		assertThat(model("library/model").revision()).isEqualTo(this.digest);
	}

	@Test
	void manifestMustHaveTheDigestThatTheRegistryStates() {
		this.registry.answer("/v2/library/model/manifests/latest",
				() -> Reply.status(200)
					.header("Docker-Content-Digest", Content.of("another").sha256().toString())
					.body(this.manifest));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> model("library/model"))
			.satisfies((failure) -> {
				assertThat(failure.expected()).isEqualTo(Content.of("another").sha256());
				assertThat(failure.actual()).isEqualTo(Digest.parse(this.digest));
			});
	}

	@Test
	void manifestMustHaveTheDigestThatWasAskedFor() {
		String name = "library/model@" + Content.of("another").sha256();
		this.registry.answer("/v2/library/model/manifests/" + Content.of("another").sha256(),
				() -> Reply.status(200).header("Docker-Content-Digest", this.digest).body(this.manifest));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> model(name));
		assertThat(model("library/model@" + this.digest).revision()).isEqualTo(this.digest);
	}

	@Test
	void malformedDigestIsRefused() {
		this.registry.answer("/v2/library/model/manifests/latest",
				() -> Reply.status(200).header("Docker-Content-Digest", "sha256:xyz").body(this.manifest));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> model("library/model"));
	}

	@Test
	void indexLeadsToItsManifestAndIsTheRevision() {
		String descriptor = ManifestJson.descriptor("application/vnd.oci.image.manifest.v1+json", this.digest,
				this.manifest.length(), Map.of());
		String index = this.registry.manifest("library/model", "multi", ManifestJson.index(descriptor));
		ResolvedModel model = model("library/model:multi");
		assertThat(model.revision()).isEqualTo(index);
		assertThat(model.file().expected().digest()).isEqualTo(this.weights.sha256());
	}

	@Test
	void manifestOfAnIndexIsProvedToo() {
		String descriptor = ManifestJson.descriptor("application/vnd.oci.image.manifest.v1+json", this.digest,
				this.manifest.length(), Map.of());
		this.registry.manifest("library/model", "multi", ManifestJson.index(descriptor));
		this.registry.answer("/v2/library/model/manifests/" + this.digest,
				() -> Reply.status(200).body(this.manifest + " "));
		assertThatExceptionOfType(ModelIntegrityException.class).isThrownBy(() -> model("library/model:multi"));
	}

	@Test
	void indexOfIndexesIsRefused() {
		String descriptor = ManifestJson.descriptor("x", this.digest, 1, Map.of());
		String inner = this.registry.manifest("library/model", "inner", ManifestJson.index(descriptor));
		this.registry.manifest("library/model", "outer",
				ManifestJson.index(ManifestJson.descriptor("x", inner, 1, Map.of())));
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> model("library/model:outer"))
			.withMessageContaining("index of indexes");
	}

	@Test
	void redirectOfTheManifestIsFollowed() {
		this.registry.cdn().answer("/manifest", (request) -> Reply.status(200).body(this.manifest));
		this.registry.answer("/v2/library/model/manifests/latest",
				() -> Reply.redirect(307, this.registry.cdn().uri("/manifest").toString()));
		assertThat(model("library/model").revision()).isEqualTo(this.digest);
	}

	@Test
	void webPageIsNoManifest() {
		this.registry.answer("/v2/library/model/manifests/latest", Reply::html);
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> model("library/model"))
			.withMessageContaining("did not answer with a manifest of");
	}

	@Test
	void severalShardsAreSeveralFiles() {
		this.registry.manifest("library/model", "two",
				ManifestJson.of("application/vnd.docker.ai.model.config.v0.1+json")
					.layer(GGUF, Content.of("1"))
					.layer(GGUF, Content.of("2"))
					.toString());
		assertThat(model("library/model:two").files()).extracting((file) -> file.name().text())
			.containsExactly("model-two-00001-of-00002.gguf", "model-two-00002-of-00002.gguf");
	}

	@Test
	void twoFilesOfOneNameAreRefused() {
		var title = Map.of("org.opencontainers.image.title", "a.onnx");
		this.registry.manifest("library/model", "twice",
				ManifestJson.of("").layer("x", Content.of("1"), title).layer("x", Content.of("2"), title).toString());
		assertThatExceptionOfType(ModelFormatException.class).isThrownBy(() -> model("library/model:twice"))
			.withMessageContaining("two files with the same name");
	}

	@ParameterizedTest
	@CsvSource({ "ollama://gemma:2b, ollama://registry.ollama.ai/library/gemma:2b",
			"ollama://hf.co/User/Repo:Q4_K_M, ollama://hf.co/User/Repo:Q4_K_M",
			"OCI://index.docker.io/ai/smollm2, oci://docker.io/ai/smollm2:latest",
			"oci://user:p%40w@localhost:5000/model, oci://user:p%40w@localhost:5000/model:latest" })
	void canonicalUrlLeavesNothingToDefaults(URI url, URI canonical) {
		assertThat(resolver().canonical(url)).isEqualTo(canonical);
		assertThat(resolver().canonical(canonical)).isEqualTo(canonical);
		assertThat(canonical.getHost()).isNotNull();
	}

	@Test
	void malformedUrlIsNoticedBeforeItIsResolved() {
		assertThatIllegalArgumentException().isThrownBy(() -> resolver().check(URI.create("oci://ai/smollm2")))
			.withMessageContaining("docker.io/");
	}

	@Test
	void filesThatAreAskedForAreTakenOrMissed() {
		ModelRequest.Builder request = ModelRequest.builder("m").url(location());
		assertThat(resolver().resolve(SourceLocation.of(location(), request.files(List.of("*.gguf")).build(), true))
			.block(PATIENCE)
			.files()).hasSize(1);
		SourceLocation missing = SourceLocation.of(location(), request.files(List.of("*.onnx")).build(), true);
		assertThatExceptionOfType(ModelNotFoundException.class)
			.isThrownBy(() -> resolver().resolve(missing).block(PATIENCE))
			.withMessageContaining("available files are model.gguf");
	}

}
