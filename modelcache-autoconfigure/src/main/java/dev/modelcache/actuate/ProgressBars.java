package dev.modelcache.actuate;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import dev.modelcache.TransferProgress;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
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

	private static final int BAR_LENGTH = 30;

	private final Supplier<ProgressBarConsumer> terminal;

	private final Map<String, Bar> bars = new HashMap<>();

	/**
	 * Creates the bars.
	 * @param terminal gives where a bar is drawn
	 */
	public ProgressBars(Supplier<ProgressBarConsumer> terminal) {
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

		private final ProgressBar bar;

		private volatile TransferProgress progress;

		Bar(String id, @Nullable Long total) {
			this.progress = new TransferProgress(0, total, 0);
			this.bar = new ProgressBarBuilder().setTaskName(id)
				.setInitialMax((total != null) ? total : -1)
				.setUpdateIntervalMillis(REFRESH_MILLIS)
				.setConsumer(ProgressBars.this.terminal.get())
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
		}

		private String render(ProgressState state, int length) {
			String line = line(state.getTaskName(), state.getTotalElapsed(), this.progress);
			return (line.length() <= length) ? line : line.substring(0, Math.max(0, length));
		}

	}

	static String line(String name, Duration elapsed, TransferProgress progress) {
		Double percent = progress.percent();
		int filled = (percent != null) ? (int) (percent * BAR_LENGTH / 100) : 0;
		String head = (filled < BAR_LENGTH) ? ">" : "";
		String bar = "=".repeat(filled) + head + " ".repeat(Math.max(0, BAR_LENGTH - filled - head.length()));
		return "%s %s [%s] %s (%s)".formatted(name, Amounts.duration(elapsed), bar, Amounts.done(progress),
				Amounts.speed(progress));
	}

}
