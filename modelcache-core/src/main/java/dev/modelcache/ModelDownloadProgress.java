package dev.modelcache;

/**
 * A transfer goes on; at most four a second for each model.
 *
 * @param modelId the model's id
 * @param progress how far it is
 */
public record ModelDownloadProgress(String modelId, TransferProgress progress) implements ModelCacheEvent {

}
