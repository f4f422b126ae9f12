package dev.modelcache.lock;

import dev.modelcache.TransferProgress;
import org.jspecify.annotations.Nullable;

/**
 * A held lock: its holder is the only writer, as far as the file system can promise that.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: a few system calls.
 * <em>Errors</em>: none; what cannot be written is logged.
 */
public interface CacheLock extends AutoCloseable {

	/**
	 * Says that the holder lives, and how far it is.
	 * @param progress the progress, or {@code null} before the transfer started
	 */
	void heartbeat(@Nullable TransferProgress progress);

	/**
	 * Releases the lock. The lock file stays, empty.
	 */
	@Override
	void close();

}
