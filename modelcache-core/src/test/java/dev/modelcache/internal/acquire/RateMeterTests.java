/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RateMeter}.
 */
class RateMeterTests {

	private final RateMeter rate = new RateMeter();

	@Test
	void firstSampleHasNoRate() {
		assertThat(this.rate.sample(0, 1000)).isZero();
	}

	@Test
	void rateIsThatOfTheLastSeconds() {
		this.rate.sample(0, 0);
		assertThat(this.rate.sample(1000, 500)).isEqualTo(500);
		for (int second = 2; second <= 20; second++) {
			this.rate.sample(second * 1000L, 500 + (second - 1) * 2000L);
		}
		assertThat(this.rate.sample(21_000, 40_500)).isEqualTo(2000);
	}

	@Test
	void restartBeginsAnew() {
		this.rate.sample(0, 0);
		this.rate.sample(1000, 10_000);
		assertThat(this.rate.sample(2000, 0)).isZero();
		assertThat(this.rate.sample(3000, 700)).isEqualTo(700);
	}

	@Test
	void twoSamplesAtOneMomentHaveNoRate() {
		this.rate.sample(5, 0);
		assertThat(this.rate.sample(5, 100)).isZero();
	}

}
