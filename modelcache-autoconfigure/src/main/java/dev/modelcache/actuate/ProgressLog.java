/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the progress of transfers: a message when a transfer starts, then one after each
 * tenth of the file or every ten seconds.
 * <p>
 * <em>Thread-safety</em>: not thread-safe; events must be passed one after the other.
 */
final class ProgressLog implements ProgressDisplay {

	private static final Logger logger = LoggerFactory.getLogger(ProgressLog.class);

	private static final Duration INTERVAL = Duration.ofSeconds(10);

	private static final int STEP_PERCENT = 10;

	private final Clock clock;

	private final Map<String, Line> lastLines = new HashMap<>();

	/**
	 * Creates the log.
	 * @param clock the clock
	 */
	ProgressLog(Clock clock) {
		this.clock = clock;
	}

	@Override
	public void show(ModelCacheEvent event) {
		if (event instanceof ModelDownloadStarted started) {
			this.lastLines.put(event.modelId(), new Line(this.clock.instant(), 0));
			logger.info("Model '{}': downloading {} from {}", event.modelId(), size(started.totalBytes()),
					started.source());
		}
		else if (event instanceof ModelDownloadProgress current) {
			progressed(event.modelId(), current.progress());
		}
		else if (event instanceof ModelReady || event instanceof ModelReplaced || event instanceof ModelFailed) {
			this.lastLines.remove(event.modelId());
		}
	}

	private static String size(@Nullable Long bytes) {
		return (bytes != null) ? Amounts.bytes(bytes) : "a file of unknown size";
	}

	private void progressed(String id, TransferProgress progress) {
		Instant now = this.clock.instant();
		Double percent = progress.percent();
		int step = (percent != null) ? (int) (percent / STEP_PERCENT) : 0;
		Line last = this.lastLines.computeIfAbsent(id, (missing) -> new Line(now, step));
		if (step <= last.step() && now.isBefore(last.at().plus(INTERVAL))) {
			return;
		}
		this.lastLines.put(id, new Line(now, Math.max(step, last.step())));
		String share = (percent != null) ? (int) Math.floor(percent) + " %, " : "";
		logger.info("Model '{}': {}{} ({})", id, share, Amounts.done(progress), Amounts.speed(progress));
	}

	/**
	 * Last message about a model.
	 *
	 * @param at the time of the message
	 * @param step the number of tenths in the message
	 */
	private record Line(Instant at, int step) {

	}

}
