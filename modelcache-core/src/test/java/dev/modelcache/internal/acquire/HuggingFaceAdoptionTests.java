/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.http.MetadataClients;
import dev.modelcache.internal.source.huggingface.HubSettings;
import dev.modelcache.internal.source.huggingface.HubToken;
import dev.modelcache.internal.source.huggingface.HuggingFaceResolver;
import dev.modelcache.internal.store.AdoptionSettings;
import dev.modelcache.testsupport.HubServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.test.system.CapturedOutput;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Files of the Hugging Face cache.
 */
class HuggingFaceAdoptionTests extends AdoptionContractTests {

	private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

	@TempDir
	private Path outside;

	@Override
	Path file(Path store, Digest sha256) {
		return store.resolve("models--org--name/blobs").resolve(sha256.hex());
	}

	@Override
	AdoptionSettings settings(Path store) {
		return new AdoptionSettings(true, List.of(store), List.of());
	}

	/** As huggingface_hub 2.0 stores what several repositories have. */
	@Test
	void blobThatIsALinkIntoTheSharedBlobsIsServed() throws Exception {
		Path blob = file(elsewhere(), content().sha256());
		Path shared = Files.createDirectories(elsewhere().resolve("blobs/ab")).resolve("ab12");
		Path another = Files.createDirectories(elsewhere().resolve("models--org--another/blobs"))
			.resolve(content().sha256().hex());
		Files.copy(blob, shared);
		Files.createSymbolicLink(another, Path.of("../../blobs/ab/ab12"));
		release();
		Files.delete(blob);
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
		assertThat(model.path()).isEqualTo(shared.toRealPath());
	}

	@Test
	void blobThatLeadsOutOfTheCacheIsIgnored(CapturedOutput output) throws Exception {
		Path blob = file(elsewhere(), content().sha256());
		Path secret = this.outside.resolve("secret");
		Files.move(blob, secret);
		Files.createSymbolicLink(blob, secret);
		release();
		CachedModel model = get(request());
		assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		assertThat(output).contains(blob + " is not used: it leads to " + secret.toRealPath());
	}

	@Test
	void whatTheHubSaysOfAFileIsEnough() {
		try (HubServer hub = HubServer.start()) {
			hub.repository("org/repo", COMMIT).large("model.gguf", content());
			CachedModel model = get(fixture().resolver(resolver(hub)), hubRequest());
			assertThat(model.outcome()).isEqualTo(ModelOutcome.ADOPTED);
			assertThat(model.verified()).isTrue();
			int asked = hub.hub().requests().size();
			assertThat(get(fixture().resolver(resolver(hub)), hubRequest()).outcome()).isEqualTo(ModelOutcome.CACHED);
			assertThat(hub.hub().requests()).hasSize(asked);
			assertThat(hub.cdn().requests()).isEmpty();
		}
	}

	@Test
	void fileOfAnotherSizeIsNotEvenRead(CapturedOutput output) throws Exception {
		release();
		put(new byte[10]);
		try (HubServer hub = HubServer.start()) {
			hub.repository("org/repo", COMMIT).large("model.gguf", content());
			CachedModel model = get(fixture().resolver(resolver(hub)), hubRequest());
			assertThat(model.outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
		}
		assertThat(output).contains("is not used: it has 10 bytes instead of " + content().size());
	}

	private static ModelRequest.Builder hubRequest() {
		return ModelRequest.builder("m").url(URI.create("hf://org/repo/model.gguf"));
	}

	private static HuggingFaceResolver resolver(HubServer hub) {
		return new HuggingFaceResolver(new HubSettings(hub.endpoint(), HubToken.NONE), Map.of(),
				MetadataClients.create(), Schedulers.boundedElastic());
	}

	@Test
	void fileOfADatasetIsNoModel() throws Exception {
		Files.move(elsewhere().resolve("models--org--name"), elsewhere().resolve("datasets--org--name"));
		release();
		assertThat(get(request()).outcome()).isEqualTo(ModelOutcome.DOWNLOADED);
	}

}
