package dev.modelcache.lock;

import java.nio.file.Path;

/**
 * What is to be locked.
 *
 * @param modelId the model's id, for messages
 * @param lockFile the permanent lock file; made if it is missing, never deleted
 */
public record LockRequest(String modelId, Path lockFile) {

}
