package dev.modelcache;

/**
 * A substitute is tried, because what was configured first could not be had.
 *
 * @param modelId the model's id
 * @param source the substitute's source, redacted
 * @param reason why the one before it failed
 */
public record ModelFallbackUsed(String modelId, String source, ModelCacheException reason) implements ModelCacheEvent {

}
