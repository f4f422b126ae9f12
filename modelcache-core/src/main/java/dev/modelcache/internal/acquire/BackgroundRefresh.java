package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import dev.modelcache.CachedModel;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelStatus;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Scheduler;

/**
 * Looks for updates of the models that are ready, if that is wanted, and for the model
 * itself while a substitute serves. What is there stays until something else is.
 * <p>
 * <em>Thread-safety</em>: all methods.
 */
public final class BackgroundRefresh implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(BackgroundRefresh.class);

	private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

	private final ModelCache cache;

	private final ConfiguredModels models;

	private final @Nullable Duration refreshInterval;

	private final Duration retryInterval;

	private final Scheduler timer;

	private final Clock clock;

	private final Map<String, Due> due = new HashMap<>();

	private final Set<String> running = new HashSet<>();

	private final Disposable.Composite work = Disposables.composite();

	/**
	 * Creates a refresh that does nothing until it is started.
	 * @param cache what refreshes
	 * @param models what is configured
	 * @param refreshInterval how often to look for updates, or {@code null} for never
	 * @param retryInterval how long a substitute serves before the model is tried again;
	 * doubles with each failure, up to an hour
	 * @param timer tells when to look
	 * @param clock tells the time
	 */
	public BackgroundRefresh(ModelCache cache, ConfiguredModels models, @Nullable Duration refreshInterval,
			Duration retryInterval, Scheduler timer, Clock clock) {
		this.cache = cache;
		this.models = models;
		this.refreshInterval = refreshInterval;
		this.retryInterval = retryInterval;
		this.timer = timer;
		this.clock = clock;
	}

	/**
	 * Begins to look, where there may be something to look for.
	 */
	public void start() {
		boolean substitutes = this.models.all()
			.stream()
			.anyMatch((model) -> model.fallbackUrl() != null || !model.fallbacks().isEmpty());
		if (substitutes || this.refreshInterval != null) {
			this.work.add(Flux.interval(tick(), this.timer)
				.onBackpressureDrop()
				.subscribe((tick) -> this.models.ids().forEach(this::look)));
		}
	}

	private Duration tick() {
		Duration shortest = (this.refreshInterval != null && this.refreshInterval.compareTo(this.retryInterval) < 0)
				? this.refreshInterval : this.retryInterval;
		return shortest.dividedBy(4).plusMillis(1);
	}

	private synchronized void look(String id) {
		ModelStatus status = this.cache.status(id);
		CachedModel model = (status != null) ? status.model() : null;
		if (model == null || this.running.contains(id)) {
			this.due.remove(id);
			return;
		}
		Instant now = this.clock.instant();
		Due next = this.due.get(id);
		if (next == null || next.fallback() != model.fallback()) {
			this.due.put(id, Due.after(now, interval(model.fallback(), 0), model.fallback(), 0));
		}
		else if (!now.isBefore(next.at())) {
			refresh(id, next);
		}
	}

	private @Nullable Duration interval(boolean fallback, int failures) {
		if (!fallback) {
			return this.refreshInterval;
		}
		Duration doubled = this.retryInterval.multipliedBy(1L << Math.min(failures, 30));
		return (doubled.compareTo(LONGEST_INTERVAL) < 0 || doubled.equals(this.retryInterval)) ? doubled
				: LONGEST_INTERVAL;
	}

	private void refresh(String id, Due before) {
		this.running.add(id);
		this.due.remove(id);
		this.work.add(this.cache.refresh(id)
			.doFinally((signal) -> ended(id))
			.subscribe((model) -> again(id, model.fallback(), model.fallback() ? before.failures() + 1 : 0),
					(failure) -> {
						logger.warn("Model '{}' could not be refreshed, the one that is there stays: {}", id,
								failure.getMessage());
						again(id, before.fallback(), before.failures() + 1);
					}));
	}

	private synchronized void again(String id, boolean fallback, int failures) {
		this.due.put(id, Due.after(this.clock.instant(), interval(fallback, failures), fallback, failures));
	}

	private synchronized void ended(String id) {
		this.running.remove(id);
	}

	/**
	 * Ends looking, and what is under way.
	 */
	@Override
	public void close() {
		this.work.dispose();
	}

	/**
	 * When to look next.
	 *
	 * @param at when
	 * @param fallback whether a substitute serves
	 * @param failures how often the model itself could not be had
	 */
	private record Due(Instant at, boolean fallback, int failures) {

		static Due after(Instant now, @Nullable Duration interval, boolean fallback, int failures) {
			return new Due((interval != null) ? now.plus(interval) : Instant.MAX, fallback, failures);
		}

	}

}
