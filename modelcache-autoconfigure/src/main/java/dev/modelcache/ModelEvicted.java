package dev.modelcache;

import java.nio.file.Path;

/**
 * A model's file was removed from the cache.
 *
 * @param modelId the model's id
 * @param path where it was
 */
public record ModelEvicted(String modelId, Path path) implements ModelCacheEvent {

}
