/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.TransferProgress;
import dev.modelcache.testsupport.ManualClock;
import dev.modelcache.autoconfigure.Statuses;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ProgressBars}.
 */
class ProgressBarsTests {

	private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

	private final ManualClock clock = new ManualClock();

	private final ProgressBars bars = new ProgressBars(new PrintStream(this.terminal, true, StandardCharsets.UTF_8),
			() -> 80, this.clock);

	private String shown() {
		return this.terminal.toString(StandardCharsets.UTF_8);
	}

	@Test
	void lineIsElapsedBarBytesTotalRateAndEstimate() {
		String line = ProgressBars.line("m", Duration.ofSeconds(12),
				TransferProgress.of(50_000_000, 200_000_000L, 10_000_000), 74);
		assertThat(line).isEqualTo("m 0:12 [======>                   ] 50.0 MB/200.0 MB (10.0 MB/s, ETA 0:15)")
			.hasSizeLessThanOrEqualTo(74);
	}

	@ParameterizedTest
	@CsvSource({ "'24 100\n', 100", "'0 0\n', 80", "'24 3', 80", "'', 80", "'stty: no terminal', 80" })
	void widthIsWhatTheTerminalSays(String size, int width) {
		assertThat(Terminal.width(size)).isEqualTo(width);
	}

	@Test
	void widthIsAskedWithEachDownload() {
		AtomicInteger columns = new AtomicInteger(80);
		ProgressBars resized = new ProgressBars(new PrintStream(this.terminal, true, StandardCharsets.UTF_8),
				columns::get, new ManualClock());
		for (int width : List.of(100, 70)) {
			columns.set(width);
			this.terminal.reset();
			resized.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", 100_000_000L));
			assertThat(shown().strip()).hasSizeLessThan(width).hasSizeGreaterThan(width - 35);
			resized.show(new ModelFailed("m", Statuses.failure("m"), Duration.ZERO));
		}
	}

	@Test
	void lineFitsTheTerminal() {
		TransferProgress progress = TransferProgress.of(50_000_000, 200_000_000L, 10_000_000);
		for (int width = 60; width < 200; width++) {
			assertThat(ProgressBars.line("model", Duration.ofSeconds(12), progress, width))
				.hasSizeLessThanOrEqualTo(width)
				.endsWith("(10.0 MB/s, ETA 0:15)");
		}
	}

	@Test
	void doneIsAFullBar() {
		assertThat(ProgressBars.line("m", Duration.ZERO, TransferProgress.of(10, 10L, 0), 200))
			.contains("[" + "=".repeat(40) + "]");
	}

	@Test
	void unknownTotalIsAnEmptyBar() {
		assertThat(ProgressBars.line("m", Duration.ZERO, TransferProgress.of(1000, null, 0), 200))
			.contains("[>" + " ".repeat(39) + "] 1.0 kB (waiting for data)");
	}

	@Test
	void barEndsFullWhenTheModelIsReady() {
		this.bars.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", 1000L));
		this.bars.show(new ModelDownloadProgress("m", TransferProgress.of(500, 1000L, 100)));
		this.bars.show(new ModelReady("m", Statuses.model("m"), Duration.ofSeconds(1)));
		assertThat(shown()).contains("1.0 kB/1.0 kB").endsWith(System.lineSeparator());
	}

	@Test
	void barEndsWhereItWasWhenTheModelFailed() {
		this.bars.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", 1000L));
		this.bars.show(new ModelDownloadProgress("m", TransferProgress.of(500, 1000L, 100)));
		this.bars.show(new ModelFailed("m", Statuses.failure("m"), Duration.ofSeconds(1)));
		assertThat(shown()).contains("500 B/1.0 kB").doesNotContain("1.0 kB/1.0 kB").endsWith(System.lineSeparator());
	}

	@Test
	void cursorWaitsAtTheStartOfTheLineForTheLog() {
		this.bars.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", 1000L));
		this.bars.close();
		assertThat(shown()).endsWith("\r" + System.lineSeparator());
	}

	@Test
	void cachedModelShowsNoBar() {
		this.bars.show(new ModelReady("m", Statuses.model("m"), Duration.ofSeconds(1)));
		assertThat(shown()).isEmpty();
	}

	/** Returns the lines of a terminal that understands what was printed. */
	private List<String> screen() {
		List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
		int column = 0;
		for (char next : shown().replace(System.lineSeparator(), "\n").toCharArray()) {
			StringBuilder line = lines.get(lines.size() - 1);
			if (next == '\r') {
				column = 0;
			}
			else if (next == '\n') {
				lines.add(new StringBuilder());
				column = 0;
			}
			else {
				line.setLength(Math.max(line.length(), column + 1));
				line.setCharAt(column++, next);
			}
		}
		return lines.stream().map((line) -> line.toString().stripTrailing()).toList();
	}

