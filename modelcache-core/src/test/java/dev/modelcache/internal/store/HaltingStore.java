/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

import java.time.Clock;

import dev.modelcache.internal.lock.ExclusiveFiles;

/**
 * A store whose process ends, as if it was killed, when it has moved its first file to
 * its place and before it writes down that it did.
 */
public final class HaltingStore {

	private HaltingStore() {
	}

	public static ModelStore create(StoreSettings settings, ExclusiveFiles files, Clock clock) {
		return new ModelStore(settings, files, clock, null, (directory) -> Runtime.getRuntime().halt(9));
	}

}
