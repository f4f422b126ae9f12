package dev.modelcache;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The process that is acquiring a model, as its note beside the lock tells.
 *
 * @param pid the process id on its host
 * @param host the host's name
 * @param since when it took the lock
 * @param heartbeat when it last said that it lives
 * @param progress how far it is, or {@code null} before its transfer started
 */
public record LockOwner(long pid, String host, Instant since, Instant heartbeat, @Nullable TransferProgress progress) {

}
