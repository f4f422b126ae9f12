package dev.modelcache.actuate;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import dev.modelcache.TransferProgress;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ProgressBars}.
 */
class ProgressBarsTests {

	private final ByteArrayOutputStream terminal = new ByteArrayOutputStream();

	private final ProgressBars bars = new ProgressBars(new PrintStream(this.terminal, true, StandardCharsets.UTF_8));

	private String shown() {
		return this.terminal.toString(StandardCharsets.UTF_8);
	}

	@Test
	void lineIsElapsedBarBytesTotalRateAndEstimate() {
		String line = ProgressBars.line("m", Duration.ofSeconds(12),
				new TransferProgress(50_000_000, 200_000_000L, 10_000_000), 74);
		assertThat(line).isEqualTo("m 0:12 [======>                   ] 50.0 MB/200.0 MB (10.0 MB/s, ETA 0:15)")
			.hasSizeLessThanOrEqualTo(74);
	}

	@Test
	void lineFitsTheTerminal() {
		TransferProgress progress = new TransferProgress(50_000_000, 200_000_000L, 10_000_000);
		for (int width = 60; width < 200; width++) {
			assertThat(ProgressBars.line("model", Duration.ofSeconds(12), progress, width))
				.hasSizeLessThanOrEqualTo(width)
				.endsWith("(10.0 MB/s, ETA 0:15)");
		}
	}

	@Test
	void doneIsAFullBar() {
		assertThat(ProgressBars.line("m", Duration.ZERO, new TransferProgress(10, 10L, 0), 200))
			.contains("[" + "=".repeat(40) + "]");
	}

	@Test
	void unknownTotalIsAnEmptyBar() {
		assertThat(ProgressBars.line("m", Duration.ZERO, new TransferProgress(1000, null, 0), 200))
			.contains("[>" + " ".repeat(39) + "] 1.0 kB (starting)");
	}

	@Test
	void barEndsFullWhenTheModelIsReady() {
		this.bars.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", 1000L));
		this.bars.show(new ModelDownloadProgress("m", new TransferProgress(500, 1000L, 100)));
		this.bars.show(new ModelReady("m", Statuses.model("m"), Duration.ofSeconds(1)));
		assertThat(shown()).contains("1.0 kB/1.0 kB").endsWith(System.lineSeparator());
	}

	@Test
	void barEndsWhereItWasWhenTheModelFailed() {
		this.bars.show(new ModelDownloadStarted("m", "https://example.com/m.gguf", 1000L));
		this.bars.show(new ModelDownloadProgress("m", new TransferProgress(500, 1000L, 100)));
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

}
