/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.time.Duration;

import dev.modelcache.TransferProgress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Amounts}.
 */
class AmountsTests {

	@ParameterizedTest
	@CsvSource({ "0, 0 B", "999, 999 B", "1000, 1.0 kB", "999949, 999.9 kB", "999950, 1.0 MB", "48241760, 48.2 MB",
			"4370000000, 4.4 GB", "100000000000, 100.0 GB", "2500000000000, 2.5 TB" })
	void bytesHaveTheUnitThatFits(long bytes, String text) {
		assertThat(Amounts.bytes(bytes)).isEqualTo(text);
	}

	@ParameterizedTest
	@CsvSource({ "PT0S, 0:00", "PT7.9S, 0:07", "PT12M30S, 12:30", "PT1H2M3S, 1:02:03", "PT30H, 30:00:00" })
	void durationsReadLikeAClock(Duration duration, String text) {
		assertThat(Amounts.duration(duration)).isEqualTo(text);
	}

	@Test
	void everythingThatIsThereIsCompleteWhateverTheRate() {
		assertThat(Amounts.speed(TransferProgress.of(10, 10L, 0))).isEqualTo("complete");
		assertThat(Amounts.speed(TransferProgress.of(10, 10L, 1_000_000))).isEqualTo("complete");
	}

	@Test
	void unknownTotalAndRateAreLeftOut() {
		TransferProgress progress = TransferProgress.of(2_000_000, null, 0);
		assertThat(Amounts.done(progress)).isEqualTo("2.0 MB");
		assertThat(Amounts.speed(progress)).isEqualTo("waiting for data");
		assertThat(Amounts.speed(TransferProgress.of(0, null, 0))).isEqualTo("starting");
		assertThat(Amounts.speed(TransferProgress.of(1, null, 1_000_000))).isEqualTo("1.0 MB/s");
	}

}
