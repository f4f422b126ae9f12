/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;

import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.TransferProgress;
import dev.modelcache.autoconfigure.Statuses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ProgressLog}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ProgressLogTests {

	private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

	private final Clock clock = mock(Clock.class);

	private final ProgressLog log = new ProgressLog(this.clock);

	private void at(Duration elapsed) {
		given(this.clock.instant()).willReturn(START.plus(elapsed));
	}

	private void started(Long total) {
		at(Duration.ZERO);
		this.log.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", total));
	}

	private void progressed(long bytes, Long total) {
		this.log.show(new ModelDownloadProgress("m", TransferProgress.of(bytes, total, 1_000_000)));
	}

	private static long lines(CapturedOutput output, String text) {
		return output.getOut().lines().filter((line) -> line.contains(text)).count();
	}

	@Test
	void startTellsSizeAndSource(CapturedOutput output) {
		started(48_241_760L);
		assertThat(output).contains("Model 'm': downloading 48.2 MB from https://example.com/m.gguf");
	}

	@Test
	void everyTenthIsOneLine(CapturedOutput output) {
		started(100_000_000L);
		for (int percent = 0; percent <= 100; percent++) {
			progressed(percent * 1_000_000L, 100_000_000L);
		}
		assertThat(lines(output, " %, ")).isEqualTo(10);
		assertThat(output).contains("Model 'm': 10 %, 10.0 MB/100.0 MB (1.0 MB/s, ETA 1:30)");
	}

	@Test
	void slowTransferHasALineEveryTenSeconds(CapturedOutput output) {
		started(100_000_000L);
		for (int second = 1; second <= 30; second++) {
			at(Duration.ofSeconds(second));
			progressed(second * 1000L, 100_000_000L);
		}
		assertThat(lines(output, " 0 %, ")).isEqualTo(3);
	}

	@Test
	void unknownSizeHasALineEveryTenSecondsWithoutShare(CapturedOutput output) {
		started(null);
		at(Duration.ofSeconds(10));
		progressed(5_000_000, null);
		assertThat(output).contains("downloading a file of unknown size").contains("Model 'm': 5.0 MB (1.0 MB/s)");
	}

	@Test
	void secondTransferBeginsAtTheFirstTenth(CapturedOutput output) {
		started(100L);
		progressed(90, 100L);
		this.log.show(new ModelFailed("m", Statuses.failure("m"), Duration.ZERO));
		started(100L);
		progressed(20, 100L);
		assertThat(output).contains("Model 'm': 20 %, ");
	}

}
