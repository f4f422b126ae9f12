/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.internal.FailureBoundary;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The work for the configured models that no caller waits for: acquires them at the
 * start, again after a failure that may be temporary, and when a health check finds one
 * missing; refreshes those that are ready at the refresh interval and while a fallback
 * serves.
 * <p>
 * <em>Thread-safety</em>: all methods. <em>Blocking</em>: none.
 */
public final class Background {

	private static final Logger logger = LoggerFactory.getLogger(Background.class);

	private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

	private static final Set<ErrorCode> MENDED_BY_TIME = EnumSet.of(ErrorCode.TRANSFER, ErrorCode.STORAGE,
			ErrorCode.LOCK_TIMEOUT);

	private final ModelCache cache;

	private final Duration retryInterval;

	private final @Nullable Duration refreshInterval;

	private final boolean onFirstUse;

	private final boolean refreshable;

	private final Scheduler timer;

	private final Clock clock;

	private final KeepAlive keepAlive = new KeepAlive();

	private final Map<String, Model> models = new LinkedHashMap<>();

	private boolean refreshing;

	private @Nullable Disposable ticks;

	private @Nullable Disposable statuses;

	private volatile boolean stopped;

	/**
	 * Creates it. Nothing runs until it is asked for.
	 * @param cache what acquires and refreshes
	 * @param models what is configured
	 * @param retryInterval the time between an attempt that failed and the next one;
	 * doubles with each failure, up to an hour
	 * @param refreshInterval how often to look for updates, or {@code null} for never
	 * @param onFirstUse whether models are acquired only when they are requested
	 * @param timer tells when to try again and when to look for updates
	 * @param clock tells the time
	 */
	public Background(ModelCache cache, ConfiguredModels models, Duration retryInterval,
			@Nullable Duration refreshInterval, boolean onFirstUse, Scheduler timer, Clock clock) {
		this.cache = cache;
		this.retryInterval = retryInterval;
		this.refreshInterval = refreshInterval;
		this.onFirstUse = onFirstUse;
		this.timer = timer;
		this.clock = clock;
		this.refreshable = refreshInterval != null || models.all()
			.stream()
			.anyMatch((model) -> model.fallbackUrl() != null || !model.fallbacks().isEmpty());
		models.ids().forEach((id) -> this.models.put(id, new Model(id)));
	}

	/**
	 * Begins to try again after failures, also those of attempts that callers requested.
	 */
	public synchronized void startRetrying() {
		if (!this.models.isEmpty() && !this.stopped && this.statuses == null) {
			this.statuses = Flux.defer(() -> Objects.requireNonNullElse(this.cache.statuses(), Flux.empty()))
				.map(ModelStatus::id)
				.mapNotNull(this.models::get)
				.subscribe(Model::changed,
						(failure) -> logger.debug("The failures of models are no longer watched", failure));
		}
	}

	/**
	 * Returns whether a model counts for the application's health: not before its first
	 * use, where models are only acquired then.
	 * @param id the model's id
	 * @return {@code true} if it counts
	 */
	public boolean counts(String id) {
		Model model = model(id);
		if (!this.onFirstUse || status(id).state() != ModelState.ABSENT) {
			model.used = true;
		}
		return model.used;
	}

	/**
	 * Acquires every model.
	 */
	public void ensureAll() {
		this.models.values().forEach(Model::ensure);
	}

	/**
	 * Acquires a model at once, unless it is running.
	 * @param id the model's id
	 * @throws ModelCancelledException if this was stopped
	 */
	public void ensure(String id) {
		requireOpen(id);
		model(id).ensure();
	}

	/**
	 * Requires that work may begin.
	 * @param id the model's id
	 * @throws ModelCancelledException if this was stopped
	 */
	void requireOpen(String id) {
		if (this.stopped) {
			throw Lanes.closing(id);
		}
	}

	/**
	 * Acquires a model that is missing, or failed for a reason that may pass, if enough
	 * time has passed since the last attempt.
	 * @param id the model's id
	 */
	public void ensureIfDue(String id) {
		if (counts(id)) {
			model(id).ensureIfDue();
		}
	}

