/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.TransferProgress;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;

/**
 * Tests for {@link ModelCacheHealthIndicator}.
 */
class ModelCacheHealthIndicatorTests {

	private final Set<String> started = new HashSet<>();

	private final Set<String> uncounted = new HashSet<>();

	private final Statuses statuses = new Statuses();

	private Health health(ModelRequest... requests) {
		ModelCacheOperations operations = this.statuses.operations(requests);
		this.uncounted.forEach((id) -> given(operations.counts(id)).willReturn(false));
		willAnswer((call) -> this.started.add(call.getArgument(0))).given(operations).ensureIfDue(anyString());
		return new ModelCacheHealthIndicator(operations).health();
	}

	private Health health(ModelStatus status) {
		this.statuses.with(status);
		return health(Statuses.request(status.id()));
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> details(Health health, String id) {
		return (Map<String, Object>) ((Map<String, Object>) health.getDetails().get("models")).get(id);
	}

	@Test
	void withoutModelsIsUp() {
		Health health = health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("models", Map.of());
	}

	@Test
	void readyIsUpAndTellsWhatIsServed() {
		Health health = health(Statuses.ready("m"));
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(details(health, "m")).containsExactlyInAnyOrderEntriesOf(Map.of("state", "READY", "source",
				"https://example.com/m.gguf", "fallback", false, "path", Statuses.model("m").path().toString(), "size",
				1000L, "digest", "sha256:" + "ab".repeat(32), "outcome", "DOWNLOADED", "verified", true, "format",
				Map.of("type", "GGUF", "architecture", "llama", "quantization", "Q4_K_M", "parameters", 1_100_048_384L,
						"contextLength", 2048L, "vocabularySize", 32_000L)));
	}

	@ParameterizedTest
	@EnumSource(names = { "WAITING", "RESOLVING", "DOWNLOADING", "VERIFYING" })
	void acquiringIsOutOfService(ModelState state) {
		assertThat(health(ModelStatus.absent("m").withState(state)).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
	}

	@Test
	void absentAndCancelledAreOutOfService() {
		assertThat(health(ModelStatus.absent("m")).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		assertThat(health(ModelStatus.absent("m").withState(ModelState.CANCELLED)).getStatus())
			.isEqualTo(Status.OUT_OF_SERVICE);
	}

	@Test
	void failedIsDownAndTellsWhatToDo() {
		Health health = health(Statuses.failed("m"));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(details(health, "m")).containsEntry("error",
				Map.of("code", "TRANSFER", "message", "example.com did not answer", "action", "Check the network"));
	}

	@Test
	void failedTellsWhenTheNextAttemptBegins() {
		ModelCacheOperations operations = this.statuses.with(Statuses.failed("m")).operations(Statuses.request("m"));
		given(operations.nextAttempt("m")).willReturn(Instant.parse("2026-01-02T03:04:05.678901Z"));
		assertThat(details(new ModelCacheHealthIndicator(operations).health(), "m")).containsEntry("nextAttempt",
				"2026-01-02T03:04:05.678Z");
	}

	@Test
	void errorStaysWhileAnotherAttemptRuns() {
		Health health = health(Statuses.failed("m").withState(ModelState.RESOLVING));
		assertThat(health.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		assertThat(details(health, "m")).containsEntry("state", "RESOLVING").containsKey("error");
	}

	@Test
	void progressIsToldInFull() {
		Health health = health(Statuses.downloading("m", TransferProgress.of(104_857_600, 668_788_096L, 52_428_800.4)));
		assertThat(details(health, "m")).containsEntry("progress", Map.of("bytes", 104_857_600L, "totalBytes",
				668_788_096L, "percent", 15.6, "bytesPerSecond", 52_428_800L, "etaSeconds", 10.7));
	}

	@Test
	void whatIsUnknownIsLeftOut() {
		Health health = health(Statuses.downloading("m", TransferProgress.of(10, null, 0)));
		assertThat(details(health, "m")).containsEntry("progress", Map.of("bytes", 10L, "bytesPerSecond", 0L));
		assertThat(details(health(ModelStatus.absent("m")), "m")).containsOnlyKeys("state", "fallback");
	}

	@Test
	void waitingTellsTheOwner() {
		assertThat(details(health(Statuses.waiting("m")), "m"))
			.containsEntry("owner", Map.of("pid", 4711L, "host", "build-host", "since", "2026-01-02T03:04:05Z"))
			.containsKey("progress");
	}

	@Test
	void oneFailedModelOutweighsAllOthers() {
		this.statuses.with(Statuses.ready("a")).with(Statuses.failed("b")).with(ModelStatus.absent("c"));
		Health health = health(Statuses.request("a"), Statuses.request("b"), Statuses.request("c"));
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void modelThatIsNotRequiredIsShownButDoesNotCount() {
		this.statuses.with(Statuses.failed("m"));
		Health health = health(ModelRequest.builder("m").url(Statuses.request("m").url()).required(false).build());
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(details(health, "m")).containsEntry("state", "FAILED");
		assertThat(this.started).isEmpty();
	}

	@Test
	void modelThatDoesNotCountYetNeitherCountsNorTriggers() {
		this.uncounted.add("m");
		assertThat(health(ModelStatus.absent("m")).getStatus()).isEqualTo(Status.UP);
		assertThat(this.started).isEmpty();
	}

	@Test
	void everyRequiredModelMayHaveAnAttemptStarted() {
		this.statuses.with(ModelStatus.absent("a")).with(Statuses.failed("b"));
		health(Statuses.request("a"), Statuses.request("b"));
		assertThat(this.started).containsExactlyInAnyOrder("a", "b");
	}

	@Test
	void nearlyDoneIsNotAHundredPercent() {
		Health health = health(Statuses.downloading("m", TransferProgress.of(99_999, 100_000L, 0)));
		assertThat(details(health, "m").get("progress"))
			.asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
			.containsEntry("percent", 99.9);
	}

	@Test
	void detailsFollowTheConfigurationsOrder() {
		this.statuses.with(Statuses.ready("b")).with(Statuses.ready("a"));
		Health health = health(Statuses.request("b"), Statuses.request("a"));
		assertThat(List.copyOf(((Map<?, ?>) health.getDetails().get("models")).keySet())).isEqualTo(List.of("b", "a"));
	}

}
