package dev.modelcache;

import java.nio.file.Path;

/**
 * A model was removed from the cache: its file is gone, or, where another tool's file was
 * served, no longer served.
 *
 * @param modelId the model's id
 * @param path where it was, or is
 */
public record ModelEvicted(String modelId, Path path) implements ModelCacheEvent {

}
