package dev.modelcache;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Immutable description of what a host sent until one of its requests failed, or until
 * the transfer ended.
 */
public final class TransferAttempt {

	private static final int LONGEST_ERROR = 500;

	private final Instant at;

	private final String host;

	private final long bytes;

	private final @Nullable String error;

	/**
	 * Creates a description.
	 * @param at when the attempt ended
	 * @param host the {@code host:port}
	 * @param bytes the bytes that the host has sent since its attempt before
	 * @param error why it failed, or {@code null} if it did not; long texts are cut
	 */
	public TransferAttempt(Instant at, String host, long bytes, @Nullable String error) {
		this.at = at;
		this.host = host;
		this.bytes = bytes;
		this.error = (error != null && error.length() > LONGEST_ERROR) ? error.substring(0, LONGEST_ERROR) + "…"
				: error;
	}

	/**
	 * Returns when the attempt ended.
	 * @return the time
	 */
	public Instant at() {
		return this.at;
	}

	/**
	 * Returns the host.
	 * @return its {@code host:port}; {@code local} for a file
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns the bytes that the host has sent since its attempt before.
	 * @return the number of bytes
	 */
	public long bytes() {
		return this.bytes;
	}

	/**
	 * Returns why the attempt failed.
	 * @return the problem without user-info, query and fragment of any URL, or
	 * {@code null} if the attempt did not fail
	 */
	public @Nullable String error() {
		return this.error;
	}

	@Override
	public String toString() {
		return this.at + " " + this.host + " " + this.bytes + ((this.error != null) ? " " + this.error : "");
	}

}
