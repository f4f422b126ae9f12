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
 * hold the locks of their models meanwhile; a holder of a turn never waits for a lock. A
 * turn ends before the lock is released, and with a cancellation, also if the thread of a
 * model does not come back from the disk.
 * <p>
 * <em>Thread-safety</em>: all methods, also those of a turn. <em>Blocking</em>:
 * {@link #awaitStart} and {@link Turn#take}.
 */
public final class DownloadTurns {

	private final int atOnce;

	private final Duration jitter;

	private final DoubleSupplier random;

	private final Clock clock;

	private volatile Duration delay = Duration.ZERO;

	private volatile Instant start = Instant.MIN;

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
		this.jitter = jitter;
		this.random = random;
		this.clock = clock;
		start();
	}

	/** Draws the moment, also of an application that is started again. */
	void start() {
		this.delay = Duration.ofMillis((long) (this.jitter.toMillis() * this.random.getAsDouble()));
		this.start = this.clock.instant().plus(this.delay);
	}

	/** Waits for the moment before which nothing is requested, unless it has passed. */
	void awaitStart(AcquisitionMonitor monitor, Cancellation cancellation) {
		Duration left = Duration.between(this.clock.instant(), this.start);
		// A clock may be set back.
		Duration wait = (left.compareTo(this.delay) < 0) ? left : this.delay;
		if (wait.toMillis() > 0) {
			monitor.queued("for " + wait.toMillis() + " ms before its first request (hooks.llm.startup.jitter)",
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
			Request request = request();
			Mono<Void> wait = request.granted();
			if (request.first()) {
				// The thread may hang in the disk, and never come to its end.
				cancellation.onCancel(this::end);
			}
			if (wait != null && !request.first()) {
				cancellation.await(wait);
			}
			else if (wait != null) {
				monitor.queued(
						"until one of " + DownloadTurns.this.atOnce
								+ " other models is downloaded (hooks.llm.download.models)",
						() -> cancellation.await(wait));
			}
		}

		private Request request() {
			synchronized (DownloadTurns.this) {
				boolean first = this.granted == null;
				if (this.granted == null) {
					this.granted = Sinks.empty();
					DownloadTurns.this.queue.add(this);
					grant();
				}
				return new Request(first, this.taken ? null : this.granted.asMono());
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

	/**
	 * What a thread of a model asked for.
	 *
	 * @param first whether no thread of the model has asked before
	 * @param granted what it waits for, or {@code null} if it is the model's turn
	 */
	private record Request(boolean first, @Nullable Mono<Void> granted) {

	}

}
