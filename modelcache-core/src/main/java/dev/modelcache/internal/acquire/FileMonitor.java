package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Duration;

import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.acquire.AcquisitionWatch.DiskStep;
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

	/**
	 * Takes a step of the disk of which no progress can be seen.
	 * @param bytes how many bytes the disk may have to write
	 * @param step the step
	 * @throws IOException if the step fails
	 */
	void storing(long bytes, DiskStep step) throws IOException;

	/** The whole file is fetched again. */
	void retryingWholeFile(ModelCacheException reason);

}
