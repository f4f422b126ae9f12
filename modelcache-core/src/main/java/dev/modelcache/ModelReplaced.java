package dev.modelcache;

/**
 * A published model gave way to another version.
 *
 * @param modelId the model's id
 * @param previous the model as it was
 * @param current the model as it is
 */
public record ModelReplaced(String modelId, CachedModel previous, CachedModel current) implements ModelCacheEvent {

}
