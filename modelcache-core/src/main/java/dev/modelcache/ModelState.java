package dev.modelcache;

/**
 * How far a model is.
 */
public enum ModelState {

	/** Not there, and nobody is fetching it. */
	ABSENT,

	/**
	 * Another process or application context is fetching it, or another operation of this
	 * one has not ended.
	 */
	WAITING,

	/** Finding out where it can be had and what it should be. */
	RESOLVING,

	/** Bytes are being fetched. */
	DOWNLOADING,

	/** The bytes are being compared with what they should be. */
	VERIFYING,

	/** Published: the file can be used. */
	READY,

	/** The last attempt failed; the error tells why. */
	FAILED,

	/** The last attempt was cancelled. */
	CANCELLED;

	/**
	 * Returns whether an acquisition is under way in this state.
	 * @return {@code true} from {@link #WAITING} to {@link #VERIFYING}
	 */
	public boolean isAcquiring() {
		return this == WAITING || this == RESOLVING || this == DOWNLOADING || this == VERIFYING;
	}

}
