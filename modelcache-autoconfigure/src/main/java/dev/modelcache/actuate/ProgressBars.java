/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.IntSupplier;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * Shows progress on one line of a terminal: {@code elapsed [bar] bytes/total (rate, ETA)}
 * of the model, or the sum if several models are downloaded. The final state of each
 * model stays on a line of its own.
 * <p>
 * <em>Thread-safety</em>: thread-safe; other output may be written by any thread.
 */
final class ProgressBars implements ProgressDisplay, AutoCloseable {

	private static final int LONGEST_BAR = 40;

	private static final int SHORTEST_BAR = 5;

	/** Number of columns for everything but the name. */
	private static final int NUMBERS = 60;

	private static final int SHORTEST_NAME = 12;

	/** A download that goes on tells its progress more often, also while it waits. */
	private static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

	private final PrintStream terminal;

	private final Clock clock;

	private final IntSupplier terminalWidth;

	private final Map<String, Download> downloads = new LinkedHashMap<>();

	/** Length of the text on the line. */
	private int drawn;

	/** Columns of the terminal when the last download started. */
	private int columns;

	/** Whether other output has begun a line that it has not ended. */
	private boolean occupied;

	private @Nullable Runnable restore;

	/**
	 * Creates the bars.
	 * @param terminal the stream of the terminal
	 * @param terminalWidth returns the columns of the terminal; called when a download
	 * starts
	 * @param clock the clock
	 */
	ProgressBars(PrintStream terminal, IntSupplier terminalWidth, Clock clock) {
		this.terminal = terminal;
		this.terminalWidth = terminalWidth;
		this.clock = clock;
	}

	/**
	 * Creates bars on the standard error, which are cleared before other output is
	 * written to the standard error or output.
	 * @param clock the clock
	 * @return the bars; closing them restores both streams
	 */
	static ProgressBars onStandardError(Clock clock) {
		PrintStream out = System.out;
		PrintStream err = System.err;
		ProgressBars bars = new ProgressBars(err, Terminal::width, clock);
		PrintStream guardedOut = bars.guard(out);
		PrintStream guardedErr = bars.guard(err);
		System.setOut(guardedOut);
		System.setErr(guardedErr);
		bars.restore = () -> {
			if (System.out == guardedOut) {
				System.setOut(out);
			}
			if (System.err == guardedErr) {
				System.setErr(err);
			}
		};
		return bars;
	}

	/**
	 * Returns a stream for other output to the same terminal.
	 * @param stream the stream to write to
	 * @return a stream that clears the bar first
	 */
	PrintStream guard(PrintStream stream) {
		String encoding = System.getProperty("stdout.encoding");
		return new PrintStream(new Guard(stream), true,
				(encoding != null) ? Charset.forName(encoding) : Charset.defaultCharset());
	}

	@Override
	public void show(ModelCacheEvent event) {
		// Asked before the line is held, because it may start a process.
		int columns = (event instanceof ModelDownloadStarted) ? this.terminalWidth.getAsInt() : 0;
		synchronized (this) {
			this.columns = (columns > 0) ? columns : this.columns;
			update(event);
		}
	}

	private void update(ModelCacheEvent event) {
		String id = event.modelId();
		Download download = this.downloads.get(id);
		if (event instanceof ModelDownloadStarted started) {
			this.downloads.put(id, new Download(this.clock.instant(), this.clock.instant(),
					TransferProgress.of(0, started.totalBytes(), 0)));
		}
		else if (event instanceof ModelDownloadProgress current && download != null) {
			this.downloads.put(id, new Download(download.since(), this.clock.instant(), current.progress()));
		}
		else if (event instanceof ModelReady ready && download != null) {
			end(id, download.complete(ready.model()));
		}
		else if (event instanceof ModelReplaced replaced && download != null) {
			end(id, download.complete(replaced.current()));
		}
		else if (event instanceof ModelFailed && download != null) {
			end(id, download);
		}
		else {
			return;
		}
		draw();
	}

	private void end(String id, Download download) {
		this.downloads.remove(id);
		if (!this.occupied) {
			draw(line(id, elapsed(download), download.progress(), width()));
			this.terminal.println();
			this.terminal.flush();
			this.drawn = 0;
		}
	}

