package dev.modelcache.actuate;

import java.io.PrintStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import dev.modelcache.TransferProgress;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;
import org.jspecify.annotations.Nullable;

/**
 * Progress as a bar on a terminal, one for each transfer:
 * {@code elapsed [bar] bytes/total (rate, ETA)}.
 * <p>
 * <em>Thread-safety</em>: none; events come one after the other.
 */
public final class ProgressBars implements ProgressDisplay, AutoCloseable {

	private static final int REFRESH_MILLIS = 250;

	private static final int LONGEST_BAR = 40;

	private static final int SHORTEST_BAR = 5;

	private final PrintStream terminal;

	private final Map<String, Bar> bars = new HashMap<>();

	/**
	 * Creates the bars.
	 * @param terminal where they are drawn
	 */
	public ProgressBars(PrintStream terminal) {
		this.terminal = terminal;
	}

	@Override
	public void show(ModelCacheEvent event) {
		if (event instanceof ModelDownloadStarted started) {
			close(event.modelId());
			this.bars.put(event.modelId(), new Bar(event.modelId(), started.totalBytes()));
		}
		else if (event instanceof ModelDownloadProgress current) {
			Bar bar = this.bars.get(event.modelId());
			if (bar != null) {
				bar.update(current.progress());
			}
		}
		else if (event instanceof ModelReady ready) {
			Bar bar = this.bars.get(event.modelId());
			if (bar != null) {
				bar.complete(ready.model().size());
			}
			close(event.modelId());
		}
		else if (event instanceof ModelFailed) {
			close(event.modelId());
		}
	}

	private void close(String id) {
		Bar bar = this.bars.remove(id);
		if (bar != null) {
			bar.close();
		}
	}

	/**
	 * Ends all bars; what they show stays on the terminal.
	 */
	@Override
	public void close() {
		this.bars.values().forEach(Bar::close);
		this.bars.clear();
	}

	/**
	 * The bar of one transfer. The library draws it, on a thread of its own.
	 */
	private final class Bar {

		private final TerminalLine line = new TerminalLine(ProgressBars.this.terminal);

		private final ProgressBar bar;

		private volatile TransferProgress progress;

		Bar(String id, @Nullable Long total) {
			this.progress = new TransferProgress(0, total, 0);
			this.bar = new ProgressBarBuilder().setTaskName(id)
				.setInitialMax((total != null) ? total : -1)
				.setUpdateIntervalMillis(REFRESH_MILLIS)
				.setConsumer(this.line)
				.setRenderer(this::render)
				.build();
		}

		void update(TransferProgress next) {
			this.progress = next;
			if (next.totalBytes() != null) {
				this.bar.maxHint(next.totalBytes());
			}
			this.bar.stepTo(next.bytes());
		}

		void complete(long size) {
			update(new TransferProgress(size, size, this.progress.bytesPerSecond()));
		}

		void close() {
			this.bar.close();
			this.line.close();
		}

		private String render(ProgressState state, int length) {
			return line(state.getTaskName(), state.getTotalElapsed(), this.progress, length);
		}

	}

	/** Returns a line that fits, unless less than a terminal's usual width is given. */
	static String line(String name, Duration elapsed, TransferProgress progress, int width) {
		String before = name + " " + Amounts.duration(elapsed) + " [";
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

}
