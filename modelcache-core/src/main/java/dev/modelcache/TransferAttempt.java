/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Immutable description of a download attempt: the number of bytes that a host sent until
 * a request failed or the transfer ended.
 */
public final class TransferAttempt {

	private static final int LONGEST_ERROR = 500;

	private final Instant at;

	private final String host;

	private final long bytes;

	private final @Nullable String error;

	/**
	 * Creates a description.
	 * @param at the time at which the attempt ended
	 * @param host the {@code host:port}
	 * @param bytes the number of bytes that the host has sent since its previous attempt
	 * @param error the reason for the failure, or {@code null} if the attempt did not
	 * fail; long texts are truncated
	 */
	public TransferAttempt(Instant at, String host, long bytes, @Nullable String error) {
		this.at = at;
		this.host = host;
		this.bytes = bytes;
		this.error = (error != null && error.length() > LONGEST_ERROR) ? error.substring(0, LONGEST_ERROR) + "…"
				: error;
	}

	/**
	 * Returns the time at which the attempt ended.
	 * @return the time
	 */
	public Instant at() {
		return this.at;
	}

	/**
	 * Returns the host.
	 * @return {@code host:port}, or {@code local} for a local file
	 */
	public String host() {
		return this.host;
	}

	/**
	 * Returns the number of bytes that the host has sent since its previous attempt.
	 * @return the number of bytes
	 */
	public long bytes() {
		return this.bytes;
	}

	/**
	 * Returns the reason for the failure.
	 * @return the problem, without the user-info, query and fragment of URLs, or
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
