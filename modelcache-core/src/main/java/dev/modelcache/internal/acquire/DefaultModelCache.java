package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.CachedModel;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.Digest;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelEvicted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.acquire.Acquisition.Mode;
import dev.modelcache.internal.acquire.InFlightAcquisitions.Key;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/**
 * The model cache: one shared acquisition for all who ask for the same, and what
 * everybody may know about it.
 */
public final class DefaultModelCache implements ModelCache {

	private static final Logger logger = LoggerFactory.getLogger(DefaultModelCache.class);

	private final ConfiguredModels models;

	private final EngineThreads threads;

	private final Listeners listeners;

	private final Clock clock;

	private final StatusBoard board;

	/** The looks at the disk that have not been answered, by the model's id. */
	private final Map<String, Mono<ModelStatus>> checks = new ConcurrentHashMap<>();

	private final EventDispatcher events;

	private final InFlightAcquisitions inFlight;

	private final Duration giveUpAfter;

	private final CacheLookUp lookUp;

	private final PublishedModels published;

	private final Rooms rooms;

	private volatile Runnable atClose = () -> {
	};

	/**
	 * Creates a cache.
	 * @param models what the configuration names
	 * @param rooms what does the work
	 * @param threads where the work runs
	 * @param listeners who hears about it
	 * @param clock tells the time
	 */
	public DefaultModelCache(ConfiguredModels models, Rooms rooms, EngineThreads threads, Listeners listeners,
			Clock clock) {
		this.models = models;
		this.threads = threads;
		this.listeners = listeners;
		this.clock = clock;
		this.inFlight = new InFlightAcquisitions(threads.io());
		this.giveUpAfter = rooms.transfer().giveUpAfter();
		this.board = new StatusBoard(models.ids(), threads.statuses());
		EventDispatcher display = new EventDispatcher(listeners.display(), threads.display());
		this.events = new EventDispatcher(listeners.events(), threads.events(), display);
		this.lookUp = new CacheLookUp(rooms.store(), new FormatCheck(rooms.formats()), listeners.observer(), clock);
		this.published = new PublishedModels(rooms.store(), rooms.locks(), this.lookUp, listeners.observer(), clock);
		this.rooms = rooms;
		if (!models.ids().isEmpty()) {
			shrink();
		}
	}

	private void shrink() {
		Mono.fromRunnable(() -> this.published.shrink(this.models)).subscribeOn(this.threads.io()).subscribe((none) -> {
		}, (failure) -> logger.warn("The size of the cache cannot be kept", failure));
	}

	@Override
	public Mono<CachedModel> get(String id) {
		return Mono.defer(() -> get(this.models.get(id)));
	}

	@Override
	public Mono<CachedModel> get(ModelRequest request) {
		return acquire(request, Mode.USE_CACHED);
	}

	private Mono<CachedModel> acquire(ModelRequest request, Mode mode) {
		return Mono.defer(
				() -> this.inFlight.join(key(request), () -> Mono.create((caller) -> acquire(request, mode, caller))));
	}

	private void acquire(ModelRequest request, Mode mode, MonoSink<CachedModel> caller) {
		Cancellation cancellation = new Cancellation();
		AtomicBoolean abandoned = new AtomicBoolean();
		AtomicReference<AcquisitionMonitor> told = new AtomicReference<>();
		AcquisitionWatch watch = new AcquisitionWatch(this.giveUpAfter, this.threads.timer(), this.threads.io(),
				cancellation, (failure) -> {
					if (abandoned.compareAndSet(false, true)) {
						Objects.requireNonNull(told.get()).failed(failure);
						caller.error(failure);
					}
				});
		AcquisitionMonitor monitor = new AcquisitionMonitor(request.id(), this.board, this.events,
				this.listeners.observer(), this.clock, watch);
		told.set(monitor);
		caller.onCancel(() -> {
			cancellation.cancel(cancelled(request.id(), "it was cancelled"));
			monitor.cancelled();
		});
		this.threads.io().schedule(() -> {
			try {
				CachedModel model = new Acquisition(request, mode, this.rooms, this.lookUp, this.threads, this.clock,
						monitor, cancellation)
					.call();
				monitor.ready(model);
				if (model.outcome() != ModelOutcome.CACHED) {
					shrink();
				}
				if (abandoned.compareAndSet(false, true)) {
					caller.success(model);
				}
			}
			catch (Throwable ex) {
				ModelCacheException failure = monitor
					.asModelCacheException(FailureBoundary.asException("ending the acquisition", ex));
				if (abandoned.compareAndSet(false, true)) {
					monitor.failed(failure);
					caller.error(failure);
				}
			}
		});
	}