	/**
	 * Returns when a model that failed for a reason that may pass is acquired again.
	 * @param id the model's id
	 * @return the time, or {@code null} if the model has not failed for such a reason
	 */
	public @Nullable Instant nextAttempt(String id) {
		return model(id).nextAttempt();
	}

	/**
	 * Begins to look for updates, if there can be any.
	 */
	public synchronized void startRefreshing() {
		this.refreshing = true;
		if (this.refreshable && !this.stopped && this.ticks == null) {
			this.ticks = Flux.interval(tick(), this.timer)
				.onBackpressureDrop()
				.subscribe((tick) -> this.models.values().forEach(Model::refreshIfDue));
		}
	}

	/**
	 * Ends what is running; nothing begins until {@link #start()}.
	 * @param cancelAll cancels what the cache does, so that callers are told why, or
	 * {@code null} if callers can only leave it
	 */
	public void stop(@Nullable Runnable cancelAll) {
		synchronized (this) {
			this.stopped = true;
			if (this.ticks != null) {
				this.ticks.dispose();
				this.ticks = null;
			}
			if (this.statuses != null) {
				this.statuses.dispose();
				this.statuses = null;
			}
		}
		List<Disposable> running = this.models.values().stream().flatMap(Model::stop).toList();
		if (cancelAll != null) {
			cancelAll.run();
		}
		else {
			running.forEach(Disposable::dispose);
		}
	}

	/**
	 * Resumes what {@link #stop} has ended.
	 */
	public synchronized void start() {
		this.stopped = false;
		if (this.refreshing) {
			startRefreshing();
		}
		this.models.values().forEach(Model::start);
		startRetrying();
	}

	/** A mock of the application's tests knows no status. */
	private ModelStatus status(String id) {
		return Objects.requireNonNullElse(this.cache.status(id), ModelStatus.absent(id));
	}

	private Model model(String id) {
		Model model = this.models.get(id);
		if (model == null) {
			throw new IllegalArgumentException("not configured: " + id);
		}
		return model;
	}

	/** Returns why a model failed, if the reason may be temporary. */
	static @Nullable ModelCacheException mendableFailure(ModelStatus status) {
		ModelCacheException failure = (status.state() == ModelState.FAILED) ? status.error() : null;
		return (failure != null && isMendedByTime(failure)) ? failure : null;
	}

	/** A failure may be temporary if one of the failures that led to it may be. */
	private static boolean isMendedByTime(ModelCacheException failure) {
		return MENDED_BY_TIME.contains(failure.code()) || Stream.of(failure.getSuppressed())
			.anyMatch((suppressed) -> suppressed instanceof ModelCacheException other && isMendedByTime(other));
	}

	private Duration tick() {
		Duration shortest = (this.refreshInterval != null && this.refreshInterval.compareTo(this.retryInterval) < 0)
				? this.refreshInterval : this.retryInterval;
		return shortest.dividedBy(4).plusMillis(1);
	}

	/** The time until the next attempt doubles with each failure. */
	private Duration retryInterval(int failures) {
		Duration doubled = this.retryInterval.multipliedBy(1L << Math.min(failures, 30));
		return (doubled.compareTo(LONGEST_INTERVAL) < 0 || failures == 0) ? doubled
				: (this.retryInterval.compareTo(LONGEST_INTERVAL) > 0) ? this.retryInterval : LONGEST_INTERVAL;
	}

	/** The work for one model: at most one acquisition and one refresh. */
	private final class Model {

		private final String id;

		private volatile boolean used;

		private @Nullable Disposable acquisition;

		/** Whether it was requested again after it had begun. */
		private boolean ensured;

		private volatile boolean cancelled;

		private int failures;

		/** The last failure that was counted. */
		private @Nullable ModelCacheException lastFailure;

		/** Whether it is that of the present acquisition. */
		private boolean counted;

		/** When the next attempt begins after it, if it may be temporary. */
		private @Nullable Instant dueAgain;

		private @Nullable Disposable retry;

		private @Nullable Disposable refresh;

		private boolean fallback;

		private int failedRefreshes;

		private @Nullable Instant refreshDue;

		private boolean interrupted;

		Model(String id) {
			this.id = id;
		}

