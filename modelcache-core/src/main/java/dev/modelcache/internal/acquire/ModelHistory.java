/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import dev.modelcache.MirrorStatus;
import dev.modelcache.MirrorStatus.State;
import dev.modelcache.TransferAttempt;
import org.jspecify.annotations.Nullable;

/**
 * The hosts of one model's present or last transfer, and its last attempts; both bounded.
 * A transfer belongs to the same acquisition as the failures before its first byte.
 * <p>
 * <em>Thread-safety</em>: all methods; none holds the lock for longer than it takes to
 * write down, or copy, a few fields.
 */
final class ModelHistory {

	static final int MOST_HOSTS = 16;

	static final int MOST_ATTEMPTS = 20;

	private final Map<String, HostActivity> hosts = new LinkedHashMap<>();

	private final Deque<TransferAttempt> attempts = new ArrayDeque<>();

	private boolean transferring;

	/** What comes next belongs to another acquisition. */
	private boolean over;

	synchronized void started() {
		forgetWhatIsOver();
		this.transferring = true;
	}

	synchronized void requestFailed(String host, String problem, Instant now) {
		forgetWhatIsOver();
		HostActivity activity = host(host);
		add((activity != null) ? activity.failed(problem, now) : new TransferAttempt(now, host, 0, problem));
	}

	/** Bytes of a request that was cancelled may come after the end. */
	synchronized void brought(String host, long bytes, Instant now) {
		HostActivity activity = this.transferring ? host(host) : null;
		if (activity != null) {
			activity.brought(bytes, now);
		}
	}

	/** The attempts of all hosts that are active end, and the transfer may go on. */
	synchronized void endAttempts(@Nullable String problem, Instant now) {
		this.hosts.values()
			.stream()
			.filter(HostActivity::isActive)
			.forEach((activity) -> add(activity.ended(problem, now)));
	}

	synchronized void ended(Instant now) {
		endAttempts(null, now);
		this.transferring = false;
		this.over = true;
	}

	/** An acquisition may end without a transfer. */
	synchronized void acquisitionEnded() {
		this.over |= !this.transferring;
	}

	private void forgetWhatIsOver() {
		if (this.over) {
			this.hosts.clear();
			this.over = false;
		}
	}

	/** Returns a host; among too many, instead of one that brings nothing. */
	private @Nullable HostActivity host(String host) {
		HostActivity known = this.hosts.get(host);
		if (known != null) {
			return known;
		}
		if (this.hosts.size() == MOST_HOSTS) {
			Optional<String> useless = this.hosts.entrySet()
				.stream()
				.filter((entry) -> !entry.getValue().isActive())
				.map(Map.Entry::getKey)
				.findFirst();
			if (useless.isEmpty()) {
				return null;
			}
			this.hosts.remove(useless.get());
		}
		HostActivity activity = new HostActivity(host);
		this.hosts.put(host, activity);
		return activity;
	}

	private void add(TransferAttempt attempt) {
		if (this.attempts.size() == MOST_ATTEMPTS) {
			this.attempts.removeFirst();
		}
		this.attempts.addLast(attempt);
	}

	synchronized List<MirrorStatus> mirrors(Instant now) {
		return this.hosts.values().stream().map((activity) -> activity.status(now)).toList();
	}

	synchronized List<TransferAttempt> attempts() {
		return List.copyOf(this.attempts);
	}

	/**
	 * What one host does in one transfer. It is active from its first bytes on until it
	 * fails or the transfer ends, and again with its next bytes.
	 * <p>
	 * <em>Thread-safety</em>: guarded by the {@link ModelHistory} it belongs to.
	 */
	private static final class HostActivity {

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
		 * Returns the average over the time that it was active, 0 while that is not
		 * known.
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

}
