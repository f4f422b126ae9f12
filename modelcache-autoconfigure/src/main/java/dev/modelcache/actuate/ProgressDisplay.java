package dev.modelcache.actuate;

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

}
