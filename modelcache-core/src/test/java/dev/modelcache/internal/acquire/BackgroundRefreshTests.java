/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelTransferException;
import dev.modelcache.testsupport.Content;
import dev.modelcache.testsupport.ManualClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for how {@link Background} refreshes models, on a virtual clock.
 */
class BackgroundRefreshTests {

	private static final Duration RETRY = Duration.ofMinutes(1);

	private final ModelCache cache = mock(ModelCache.class);

	private final ManualClock clock = new ManualClock();

	private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();

	private final AtomicInteger refreshes = new AtomicInteger();

	private ModelStatus status = ModelStatus.absent("m");

	private Mono<CachedModel> result = Mono.never();

	private Background refresh;

	@BeforeEach
	void answer() {
		given(this.cache.status("m")).willAnswer((call) -> this.status);
		given(this.cache.refresh("m")).willReturn(Mono.defer(() -> {
			this.refreshes.incrementAndGet();
			return this.result;
		}));
	}

	@AfterEach
	void close() {
		this.refresh.stop(null);
		this.timer.dispose();
	}

	private void start(Duration refreshInterval, ModelRequest.Builder request) {
		this.refresh = new Background(this.cache, new ConfiguredModels(List.of(request.build())), RETRY,
				refreshInterval, false, this.timer, this.clock);
		this.refresh.startRefreshing();
	}

	private static ModelRequest.Builder request() {
		return ModelRequest.builder("m").url(URI.create("https://host/m.gguf"));
	}

	private static ModelRequest.Builder withFallback() {
		return request().fallbackUrl(URI.create("https://other/m.gguf"));
	}

	private void ready(boolean fallback) {
		CachedModel model = CachedModel
			.of("m", List.of(Path.of("/m.gguf")), 1, Content.of("1").sha256(), "https://host/m.gguf")
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withFallback(fallback)
			.withVerified(true);
		this.status = ModelStatus.ready(model);
		this.result = Mono.just(model);
	}

	private void pass(Duration time) {
		for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plusSeconds(5)) {
			this.clock.advance(Duration.ofSeconds(5));
			this.timer.advanceTimeBy(Duration.ofSeconds(5));
		}
	}

	@Test
	void updatesAreLookedForAtTheInterval() {
		ready(false);
		start(Duration.ofHours(1), request());
		pass(Duration.ofMinutes(58));
		assertThat(this.refreshes).hasValue(0);
		pass(Duration.ofMinutes(4));
		assertThat(this.refreshes).hasValue(1);
		pass(Duration.ofHours(3));
		assertThat(this.refreshes).hasValueBetween(3, 4);
	}

	@Test
	void withoutAnIntervalAModelThatIsItselfIsLeftAlone() {
		ready(false);
		start(null, withFallback());
		pass(Duration.ofHours(5));
		assertThat(this.refreshes).hasValue(0);
	}

	@Test
	void modelThatIsNotReadyIsLeftToOthers() {
		start(Duration.ofMinutes(2), request());
		pass(Duration.ofHours(1));
		assertThat(this.refreshes).hasValue(0);
	}

	@Test
	void whileASubstituteServesTheModelIsTriedAgain() {
		ready(true);
		start(null, withFallback());
		pass(Duration.ofSeconds(50));
		assertThat(this.refreshes).hasValue(0);
		pass(Duration.ofMinutes(1));
		assertThat(this.refreshes).hasValue(1);
		ready(false);
		pass(Duration.ofHours(1));
		assertThat(this.refreshes).hasValueLessThanOrEqualTo(2);
	}

	@Test
	void failuresDoubleTheIntervalUpToAnHour() {
		ready(true);
		this.result = Mono.error(new ModelTransferException("m", "host is down", "Wait", null));
		start(null, withFallback());
		pass(Duration.ofMinutes(16));
		assertThat(this.refreshes).hasValueBetween(3, 4);
		this.refreshes.set(0);
		pass(Duration.ofHours(6));
		assertThat(this.refreshes).hasValueBetween(6, 9);
	}

	@Test
	void oneRefreshAtATime() {
		ready(true);
		this.result = Mono.never();
		start(null, withFallback());
		pass(Duration.ofHours(1));
		assertThat(this.refreshes).hasValue(1);
	}

	@Test
	void nothingIsLookedForAfterTheEnd() {
		ready(true);
		start(null, withFallback());
		this.refresh.stop(null);
		pass(Duration.ofHours(1));
		assertThat(this.refreshes).hasValue(0);
	}

}
