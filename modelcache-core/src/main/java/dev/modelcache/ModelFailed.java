package dev.modelcache;

import java.time.Duration;

/**
 * An acquisition or a verification failed.
 *
 * @param modelId the model's id
 * @param error why
 * @param elapsed how long the attempt took
 */
public record ModelFailed(String modelId, ModelCacheException error, Duration elapsed) implements ModelCacheEvent {

}
