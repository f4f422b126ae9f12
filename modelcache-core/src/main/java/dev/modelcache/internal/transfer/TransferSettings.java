/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;

import dev.modelcache.internal.http.HttpSettings;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/**
 * How bytes are fetched.
 *
 * @param bufferSize the most bytes that one connection holds in memory
 * @param connections how many connections fetch one file
 * @param segmentSize how many bytes one request asks for
 * @param responseTimeout how long a request may wait for its response's headers
 * @param stallTimeout how long a body may bring no byte while bytes are wanted
 * @param maxRedirects how many redirects are followed for one request
 * @param insecureHttpAllowed whether plain {@code http:} is allowed, also as a redirect's
 * target
 * @param maxBandwidth how many bytes all transfers together take in a second, or
 * {@code null} for any number
 * @param giveUpAfter how long a file may bring no new byte, whatever its mirrors promise
 * @param minSpeed the fewest bytes per second that a mirror must send, over a minute; 0
 * for any number
 */
public record TransferSettings(DataSize bufferSize, int connections, DataSize segmentSize, Duration responseTimeout,
		Duration stallTimeout, int maxRedirects, boolean insecureHttpAllowed, @Nullable DataSize maxBandwidth,
		Duration giveUpAfter, DataSize minSpeed) {

	/** What {@link #giveUpAfter()} is where nobody configures it. */
	public static final Duration GIVE_UP_AFTER = Duration.ofMinutes(15);

	/** What {@link #minSpeed()} is where nobody configures it. */
	public static final DataSize MIN_SPEED = DataSize.ofKilobytes(1);

	/**
	 * Creates settings without a limit on the bandwidth.
	 * @param bufferSize the most bytes that one connection holds in memory
	 * @param connections how many connections fetch one file
	 * @param segmentSize how many bytes one request asks for
	 * @param responseTimeout how long a request may wait for its response's headers
	 * @param stallTimeout how long a body may bring no byte while bytes are wanted
	 * @param maxRedirects how many redirects are followed for one request
	 * @param insecureHttpAllowed whether plain {@code http:} is allowed
	 */
	public TransferSettings(DataSize bufferSize, int connections, DataSize segmentSize, Duration responseTimeout,
			Duration stallTimeout, int maxRedirects, boolean insecureHttpAllowed) {
		this(bufferSize, connections, segmentSize, responseTimeout, stallTimeout, maxRedirects, insecureHttpAllowed,
				null, GIVE_UP_AFTER, MIN_SPEED);
	}

	/**
	 * Returns the settings of an application that configures nothing.
	 * @return the defaults
	 */
	public static TransferSettings defaults() {
		return new TransferSettings(DataSize.ofMegabytes(1), 4, DataSize.ofMegabytes(16), Duration.ofSeconds(30),
				Duration.ofSeconds(30), 20, false);
	}

	/**
	 * Returns the limits of the requests.
	 * @return the limits
	 */
	public HttpSettings http() {
		Duration grown = this.responseTimeout.multipliedBy(20);
		Duration longest = (grown.compareTo(this.giveUpAfter) < 0) ? grown : this.giveUpAfter;
		return new HttpSettings(this.responseTimeout,
				(longest.compareTo(this.responseTimeout) > 0) ? longest : this.responseTimeout,
				HttpSettings.LARGEST_ANSWER, this.maxRedirects, this.insecureHttpAllowed);
	}

}