	private Key key(ModelRequest request) {
		return new Key(request.id(), this.lookUp.lexicalPath(Candidate.of(request).get(0)));
	}

	@Override
	public ModelStatus status(String id) {
		ModelStatus status = this.board.get(id);
		if (status.state() == ModelState.ABSENT) {
			this.models.get(id);
		}
		return status;
	}

	@Override
	public Mono<ModelStatus> check(String id) {
		return Mono.defer(() -> {
			ModelStatus status = status(id);
			return (status.model() != null) ? this.checks.computeIfAbsent(id, this::look) : Mono.just(status);
		});
	}

	/** Looks at the disk, once for all who subscribe before it has answered. */
	private Mono<ModelStatus> look(String id) {
		return Mono.fromCallable(() -> {
			CachedModel model = this.board.get(id).model();
			if (model != null && !model.files().stream().allMatch(Files::exists)) {
				this.board.update(id, (status) -> model.equals(status.model()) ? ModelStatus.absent(id) : status);
			}
			return this.board.get(id);
		})
			.subscribeOn(this.threads.io())
			.onErrorResume(RejectedExecutionException.class, (closed) -> Mono.fromCallable(() -> this.board.get(id)))
			.doFinally((signal) -> this.checks.remove(id))
			.cache();
	}

	@Override
	public Flux<ModelStatus> statuses() {
		return this.board.watch();
	}

	@Override
	public Mono<Void> evict(String id) {
		return Mono.<Void>fromRunnable(() -> {
			ModelRequest request = this.models.get(id);
			this.inFlight.cancel(key(request), cancelled(id, "it was evicted while it was being acquired"));
			this.published.evict(request, (path) -> this.events.dispatch(new ModelEvicted(id, path)));
			this.board.update(id, (status) -> ModelStatus.absent(id));
		}).subscribeOn(this.threads.waiting());
	}

	@Override
	public Mono<CachedModel> verify(String id) {
		return Mono.defer(() -> {
			ModelRequest request = this.models.get(id);
			Mono<CachedModel> model = check(id).flatMap((status) -> Mono.justOrEmpty(status.model()))
				.switchIfEmpty(Mono.defer(() -> get(request)));
			return model.publishOn(this.threads.io()).flatMap((found) -> verify(request, found));
		});
	}

	private Mono<CachedModel> verify(ModelRequest request, CachedModel model) {
		return Mono.fromCallable(() -> {
			this.published.verify(this.published.candidateOf(request, model), model);
			return model;
		}).doOnError(ModelCacheException.class, (failure) -> {
			// Meanwhile it may have been replaced or evicted: then it says nothing of
			// now.
			if (model.equals(this.board.get(request.id()).model())) {
				this.board.update(request.id(),
						(status) -> model.equals(status.model()) ? status.failed(failure) : status);
				this.events.dispatch(new ModelFailed(request.id(), failure, Duration.ZERO));
			}
		});
	}

	@Override
	public Mono<CachedModel> refresh(String id) {
		return Mono.defer(() -> {
			ModelRequest request = this.models.get(id);
			return check(id).flatMap((status) -> {
				CachedModel model = status.model();
				Digest expected = request.expectedDigest();
				boolean settled = model == null || (model.verified() && !model.fallback() && expected != null);
				return settled ? get(request) : acquire(request, Mode.RENEW);
			});
		});
	}

	@Override
	public Mono<Void> cancel(String id) {
		return Mono
			.<Void>fromRunnable(() -> this.inFlight.cancel(key(this.models.get(id)), cancelled(id, "it was cancelled")))
			.subscribeOn(this.threads.io());
	}

	private static ModelCancelledException cancelled(@Nullable String id, String why) {
		return new ModelCancelledException(id, why,
				(id != null)
						? "Request the model '" + id + "' again, for example with the action 'ensure' of the endpoint"
								+ " modelcache, or restart the application"
						: "Restart the application");
	}

	/**
	 * Adds what is closed after the cache itself.
	 * @param close closes it
	 */
	public void closing(Runnable close) {
		this.atClose = close;
	}

	/**
	 * Cancels everything that is running.
	 */
	public void cancelAll() {
		this.inFlight.cancelAll(cancelled(null, "the application is closing"));
		this.board.close();
	}

	@Override
	public void close() {
		cancelAll();
		this.atClose.run();
	}

}
