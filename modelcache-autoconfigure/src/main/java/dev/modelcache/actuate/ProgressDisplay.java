package dev.modelcache.actuate;

import dev.modelcache.ModelCacheEvent;
import org.springframework.context.event.EventListener;

/**
 * Shows people how far transfers are. Called on the thread of the events, one event after
 * the other.
 */
public interface ProgressDisplay {

	/** Shows nothing. */
	ProgressDisplay NONE = (event) -> {
	};

	/**
	 * Shows what an event changes.
	 * @param event the event
	 */
	@EventListener
	void show(ModelCacheEvent event);

}
