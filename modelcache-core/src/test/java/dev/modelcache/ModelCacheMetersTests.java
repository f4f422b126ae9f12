/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ModelCacheMeters}.
 */
class ModelCacheMetersTests {

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final ModelCacheMeters.Work meters = new ModelCacheMeters.Work(this.registry);

	@BeforeEach
	void configure() {
		this.meters.configured(Set.of("a", "b"));
	}

	@Test
	void bytesAreCountedByModelAndHost() {
		this.meters.bytesWritten("a", "one.example", 10);
		this.meters.bytesWritten("a", "one.example", 5);
		this.meters.bytesWritten("a", "two.example", 7);
		assertThat(this.registry.get("modelcache.download.bytes")
			.tags("model", "a", "host", "one.example")
			.counter()
			.count()).isEqualTo(15);
		assertThat(this.registry.get("modelcache.download.bytes").tag("host", "two.example").counter().count())
			.isEqualTo(7);
	}

	@Test
	void retriesAreCountedByReason() {
		this.meters.retried("a", "stalled");
		assertThat(this.registry.get("modelcache.download.retries")
			.tags("model", "a", "reason", "stalled")
			.counter()
			.count()).isEqualTo(1);
	}

	@Test
	void activeTransfersRiseAndFall() {
		this.meters.transferStarted("a");
		this.meters.transferStarted("b");
		this.meters.transferEnded("a");
		assertThat(this.registry.get("modelcache.download.active").gauge().value()).isEqualTo(1);
	}

	@Test
	void acquisitionsAreTimedByOutcome() {
		this.meters.ended("a", "downloaded", Duration.ofMillis(250));
		assertThat(this.registry.get("modelcache.acquisitions")
			.tags("model", "a", "outcome", "downloaded")
			.timer()
			.totalTime(MILLISECONDS)).isEqualTo(250);
	}

	@Test
	void verificationsAndWaitsForTheLockAreTimed() {
		this.meters.verified(true, Duration.ofMillis(3));
		this.meters.verified(false, Duration.ofMillis(4));
		this.meters.lockWaited(Duration.ofMillis(5));
		assertThat(this.registry.get("modelcache.verifications").tag("result", "match").timer().count()).isEqualTo(1);
		assertThat(this.registry.get("modelcache.verifications").tag("result", "mismatch").timer().count())
			.isEqualTo(1);
		assertThat(this.registry.get("modelcache.lock.wait").timer().totalTime(MILLISECONDS)).isEqualTo(5);
	}

	@Test
	void modelsThatAreNotConfiguredShareOneTag() {
		for (int i = 0; i < 5; i++) {
			this.meters.ended("ad-hoc-" + i, "cached", Duration.ofMillis(1));
			this.meters.bytesWritten("ad-hoc-" + i, i + ".example", 1);
		}
		assertThat(this.registry.get("modelcache.download.bytes").counters()).singleElement()
			.satisfies((counter) -> assertThat(counter.getId().getTag("host")).isEqualTo(ModelCacheMeters.OTHER));
		assertThat(this.registry.get("modelcache.acquisitions").timers()).singleElement()
			.satisfies((timer) -> assertThat(timer.getId().getTag("model")).isEqualTo(ModelCacheMeters.OTHER));
	}

	@Test
	void readinessAndSizeAreAskedWhenRead() {
		ModelCacheOperations operations = mock(ModelCacheOperations.class);
		given(operations.models())
			.willReturn(List.of(ModelRequest.builder("a").build(), ModelRequest.builder("b").build()));
		given(operations.usage()).willReturn(usage(5));
		given(operations.status(any())).willAnswer((call) -> ModelStatus.absent(call.getArgument(0)));
		new ModelCacheMeters(this.registry).register(operations);
		assertThat(this.registry.get("modelcache.model.ready").tag("model", "a").gauge().value()).isZero();
		given(operations.usage()).willReturn(usage(6));
		ModelStatus ready = mock(ModelStatus.class);
		given(operations.status("b")).willReturn(ready);
		given(ready.state()).willReturn(ModelState.READY);
		assertThat(this.registry.get("modelcache.model.ready").tag("model", "a").gauge().value()).isZero();
		assertThat(this.registry.get("modelcache.model.ready").tag("model", "b").gauge().value()).isEqualTo(1);
		assertThat(this.registry.get("modelcache.cache.size").gauge().value()).isEqualTo(6);
	}

	private static CacheUsage usage(long bytes) {
		return CacheUsage.of(Path.of("/cache"), DataSize.ofBytes(bytes), null);
	}

}
