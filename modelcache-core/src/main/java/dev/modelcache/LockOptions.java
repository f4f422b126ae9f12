package dev.modelcache;

import java.time.Duration;

/**
 * How to wait for another process that writes the same model: the keys below
 * {@code hooks.llm.lock}.
 */
public final class LockOptions {

	private Duration timeout = Duration.ofMinutes(30);

	private Duration staleAfter = Duration.ofHours(1);

	LockOptions() {
	}

	/**
	 * Returns the maximum time to wait while the owner of a lock makes no progress.
	 * @return the value
	 */
	public Duration timeout() {
		return this.timeout;
	}

	/**
	 * Sets the maximum time to wait while the owner of a lock makes no progress.
	 * @param timeout the value
	 * @return these options
	 */
	public LockOptions timeout(Duration timeout) {
		this.timeout = timeout;
		return this;
	}

	/**
	 * Returns the time without a heartbeat after which a lock is void on file systems
	 * without locks.
	 * @return the value
	 */
	public Duration staleAfter() {
		return this.staleAfter;
	}

	/**
	 * Sets the time without a heartbeat after which a lock is void on file systems
	 * without locks.
	 * @param staleAfter the value
	 * @return these options
	 */
	public LockOptions staleAfter(Duration staleAfter) {
		this.staleAfter = staleAfter;
		return this;
	}

}
