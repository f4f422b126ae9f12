/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.transfer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.ModelCacheException;
import dev.modelcache.internal.http.Failures;
import dev.modelcache.internal.http.RequestFailedException;

/**
 * Tracks whether a transfer makes progress: how many bytes were on disk at most, when
 * they last became more, and what went wrong meanwhile. Owned by the {@link Coordinator}.
 */
final class Progress {

	private static final int MOST_FAILURES_KEPT = 100;

	private final DownloadPlan plan;

	private final Duration giveUpAfter;

	private final List<RequestFailedException> failures = new ArrayList<>();

	private final long leastBytes;

	private long highWater;

	private long bytesAtLast;

	private long lastNanos;

	/**
	 * Creates it.
	 * @param plan what is fetched
	 * @param giveUpAfter how long nothing may come
	 * @param leastBytes how many new bytes count as something
	 * @param nowNanos the time
	 */
	Progress(DownloadPlan plan, Duration giveUpAfter, long leastBytes, long nowNanos) {
		this.plan = plan;
		this.giveUpAfter = giveUpAfter;
		this.leastBytes = leastBytes;
		this.lastNanos = nowNanos;
	}

	/** These bytes were there from the beginning. */
	void beginsAt(long written) {
		this.highWater = written;
		this.bytesAtLast = written;
	}

	/**
	 * Takes note of how many bytes are on disk.
	 * @return whether they are more than ever before
	 */
	boolean rises(long written, long nowNanos) {
		if (written <= this.highWater) {
			return false;
		}
		this.highWater = written;
		if (written - this.bytesAtLast >= this.leastBytes) {
			this.bytesAtLast = written;
			this.lastNanos = nowNanos;
		}
		return true;
	}

	/** Takes note of a failed request; of very many, the last one is kept. */
	void failed(RequestFailedException failure) {
		if (this.failures.size() == MOST_FAILURES_KEPT) {
			this.failures.remove(MOST_FAILURES_KEPT - 1);
		}
		this.failures.add(failure);
	}

	/** Returns whether nothing will have come for too long at some time. */
	boolean isTooLongAgo(long atNanos) {
		return atNanos - this.lastNanos > this.giveUpAfter.toNanos();
	}

	/** Returns whether a request has failed. */
	boolean hasFailed() {
		return !this.failures.isEmpty();
	}

	/** Returns what all failed requests mean together. */
	ModelCacheException summary() {
		return Failures.summarize(this.plan.modelId(), this.failures);
	}

}
