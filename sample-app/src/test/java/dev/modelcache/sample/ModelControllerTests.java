/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.sample;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.MirrorStatus;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheView;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferAttempt;
import dev.modelcache.TransferProgress;
import org.junit.jupiter.api.Test;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.mock.env.MockEnvironment;
import org.springframework.test.web.reactive.server.FluxExchangeResult;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

class ModelControllerTests {

	private static final String SOURCE = "https://host/demo.gguf";

	private final ModelCache modelCache = mock(ModelCache.class);

	private final ModelCacheView models = mock(ModelCacheView.class);

	private final MockEnvironment environment = new MockEnvironment();

	private final WebTestClient client = WebTestClient
		.bindToController(new ModelController(this.modelCache, this.models, this.environment))
		.build();

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
					{"state": "DOWNLOADING", "source": "https://host/demo.gguf",
					"progress": {"bytes": 25, "totalBytes": 100, "percent": 25.0, "etaSeconds": 15.0}}""");
	}

	@Test
	void tellsTheFactsOfAReadyModel() {
		Digest digest = Digest.parse("ab".repeat(32));
		Path path = Path.of("demo.gguf");
		given(this.modelCache.status("default")).willReturn(
				ModelStatus.ready(CachedModel.of("default", List.of(path), 48, digest, SOURCE).withVerified(true)));
		this.client.get().uri("/model").exchange().expectStatus().isOk().expectBody().json("""
				{"state": "READY", "facts": {"path": "demo.gguf", "size": 48, "digest": "%s", "outcome": "CACHED",
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
					{"state": "FAILED", "problem":
					{"code": "TRANSFER", "message": "no answer", "action": "Check the network"}}""");
	}

	@Test
	void streamsEachStatusWithTheHistoryOfItsTransfer() {
		this.environment.setProperty("hooks.llm.classifier.enabled", "true");
		ModelStatus failed = ModelStatus.of("large", ModelState.FAILED);
		given(this.modelCache.statuses()).willReturn(
				Flux.just(ModelStatus.absent("default"), ModelStatus.absent("requested without configuration"), failed)
					.concatWith(Flux.never()));
		given(this.models.models())
			.willReturn(List.of(ModelRequest.builder("default").build(), ModelRequest.builder("large").build()));
		given(this.models.nextAttempt("large")).willReturn(Instant.EPOCH);
		given(this.models.attempts("large"))
			.willReturn(List.of(new TransferAttempt(Instant.EPOCH, "host:443", 7, "<b>503</b>")));
		given(this.models.mirrors("large"))
			.willReturn(List.of(new MirrorStatus("host:443", MirrorStatus.State.FAILING, 5, 1)));
		FluxExchangeResult<ServerSentEvent<String>> result = this.client.get()
			.uri("/models/events")
			.exchange()
			.expectStatus()
			.isOk()
			.expectHeader()
			.contentTypeCompatibleWith(MediaType.TEXT_EVENT_STREAM)
			.returnResult(new ParameterizedTypeReference<>() {
			});
		StepVerifier.create(result.getResponseBody()).assertNext((event) -> {
			assertThat(event.event()).isEqualTo("process");
			assertThat(event.data()).isEqualTo(
					"{\"pid\":%d,\"classifier\":true,\"faults\":false}".formatted(ProcessHandle.current().pid()));
		}).assertNext((event) -> {
			assertThat(event.event()).isEqualTo("model");
			assertThat(event.data()).contains("\"id\":\"default\"", "\"state\":\"ABSENT\"");
		})
			.assertNext((event) -> assertThat(event.data()).contains("\"state\":\"FAILED\"",
					"\"nextAttempt\":\"1970-01-01T00:00:00Z\"", "\"host\":\"host:443\"", "\"bytesPerSecond\":5",
					"\"error\":\"<b>503</b>\""))
			.thenCancel()
			.verify(Duration.ofMinutes(3));
	}

}
