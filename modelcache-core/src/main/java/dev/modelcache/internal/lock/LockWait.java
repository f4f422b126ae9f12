/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import dev.modelcache.LockOwner;
import dev.modelcache.ModelLockTimeoutException;
import dev.modelcache.TransferProgress;
import dev.modelcache.lock.LockRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One wait for a lock: who holds it, and since when that holder has made no progress.
 * That is counted in time that passes, which a clock that is set does not change.
 */
final class LockWait {

	private static final Logger logger = LoggerFactory.getLogger(LockWait.class);

	private final LockRequest request;

	private final Duration timeout;

	private final LongSupplier nanoTime;

	private final Consumer<LockOwner> listener;

	private @Nullable Long lastProgress;

	private @Nullable LockOwner seen;

	LockWait(LockRequest request, Duration timeout, LongSupplier nanoTime, Consumer<LockOwner> listener) {
		this.request = request;
		this.timeout = timeout;
		this.nanoTime = nanoTime;
		this.listener = listener;
	}

	/**
	 * Takes note of who holds the lock now.
	 * @param owner the holder, or {@code null} where its note cannot be read
	 * @throws ModelLockTimeoutException if it has made no progress for too long
	 */
	void heldBy(@Nullable LockOwner owner) {
		long now = this.nanoTime.getAsLong();
		if (this.lastProgress == null) {
			logger.info("Model '{}': waiting for {}", this.request.modelId(), describe(owner));
			this.lastProgress = now;
		}
		else if (hasProgressed(owner)) {
			this.lastProgress = now;
		}
		if (owner != null) {
			this.seen = owner;
			this.listener.accept(owner);
		}
		Duration silent = Duration.ofNanos(now - this.lastProgress);
		if (silent.compareTo(this.timeout) >= 0) {
			throw new ModelLockTimeoutException(this.request.modelId(), this.request.lockFile(), owner, silent);
		}
	}

	private boolean hasProgressed(@Nullable LockOwner owner) {
		LockOwner before = this.seen;
		if (owner == null || before == null) {
			return owner != null;
		}
		boolean another = owner.pid() != before.pid() || !owner.since().equals(before.since());
		boolean alive = owner.queued() && !owner.heartbeat().equals(before.heartbeat());
		return another || alive || !Objects.equals(bytes(owner.progress()), bytes(before.progress()));
	}

	private static @Nullable Long bytes(@Nullable TransferProgress progress) {
		return (progress != null) ? progress.bytes() : null;
	}

	static String describe(@Nullable LockOwner owner) {
		return (owner != null) ? "process " + owner.pid() + " on " + owner.host()
				+ ", which has been acquiring it since " + owner.since() : "another process that is acquiring it";
	}

}
