/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.content;

import java.io.IOException;

/**
 * Ends a thread that follows a growing file whose result is no longer needed.
 */
final class StoppedException extends IOException {

	StoppedException() {
		super("stopped");
	}

}
