package dev.modelcache.engine;

import java.util.function.Consumer;

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.ModelCacheEvent;

/**
 * Who hears what the engine does.
 *
 * @param events takes the events, one after the other, on a thread for that
 * @param observer hears about the work behind, on transfer threads
 */
public record Listeners(Consumer<ModelCacheEvent> events, AcquisitionObserver observer) {

}