		@Nullable Instant nextAttempt() {
			ModelCacheException failure = mendableFailure(status(this.id));
			if (failure == null) {
				return null;
			}
			synchronized (this) {
				count(failure);
				Instant now = now();
				return (this.dueAgain != null && this.dueAgain.isAfter(now)) ? this.dueAgain : now;
			}
		}

		/** The status has changed, perhaps more than once. */
		void changed() {
			ModelStatus status = status(this.id);
			switch (status.state()) {
				case FAILED -> {
					if (status.error() != null) {
						count(status.error());
					}
				}
				case ABSENT, READY, CANCELLED -> forgetFailures();
				default -> join();
			}
		}

		/** An attempt that a caller requested does not end because the caller leaves. */
		private void join() {
			acquire(() -> this.acquisition == null && this.retry != null);
		}

		/** Counts a failure that the status shows, once. */
		private synchronized void count(ModelCacheException failure) {
			if (failure != this.lastFailure) {
				countAgain(failure);
			}
		}

		/** Lets an attempt follow if the failure may be temporary. */
		private void countAgain(ModelCacheException failure) {
			this.lastFailure = failure;
			this.counted = true;
			this.dueAgain = null;
			stopRetry();
			if (isMendedByTime(failure)) {
				this.dueAgain = now().plus(retryInterval(this.failures++));
				if (this.acquisition == null) {
					retryWhenDue();
				}
			}
		}

		private synchronized void forgetFailures() {
			this.failures = 0;
			this.lastFailure = null;
			this.dueAgain = null;
			stopRetry();
		}

		/** An acquisition that has not been told its end yet calls it when it has. */
		private void retryWhenDue() {
			stopRetry();
			ModelStatus status = status(this.id);
			boolean wanted = mendableFailure(status) != null || status.state().isAcquiring();
			if (Background.this.stopped || this.dueAgain == null || !wanted) {
				return;
			}
			logger.info("Model '{}': the next attempt begins at {}", this.id,
					this.dueAgain.truncatedTo(ChronoUnit.SECONDS));
			long delay = Math.max(0, Duration.between(now(), this.dueAgain).toMillis());
			Disposable.Swap own = Disposables.swap();
			this.retry = own;
			own.update(Background.this.timer.schedule(() -> retry(own), delay, TimeUnit.MILLISECONDS));
		}

		private void stopRetry() {
			if (this.retry != null) {
				this.retry.dispose();
				this.retry = null;
			}
		}

		/** The status is read last, so that a cancellation before that counts. */
		private void retry(Disposable own) {
			acquire(() -> {
				if (this.retry != own) {
					return false;
				}
				this.retry = null;
				return this.acquisition == null && mendableFailure(status(this.id)) != null;
			});
		}

		/** One that has failed for a caller waits for its interval as well. */
		void ensureIfDue() {
			acquire(() -> {
				ModelStatus status = status(this.id);
				ModelCacheException failure = mendableFailure(status);
				if (failure != null) {
					count(failure);
				}
				return this.acquisition == null && (failure != null || status.state() == ModelState.ABSENT)
						&& (this.dueAgain == null || !now().isBefore(this.dueAgain));
			});
		}

		/**
		 * An attempt that has ended may not have been told so yet. If it ends because it
		 * was cancelled, or evicted, another one follows.
		 */
		void ensure() {
			acquire(() -> {
				ModelState state = status(this.id).state();
				boolean begins = this.acquisition == null || state == ModelState.CANCELLED
						|| state == ModelState.FAILED;
				this.ensured = !begins && !state.isAcquiring();
				return begins;
			});
		}

		private void acquire(BooleanSupplier wanted) {
			Disposable.Swap own = Disposables.swap();
			synchronized (this) {
				if (Background.this.stopped || !wanted.getAsBoolean()) {
					return;
				}
				this.used = true;
				this.acquisition = own;
				this.counted = false;
				this.ensured = false;
				this.cancelled = false;
				this.dueAgain = null;
				stopRetry();
			}
			Background.this.keepAlive.hold();
			own.update(FailureBoundary
				.around("beginning to acquire the model",
						Mono.defer(() -> Mono.justOrEmpty(Background.this.cache.get(this.id)))
							.flatMap((attempt) -> attempt))
				.doFinally((signal) -> acquired(own))
				.subscribe((model) -> forgetFailures(), this::failed));
		}