	private void progress(String id, long bytes, double rate) {
		this.bars.show(new ModelDownloadProgress(id, TransferProgress.of(bytes, 100_000_000L, rate)));
	}

	private void start(String id) {
		this.bars.show(new ModelDownloadStarted(id, "https://example.com/m.gguf", 100_000_000L));
	}

	@Test
	void shorterLineLeavesNothingOfTheLongerOne() {
		start("m");
		progress("m", 1_000_000, 100_000);
		assertThat(screen()).singleElement().asString().endsWith("(100.0 kB/s, ETA 16:30)");
		progress("m", 90_000_000, 9_000_000);
		assertThat(screen()).singleElement().asString().endsWith("] 90.0 MB/100.0 MB (9.0 MB/s, ETA 0:01)");
	}

	@Test
	void severalModelsShareOneLineAndEndOnLinesOfTheirOwn() {
		start("first");
		start("second");
		progress("first", 60_000_000, 1_000_000);
		progress("second", 30_000_000, 1_000_000);
		assertThat(screen()).singleElement()
			.asString()
			.startsWith("2 models 45 % 0:00 [")
			.endsWith("] 90.0 MB/200.0 MB (2.0 MB/s, ETA 0:55)");
		this.bars.show(new ModelFailed("first", Statuses.failure("first"), Duration.ofSeconds(1)));
		assertThat(screen()).hasSize(2);
		assertThat(screen().get(0)).startsWith("first 0:00 [").contains("60.0 MB/100.0 MB");
		assertThat(screen().get(1)).startsWith("second 0:00 [").endsWith("] 30.0 MB/100.0 MB (1.0 MB/s, ETA 1:10)");
	}

	/** No event tells of a download that is cancelled. */
	@Test
	void downloadThatIsCancelledIsLeftOutAfterAWhile() {
		start("cancelled");
		start("other");
		progress("cancelled", 10_000_000, 1_000_000);
		progress("other", 20_000_000, 1_000_000);
		this.clock.advance(Duration.ofSeconds(11));
		progress("other", 30_000_000, 1_000_000);
		assertThat(screen()).singleElement().asString().startsWith("other 0:11 [").contains("] 30.0 MB/100.0 MB");
		progress("cancelled", 10_000_000, 0);
		assertThat(screen()).singleElement().asString().startsWith("2 models 20 %");
	}

	@Test
	void modelThatIsReplacedEndsOnALineOfItsOwn() {
		start("m");
		progress("m", 60_000_000, 1_000_000);
		this.bars.show(new ModelReplaced("m", Statuses.model("m"), Statuses.model("m")));
		assertThat(screen()).hasSize(2).last().isEqualTo("");
		assertThat(screen().get(0)).contains("1.0 kB/1.0 kB");
		start("next");
		assertThat(screen().get(1)).startsWith("next 0:00 [");
	}

	@Test
	void barsOfAnotherContextAreNoOtherOutput() {
		PrintStream other = this.bars.guard(new PrintStream(this.terminal, true, StandardCharsets.UTF_8));
		other.print("\rof another context\r");
		start("m");
		assertThat(screen()).singleElement().asString().startsWith("m 0:00 [");
	}

	@Test
	void otherOutputStandsOnLinesOfItsOwn() {
		PrintStream other = this.bars.guard(new PrintStream(this.terminal, true, StandardCharsets.UTF_8));
		start("default");
		other.println("ok");
		assertThat(screen()).containsExactly("ok", "");
		progress("default", 50_000_000, 1_000_000);
		assertThat(screen()).hasSize(2).first().isEqualTo("ok");
		other.print("not ");
		progress("default", 60_000_000, 1_000_000);
		assertThat(screen()).containsExactly("ok", "not");
		other.println("yet");
		progress("default", 70_000_000, 1_000_000);
		assertThat(screen().subList(0, 2)).containsExactly("ok", "not yet");
		assertThat(screen().get(2)).startsWith("default 0:00 [").contains("70.0 MB");
	}

	@Test
	void allBytesAreCompleteAndNotStarting() {
		assertThat(ProgressBars.line("m", Duration.ZERO, TransferProgress.of(10, 10L, 0), 200)).endsWith("(complete)");
		assertThat(ProgressBars.line("m", Duration.ZERO, TransferProgress.of(0, 10L, 0), 200)).endsWith("(starting)");
	}

	@Test
	void longNameIsShortenedAndTheNumbersAreKept() {
		assertThat(
				ProgressBars.line("m".repeat(100), Duration.ZERO, TransferProgress.of(10_000_000, null, 5_000_000), 79))
			.hasSizeLessThanOrEqualTo(79)
			.contains("m... 0:00 [")
			.endsWith("] 10.0 MB (5.0 MB/s)");
	}

}
