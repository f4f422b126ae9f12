package dev.modelcache.sample;

import java.nio.file.Path;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferProgress;
import org.junit.jupiter.api.Test;
import org.springframework.http.HttpStatus;
import org.springframework.test.web.reactive.server.WebTestClient;

import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

class ModelControllerTests {

	private static final String SOURCE = "https://host/demo.gguf";

	private final ModelCache modelCache = mock(ModelCache.class);

	private final WebTestClient client = WebTestClient.bindToController(new ModelController(this.modelCache)).build();

	@Test
	void tellsHowFarItIsUntilTheModelIsReady() {
		given(this.modelCache.status("default")).willReturn(ModelStatus.absent("default")
			.withState(ModelState.DOWNLOADING)
			.withSource(SOURCE)
			.withProgress(TransferProgress.of(25, 100L, 5)));
		this.client.get()
			.uri("/model")
			.exchange()
			.expectStatus()
			.isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)
			.expectBody()
			.json("""
					{"state": "DOWNLOADING", "source": "https://host/demo.gguf", "bytes": 25, "percent": 25.0}""");
	}

	@Test
	void tellsTheFactsOfAReadyModel() {
		Digest digest = Digest.parse("ab".repeat(32));
		Path path = Path.of("demo.gguf");
		given(this.modelCache.status("default")).willReturn(
				ModelStatus.ready(CachedModel.of("default", List.of(path), 48, digest, SOURCE).withVerified(true)));
		this.client.get().uri("/model").exchange().expectStatus().isOk().expectBody().json("""
				{"state": "READY", "facts": {"file": "demo.gguf", "size": 48, "digest": "%s", "outcome": "CACHED",
				"verified": true}}""".formatted(digest));
	}

	@Test
	void tellsWhyTheLastAttemptFailed() {
		given(this.modelCache.status("default")).willReturn(ModelStatus.absent("default")
			.withState(ModelState.FAILED)
			.withError(new ModelTransferException("default", "no answer", "Check the network", null)));
		this.client.get()
			.uri("/model")
			.exchange()
			.expectStatus()
			.isEqualTo(HttpStatus.SERVICE_UNAVAILABLE)
			.expectBody()
			.json("""
					{"state": "FAILED", "problem": "Model 'default': no answer. Check the network."}""");
	}

}
