/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.springframework.util.unit.DataSize;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Bandwidth}, on a virtual clock.
 */
class BandwidthTests {

	private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

	private final Bandwidth bandwidth = new Bandwidth(DataSize.ofBytes(1000), this.time);

	private Duration reserve(long bytes) {
		return Duration.ofNanos(this.bandwidth.reserve(bytes));
	}

	@Test
	void bytesWaitUntilThoseBeforeThemHaveHadTheirTime() {
		assertThat(reserve(500)).isEqualTo(Duration.ZERO);
		assertThat(reserve(2000)).isEqualTo(Duration.ofMillis(500));
		assertThat(reserve(1)).isEqualTo(Duration.ofMillis(2500));
	}

	@Test
	void timeInWhichNothingCameIsNotSaved() {
		reserve(500);
		this.time.advanceTimeBy(Duration.ofSeconds(60));
		assertThat(reserve(500)).isEqualTo(Duration.ofSeconds(60));
		assertThat(reserve(500)).isEqualTo(Duration.ofMillis(60_500));
	}

	@Test
	void withoutALimitNothingWaits() {
		Bandwidth none = new Bandwidth(null, this.time);
		assertThat(none.reserve(Long.MAX_VALUE)).isZero();
		assertThat(none.reserve(Long.MAX_VALUE)).isZero();
	}

}
