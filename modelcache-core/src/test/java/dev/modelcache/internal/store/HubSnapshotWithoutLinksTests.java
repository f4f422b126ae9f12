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
