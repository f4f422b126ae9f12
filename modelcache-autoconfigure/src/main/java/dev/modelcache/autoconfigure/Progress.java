/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.autoconfigure;

import java.util.function.Consumer;

import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.actuate.ProgressDisplay;
import org.jspecify.annotations.Nullable;

/**
 * Progress display that {@code hooks.llm.progress} selects. It is created when the first
 * download starts and closed with the cache.
 * <p>
 * <em>Thread-safety</em>: events must be passed one after the other; may be closed from
 * another thread.
 */
final class Progress implements Consumer<ModelCacheEvent>, AutoCloseable {

	private final ModelCacheProperties.Progress mode;

	private volatile @Nullable ProgressDisplay display;

	Progress(ModelCacheProperties.Progress mode) {
		this.mode = mode;
	}

	@Override
	public void accept(ModelCacheEvent event) {
		ProgressDisplay display = this.display;
		if (display == null && (event instanceof ModelDownloadStarted || event instanceof ModelDownloadProgress)) {
			display = create();
			this.display = display;
		}
		if (display != null) {
			display.show(event);
		}
	}

	private ProgressDisplay create() {
		return switch (this.mode) {
			case NONE -> ProgressDisplay.NONE;
			case LOG -> ProgressDisplay.log();
			case BAR -> ProgressDisplay.bars();
			case AUTO -> ProgressDisplay.automatic();
		};
	}

	@Override
	public void close() throws Exception {
		if (this.display instanceof AutoCloseable closeable) {
			closeable.close();
		}
	}

}
