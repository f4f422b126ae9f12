/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

/**
 * Immutable status of a host in the current or last transfer of a model.
 */
public final class MirrorStatus {

	private final String host;

	private final State state;

	private final long bytesPerSecond;

	private final int failures;

	/**
	 * Creates a status.
	 * @param host the {@code host:port}
	 * @param state the state of the host
	 * @param bytesPerSecond the average speed of the host while it was active, 0 if
	 * unknown
	 * @param failures the number of failed requests to the host
	 */
	public MirrorStatus(String host, State state, long bytesPerSecond, int failures) {
		this.host = host;
		this.state = state;
		this.bytesPerSecond = bytesPerSecond;
		this.failures = failures;
	}

	/**
	 * Returns the host.
	 * @return {@code host:port}, or {@code local} for a local file
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns the state of the host.
	 * @return the state
	 */
	public State state() {
		return this.state;
	}

	/**
	 * Returns the average speed while the host was active.
	 * @return bytes per second, 0 if unknown
	 */
	public long bytesPerSecond() {
		return this.bytesPerSecond;
	}

	/**
	 * Returns the number of failed requests to the host.
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
	 * State of a host.
	 */
	public enum State {

		/** The host is sending bytes. */
		ACTIVE,

		/** The last request to the host failed, and the host has sent nothing since. */
		FAILING,

		/** The transfer has ended. */
		IDLE

	}

}
