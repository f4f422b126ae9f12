/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.lock;

import java.util.function.Consumer;

import dev.modelcache.LockOwner;

/**
 * Factory of locks that exclude all other writers of a model: threads, application
 * contexts and processes.
 */
public interface CacheLockFactory {

	/**
	 * Acquires a lock, waiting for its current holder.
	 * <p>
	 * <em>Blocking</em>: until the lock is acquired. <em>Cancellation</em>: an exception
	 * from {@link LockRequest#pause()} or {@code whileWaiting} ends the wait and is
	 * propagated. Threads of the cache are never interrupted; if another thread is
	 * interrupted, a {@link dev.modelcache.ModelCancelledException} is thrown and the
	 * interrupt status of the thread is kept. <em>Errors</em>:
	 * {@link dev.modelcache.ModelLockTimeoutException} if the holder makes no progress
	 * for too long, {@link dev.modelcache.ModelStorageException} if the lock file cannot
	 * be created.
	 * @param request the request
	 * @param whileWaiting receives the current holder, immediately and after each pause;
	 * an acquisition that makes no progress and receives no holder for
	 * {@code hooks.llm.download.give-up-after} fails
	 * @return the lock, which the caller must close
	 */
	CacheLock acquire(LockRequest request, Consumer<LockOwner> whileWaiting);

}
