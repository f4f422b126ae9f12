package dev.modelcache.lock;

import java.util.function.Consumer;

import dev.modelcache.LockOwner;

/**
 * Gives locks that exclude all writers of a model: threads, application contexts and
 * processes.
 */
public interface CacheLockFactory {

	/**
	 * Takes a lock, waiting for whoever holds it.
	 * <p>
	 * <em>Blocking</em>. <em>Cancellation</em>: interrupting the thread ends the wait
	 * with a {@link dev.modelcache.ModelCancelledException}; the thread stays
	 * interrupted. <em>Errors</em>: {@link dev.modelcache.ModelLockTimeoutException} when
	 * the holder made no progress for too long,
	 * {@link dev.modelcache.ModelStorageException} if there can be no lock file.
	 * @param request what is locked
	 * @param whileWaiting hears who holds it, at once and at every look; an acquisition
	 * in which nothing advances and that is not told for
	 * {@code hooks.llm.download.give-up-after} fails
	 * @return the lock; the caller closes it
	 */
	CacheLock acquire(LockRequest request, Consumer<LockOwner> whileWaiting);

}
