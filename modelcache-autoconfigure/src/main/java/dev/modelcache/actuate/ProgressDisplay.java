/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.actuate;

import java.time.Clock;

import dev.modelcache.ModelCacheEvent;

/**
 * Shows the progress of transfers. Called on a dedicated thread, one event after the
 * other, even while the application's beans are being created.
 */
public interface ProgressDisplay {

	/** Shows nothing. */
	ProgressDisplay NONE = (event) -> {
	};

	/**
	 * Updates the display.
	 * @param event the event
	 */
	void show(ModelCacheEvent event);

	/**
	 * Creates a display that writes log messages.
	 * @return the display
	 */
	static ProgressDisplay log() {
		return new ProgressLog(Clock.systemUTC());
	}

	/**
	 * Creates a display that draws bars on the standard error. Closing it restores the
	 * standard streams.
	 * @return the display, which is {@link AutoCloseable}
	 */
	static ProgressDisplay bars() {
		return ProgressBars.onStandardError(Clock.systemUTC());
	}

	/**
	 * Creates progress bars if the application runs in a terminal, or log messages
	 * otherwise.
	 * @return the display, which may be {@link AutoCloseable}
	 */
	static ProgressDisplay automatic() {
		return Terminal.isInteractive() ? bars() : log();
	}

}
