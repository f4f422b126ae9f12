package dev.modelcache.lock;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * What is to be locked.
 *
 * @param modelId the model's id, for messages
 * @param lockFile the permanent lock file; made if it is missing, never deleted
 * @param pause waits between two looks at a lock that is held; throws an exception when
 * the lock is no longer wanted, which the factory throws on. {@code null} to sleep
 */
public record LockRequest(String modelId, Path lockFile, @Nullable Consumer<Duration> pause) {

	/**
	 * Creates a request of a thread that sleeps while it waits.
	 * @param modelId the model's id, for messages
	 * @param lockFile the permanent lock file
	 */
	public LockRequest(String modelId, Path lockFile) {
		this(modelId, lockFile, null);
	}

}
