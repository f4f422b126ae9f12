/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.store;

/**
 * Versions in the cache of the Hub's own tools, where links cannot be made.
 */
class HubSnapshotWithoutLinksTests extends HubSnapshotTests {

	@Override
	boolean links() {
		return false;
	}

}
