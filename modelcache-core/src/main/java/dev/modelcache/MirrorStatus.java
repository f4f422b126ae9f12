package dev.modelcache;

/**
 * Immutable description of a host in the present or last transfer of a model.
 */
public final class MirrorStatus {

	private final String host;

	private final State state;

	private final long bytesPerSecond;

	private final int failures;

	/**
	 * Creates a description.
	 * @param host the {@code host:port}
	 * @param state what it does
	 * @param bytesPerSecond its average speed while it was active, 0 if that is not known
	 * @param failures the number of requests to it that failed
	 */
	public MirrorStatus(String host, State state, long bytesPerSecond, int failures) {
		this.host = host;
		this.state = state;
		this.bytesPerSecond = bytesPerSecond;
		this.failures = failures;
	}

	/**
	 * Returns the host.
	 * @return its {@code host:port}; {@code local} for a file
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns what the host does.
	 * @return the state
	 */
	public State state() {
		return this.state;
	}

	/**
	 * Returns the average speed while the host was active.
	 * @return bytes per second, 0 if that is not known
	 */
	public long bytesPerSecond() {
		return this.bytesPerSecond;
	}

	/**
	 * Returns the number of requests to the host that failed.
	 * @return the number
	 */
	public int failures() {
		return this.failures;
	}

	@Override
	public String toString() {
		return this.host + " " + this.state + " " + this.bytesPerSecond + " B/s, " + this.failures + " failures";
	}

	/**
	 * What a host does.
	 */
	public enum State {

		/** The host sends bytes. */
		ACTIVE,

		/** Its last request failed, and it has sent nothing since. */
		FAILING,

		/** The host has done its part, and the transfer is over. */
		IDLE

	}

}
