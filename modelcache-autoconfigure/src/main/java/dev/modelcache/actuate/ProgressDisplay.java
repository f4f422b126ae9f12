package dev.modelcache.actuate;

import java.time.Clock;

import dev.modelcache.ModelCacheEvent;

/**
 * Shows people how far transfers are. Called on a thread for that, one event after the
 * other, also while the application's beans are being created.
 */
public interface ProgressDisplay {

	/** Shows nothing. */
	ProgressDisplay NONE = (event) -> {
	};

	/**
	 * Shows what an event changes.
	 * @param event the event
	 */
	void show(ModelCacheEvent event);

	/**
	 * Creates a display that writes lines to the log.
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
	 * Creates bars if the application runs in a terminal, else lines of the log.
	 * @return the display, which may be {@link AutoCloseable}
	 */
	static ProgressDisplay automatic() {
		return Terminal.isInteractive() ? bars() : log();
	}

}
