/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.DoubleSupplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * When models may be downloaded: not before a moment after the start, so that the
 * instances of an application do not all begin at once. Then lets a limited number of
 * models be downloaded at a time. The others wait, in the order in which they came, and
 * hold the locks of their models meanwhile; whoever has a turn waits for no lock.
 * <p>
 * <em>Thread-safety</em>: all methods, also those of a turn. <em>Blocking</em>:
 * {@link Turn#take} alone.
 */
public final class DownloadTurns {

	private final int atOnce;

	private final Instant start;

	private final Clock clock;

	private final Deque<Turn> queue = new ArrayDeque<>();

	private int taken;

	/**
	 * Creates it.
	 * @param atOnce how many models may be downloaded at a time
	 * @param jitter how long after its creation nothing is requested at most
	 * @param random draws that time: from 0 to 1
	 * @param clock tells the time
	 */
	public DownloadTurns(int atOnce, Duration jitter, DoubleSupplier random, Clock clock) {
		this.atOnce = atOnce;
		this.start = clock.instant().plusMillis((long) (jitter.toMillis() * random.getAsDouble()));
		this.clock = clock;
	}

	/** Waits for the moment before which nothing is requested, unless it has passed. */
	void awaitStart(AcquisitionMonitor monitor, Cancellation cancellation) {
		Duration wait = Duration.between(this.clock.instant(), this.start);
		if (wait.toMillis() > 0) {
			monitor.queued("for " + wait.toSeconds() + " s before its first request (hooks.llm.startup.jitter)",
					() -> cancellation.sleep(wait));
		}
	}

	/** Returns the turn of a model, which is not taken yet. */
	Turn turn() {
		return new Turn();
	}

	/**
	 * The turn of one model, for all its files.
	 */
	final class Turn {

		/** Guarded by the turns, as is the next one. */
		private Sinks.@Nullable Empty<Void> granted;

		private boolean taken;

		/**
		 * Waits until it is this model's turn, unless that is so already.
		 * @param monitor shows that the model waits
		 * @param cancellation ends the wait
		 */
		void take(AcquisitionMonitor monitor, Cancellation cancellation) {
			Mono<Void> wait = request();
			if (wait != null) {
				monitor.queued(
						"until one of " + DownloadTurns.this.atOnce
								+ " other models is downloaded (hooks.llm.download.models)",
						() -> cancellation.await(wait));
			}
		}

		private @Nullable Mono<Void> request() {
			synchronized (DownloadTurns.this) {
				if (this.granted == null) {
					this.granted = Sinks.empty();
					DownloadTurns.this.queue.add(this);
					grant();
				}
				return this.taken ? null : this.granted.asMono();
			}
		}

		/** It is the next model's turn. This one may be taken again. */
		void end() {
			synchronized (DownloadTurns.this) {
				DownloadTurns.this.queue.remove(this);
				if (this.taken) {
					DownloadTurns.this.taken--;
				}
				this.taken = false;
				this.granted = null;
				grant();
			}
		}

		/** A sink without operators behind it only wakes a thread. */
		private void grant() {
			DownloadTurns turns = DownloadTurns.this;
			while (turns.taken < turns.atOnce && !turns.queue.isEmpty()) {
				Turn next = turns.queue.remove();
				turns.taken++;
				next.taken = true;
				if (next.granted != null) {
					next.granted.tryEmitEmpty();
				}
			}
		}

	}

}