	/**
	 * Nothing is told of a download that is cancelled, or that finds the file as it was:
	 * it is left out when it has been silent for some time.
	 */
	private void draw() {
		Instant earliest = this.clock.instant().minus(LONGEST_SILENCE);
		Map<String, Download> shown = new LinkedHashMap<>(this.downloads);
		shown.values().removeIf((download) -> download.told().isBefore(earliest));
		if (shown.isEmpty() || this.occupied) {
			return;
		}
		Map.Entry<String, Download> first = shown.entrySet().iterator().next();
		int count = shown.size();
		TransferProgress progress = (count == 1) ? first.getValue().progress() : sum(shown.values());
		Double percent = progress.percent();
		String name = (count == 1) ? first.getKey()
				: count + " models" + ((percent != null) ? " " + (int) Math.floor(percent) + " %" : "");
		draw(line(name, elapsed(first.getValue()), progress, width()));
	}

	private static TransferProgress sum(Collection<Download> downloads) {
		long bytes = 0;
		Long total = 0L;
		double rate = 0;
		for (Download download : downloads) {
			TransferProgress progress = download.progress();
			bytes += progress.bytes();
			total = (total != null && progress.totalBytes() != null) ? (Long) (total + progress.totalBytes()) : null;
			rate += progress.bytesPerSecond();
		}
		return TransferProgress.of(bytes, total, rate);
	}

	private Duration elapsed(Download download) {
		return Duration.between(download.since(), this.clock.instant());
	}

	/** Leaves the last column empty, because some terminals wrap after it. */
	private int width() {
		return Math.max(1, this.columns - 1);
	}

	private void draw(String line) {
		this.terminal.print("\r" + line + " ".repeat(Math.max(0, this.drawn - line.length())) + "\r");
		this.terminal.flush();
		this.drawn = line.length();
	}

	private synchronized void print(OutputStream stream, byte[] bytes, int offset, int length) throws IOException {
		if (length == 0) {
			return;
		}
		if (this.drawn > 0) {
			draw("");
		}
		stream.write(bytes, offset, length);
		stream.flush();
		// After a carriage return, as the bars of another context end, the line may be
		// overwritten.
		byte last = bytes[offset + length - 1];
		this.occupied = last != '\n' && last != '\r';
	}

	/**
	 * Ends the line and keeps its text on the terminal.
	 */
	@Override
	public synchronized void close() {
		if (this.drawn > 0) {
			this.terminal.println();
			this.terminal.flush();
			this.drawn = 0;
		}
		this.downloads.clear();
		if (this.restore != null) {
			this.restore.run();
			this.restore = null;
		}
	}

	/** Returns a line that fits, with a long name shortened. */
	static String line(String name, Duration elapsed, TransferProgress progress, int width) {
		int longest = Math.max(SHORTEST_NAME, width - NUMBERS);
		String shown = (name.length() <= longest) ? name : name.substring(0, longest - 3) + "...";
		String before = shown + " " + Amounts.duration(elapsed) + " [";
		String after = "] " + Amounts.done(progress) + " (" + Amounts.speed(progress) + ")";
		int free = width - before.length() - after.length();
		String line = before + bar(progress.percent(), Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, free))) + after;
		return (line.length() <= width) ? line : line.substring(0, Math.max(0, width));
	}

	private static String bar(@Nullable Double percent, int length) {
		int filled = (percent != null) ? (int) (percent * length / 100) : 0;
		String head = (filled < length) ? ">" : "";
		return "=".repeat(filled) + head + " ".repeat(length - filled - head.length());
	}

	/**
	 * Download that is shown.
	 *
	 * @param since the start time
	 * @param told when its progress was told
	 * @param progress the progress
	 */
	private record Download(Instant since, Instant told, TransferProgress progress) {

		Download complete(CachedModel model) {
			return new Download(this.since, this.told,
					TransferProgress.of(model.size(), model.size(), this.progress.bytesPerSecond()));
		}

	}

	/** Output that is not progress. */
	private final class Guard extends OutputStream {

		private final OutputStream stream;

		Guard(OutputStream stream) {
			this.stream = stream;
		}

		@Override
		public void write(int b) throws IOException {
			write(new byte[] { (byte) b }, 0, 1);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			print(this.stream, bytes, offset, length);
		}

		@Override
		public void flush() throws IOException {
			this.stream.flush();
		}

	}

}
