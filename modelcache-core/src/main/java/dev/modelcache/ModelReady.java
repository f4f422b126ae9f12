package dev.modelcache;

import java.time.Duration;

/**
 * A model can be used.
 *
 * @param modelId the model's id
 * @param model the model
 * @param elapsed how long its acquisition took
 */
public record ModelReady(String modelId, CachedModel model, Duration elapsed) implements ModelCacheEvent {

}
