/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal;

import java.io.IOException;

/**
 * Something that the disk does.
 */
@FunctionalInterface
public interface DiskStep {

	/**
	 * Does it.
	 * @throws IOException if the disk does not
	 */
	void take() throws IOException;

}
