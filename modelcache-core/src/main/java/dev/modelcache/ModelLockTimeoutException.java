package dev.modelcache;

import java.nio.file.Path;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Another process holds the lock and has made no progress for too long.
 */
public final class ModelLockTimeoutException extends ModelCacheException {

	private final @Nullable LockOwner owner;

	/**
	 * Creates an exception.
	 * @param modelId the model's id
	 * @param lockFile the lock file
	 * @param owner who holds the lock, or {@code null} where its note cannot be read
	 * @param waited how long the owner made no progress
	 */
	public ModelLockTimeoutException(@Nullable String modelId, Path lockFile, @Nullable LockOwner owner,
			Duration waited) {
		super(ErrorCode.LOCK_TIMEOUT, modelId,
				describe(owner) + " holds the lock " + lockFile + " and made no progress for " + waited.toSeconds()
						+ " s",
				"End that process if it hangs, or raise hooks.llm.lock.timeout; the lock file itself can stay", null);
		this.owner = owner;
	}

	private static String describe(@Nullable LockOwner owner) {
		return (owner != null) ? "process " + owner.pid() + " on " + owner.host() + " (since " + owner.since() + ")"
				: "an unknown process";
	}

	/**
	 * Returns who holds the lock.
	 * @return the owner, or {@code null} where its note cannot be read
	 */
	public @Nullable LockOwner owner() {
		return this.owner;
	}

}
