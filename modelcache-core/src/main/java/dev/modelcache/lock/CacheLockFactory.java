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
	 * <em>Blocking</em>. <em>Cancellation</em>: an exception of
	 * {@link LockRequest#pause()} or of {@code whileWaiting} ends the wait and is thrown
	 * on. Threads of the cache are never interrupted; another thread that is interrupted
	 * gets a {@link dev.modelcache.ModelCancelledException} and stays interrupted.
	 * <em>Errors</em>: {@link dev.modelcache.ModelLockTimeoutException} when the holder
	 * made no progress for too long, {@link dev.modelcache.ModelStorageException} if
	 * there can be no lock file.
	 * @param request what is locked
	 * @param whileWaiting hears who holds it, at once and at every look; an acquisition
	 * in which nothing advances and that is not told for
	 * {@code hooks.llm.download.give-up-after} fails
	 * @return the lock; the caller closes it
	 */
	CacheLock acquire(LockRequest request, Consumer<LockOwner> whileWaiting);

}
