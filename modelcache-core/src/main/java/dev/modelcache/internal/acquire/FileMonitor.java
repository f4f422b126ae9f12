package dev.modelcache.internal.acquire;

import java.time.Duration;

import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.transfer.TransferListener;

/**
 * Hears how one file of a model fares.
 */
interface FileMonitor extends TransferListener {

	/** All bytes are there. */
	void verifying();

	/** The digest was compared with the expected one. */
	void verified(boolean matched, Duration elapsed);

	/** Nothing comes on for a while, for a reason that is known. */
	void pausing(Duration pause);

	/** The whole file is fetched again. */
	void retryingWholeFile(ModelCacheException reason);

}
