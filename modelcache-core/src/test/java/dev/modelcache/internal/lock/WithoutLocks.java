/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.lock;

import java.io.IOException;
import java.time.Clock;

import dev.modelcache.lock.CacheLockFactory;
import org.springframework.retry.backoff.ThreadWaitSleeper;

/**
 * A file system that has no locks.
 */
public final class WithoutLocks {

	private static final FileLocking NONE = (channel) -> {
		throw new IOException("No locks available");
	};

	private WithoutLocks() {
	}

	public static CacheLockFactory factory(LockSettings settings) {
		return new FileCacheLockFactory(settings, Clock.systemUTC(), System::nanoTime, NONE, new ThreadWaitSleeper());
	}

	public static ExclusiveFiles files() {
		return new ExclusiveFiles(NONE);
	}

}