		private void acquired(Disposable ended) {
			Background.this.keepAlive.release();
			boolean again = false;
			synchronized (this) {
				if (this.acquisition == ended) {
					this.acquisition = null;
					again = this.ensured && this.cancelled;
					retryWhenDue();
				}
			}
			if (again) {
				ensure();
			}
			// A caller may have requested the model before the end was told.
			if (status(this.id).state().isAcquiring()) {
				join();
			}
		}

		/** A cancellation or an eviction is not a failure. */
		private void failed(Throwable failure) {
			if (failure instanceof ModelCancelledException) {
				logger.info("{}", failure.getMessage());
				this.cancelled = true;
				return;
			}
			logger.error("{}", failure.getMessage());
			logger.debug("Model '{}' failed", this.id, failure);
			synchronized (this) {
				if (failure instanceof ModelCacheException known && !(this.counted && known == this.lastFailure)) {
					countAgain(known);
				}
			}
		}

		void refreshIfDue() {
			CachedModel model = status(this.id).model();
			Disposable.Swap own = Disposables.swap();
			synchronized (this) {
				if (this.refresh != null) {
					return;
				}
				if (model == null || this.refreshDue == null || this.fallback != model.fallback()) {
					this.failedRefreshes = 0;
					this.refreshDue = (model != null) ? refreshLater(model.fallback()) : null;
					return;
				}
				if (now().isBefore(this.refreshDue)) {
					return;
				}
				this.refresh = own;
			}
			own.update(Background.this.cache.refresh(this.id)
				.doFinally((signal) -> refreshed())
				.subscribe((refreshed) -> again(refreshed.fallback(), refreshed.fallback()), (failure) -> {
					if (failure instanceof ModelCancelledException) {
						logger.info("{}", failure.getMessage());
						postpone();
						return;
					}
					logger.warn("Model '{}' could not be refreshed; the current version stays in use: {}", this.id,
							failure.getMessage());
					again(this.fallback, true);
				}));
		}

		private Instant refreshLater(boolean substitute) {
			this.fallback = substitute;
			Duration interval = substitute ? retryInterval(this.failedRefreshes) : Background.this.refreshInterval;
			return (interval != null) ? now().plus(interval) : Instant.MAX;
		}

		private synchronized void again(boolean substitute, boolean failed) {
			this.failedRefreshes = failed ? this.failedRefreshes + 1 : 0;
			this.refreshDue = refreshLater(substitute);
		}

		/** A cancellation is not a failure. */
		private synchronized void postpone() {
			this.refreshDue = refreshLater(this.fallback);
		}

		private synchronized void refreshed() {
			this.refresh = null;
		}

		/** Returns what runs. */
		synchronized Stream<Disposable> stop() {
			this.interrupted |= this.acquisition != null;
			stopRetry();
			return Stream.concat(Stream.ofNullable(this.acquisition), Stream.ofNullable(this.refresh));
		}

		void start() {
			boolean again;
			synchronized (this) {
				again = this.interrupted;
				this.interrupted = false;
				if (!again) {
					retryWhenDue();
				}
			}
			if (again) {
				ensure();
			}
		}

		private Instant now() {
			return Background.this.clock.instant();
		}

	}

	/**
	 * An idle thread that is not a daemon: it keeps an application without a web server
	 * alive while there is work in the background.
	 */
	private static final class KeepAlive {

		private int holders;

		private @Nullable CountDownLatch released;

		/** Keeps the application alive until as many releases follow. */
		synchronized void hold() {
			if (this.holders++ == 0) {
				CountDownLatch latch = new CountDownLatch(1);
				this.released = latch;
				Thread thread = new Thread(() -> awaitQuietly(latch), "modelcache-keep-alive");
				thread.setDaemon(false);
				thread.start();
			}
		}

		/** Takes back one hold. */
		synchronized void release() {
			if (--this.holders == 0 && this.released != null) {
				this.released.countDown();
				this.released = null;
			}
		}

		private static void awaitQuietly(CountDownLatch latch) {
			try {
				latch.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

}
