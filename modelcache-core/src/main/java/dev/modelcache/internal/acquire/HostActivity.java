/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.time.Instant;

import dev.modelcache.MirrorStatus;
import dev.modelcache.MirrorStatus.State;
import dev.modelcache.TransferAttempt;
import org.jspecify.annotations.Nullable;

/**
 * What one host does in one transfer. It is active from its first bytes on until it fails
 * or the transfer ends, and again with its next bytes.
 * <p>
 * <em>Thread-safety</em>: guarded by the {@link ModelHistory} it belongs to.
 */
final class HostActivity {

	private final String host;

	private @Nullable Instant activeSince;

	private Duration activeBefore = Duration.ZERO;

	private long bytes;

	private long bytesOfAttempt;

	private int failures;

	private boolean failing;

	HostActivity(String host) {
		this.host = host;
	}

	boolean isActive() {
		return this.activeSince != null;
	}

	void brought(long count, Instant now) {
		if (this.activeSince == null) {
			this.activeSince = now;
			this.failing = false;
		}
		this.bytes += count;
		this.bytesOfAttempt += count;
	}

	/** A request to it failed. */
	TransferAttempt failed(String problem, Instant now) {
		this.failures++;
		this.failing = true;
		return ended(problem, now);
	}

	/** The transfer ended, or began again. */
	TransferAttempt ended(@Nullable String problem, Instant now) {
		this.activeBefore = active(now);
		this.activeSince = null;
		TransferAttempt attempt = new TransferAttempt(now, this.host, this.bytesOfAttempt, problem);
		this.bytesOfAttempt = 0;
		return attempt;
	}

	private Duration active(Instant now) {
		if (this.activeSince == null || now.isBefore(this.activeSince)) {
			return this.activeBefore;
		}
		return this.activeBefore.plus(Duration.between(this.activeSince, now));
	}

	/**
	 * Returns the average over the time that it was active, 0 while that is not known.
	 */
	private long bytesPerSecond(Instant now) {
		long millis = active(now).toMillis();
		return (millis > 0) ? Math.round(this.bytes * 1000.0 / millis) : 0;
	}

	MirrorStatus status(Instant now) {
		return new MirrorStatus(this.host, state(), bytesPerSecond(now), this.failures);
	}

	private State state() {
		if (isActive()) {
			return State.ACTIVE;
		}
		return this.failing ? State.FAILING : State.IDLE;
	}

}
