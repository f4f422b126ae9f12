/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheEvent;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelEvicted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelUpdate;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.RecentlyUsed;
import dev.modelcache.internal.acquire.Acquisition.Mode;
import dev.modelcache.internal.acquire.Operation.Kind;
import dev.modelcache.internal.store.Fingerprint;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.Sinks;

/**
 * The model cache. What is ready is returned after a look at the disk; everything else is
 * an {@link Operation} in the lane of its model.
 */
public final class DefaultModelCache implements ModelCache {

	private static final Logger logger = LoggerFactory.getLogger(DefaultModelCache.class);

	private static final Duration LONGEST_LOOK = Duration.ofSeconds(1);

	private final Engine engine;

	private final ConfiguredModels models;

	private final EngineThreads threads;

	private final Runnable atClose;

	private final StatusBoard board;

	/** The last request of each model that is not configured. */
	private final Map<String, ModelRequest> unconfigured = Collections
		.synchronizedMap(new RecentlyUsed<>(StatusBoard.MOST_OTHERS));

	/** The looks at the disk that have not been answered. */
	private final Map<ModelRequest, Mono<CachedModel>> looks = new ConcurrentHashMap<>();

	private final Map<String, Mono<ModelStatus>> checks = new ConcurrentHashMap<>();

	private final EventDispatcher events;

	private final Lanes lanes;

	private final Duration giveUpAfter;

	private final PublishedModels published;

	/** Ends with {@link #stop()} what is not an operation of a lane. */
	private volatile Sinks.Empty<Void> closing = Sinks.empty();

	/**
	 * Creates a cache.
	 * @param engine what does the work
	 * @param listeners takes the events, one after the other
	 * @param displays takes the same events, on a thread of its own
	 * @param atClose run after the cache is closed
	 */
	public DefaultModelCache(Engine engine, Consumer<ModelCacheEvent> listeners, Consumer<ModelCacheEvent> displays,
			Runnable atClose) {
		this.engine = engine;
		this.models = engine.models();
		this.threads = engine.threads();
		this.atClose = atClose;
		this.lanes = new Lanes(this.threads, engine.clock());
		this.giveUpAfter = engine.transfer().giveUpAfter();
		this.board = new StatusBoard(this.models.ids(), this.threads.statuses());
		this.events = new EventDispatcher(listeners, this.threads.events(),
				new EventDispatcher(displays, this.threads.display()));
		this.published = new PublishedModels(engine);
		shrink();
	}

	private void shrink() {
		if (this.engine.store().eviction().isLimited()) {
			this.threads.later(this.published::shrink, "it may be larger than hooks.llm.cache.max-size");
		}
	}

	@Override
	public Mono<CachedModel> get(String id) {
		return Mono.defer(() -> get(this.models.get(id)));
	}

	@Override
	public Mono<CachedModel> get(ModelRequest request) {
		return Mono.defer(() -> {
			if (!this.models.ids().contains(request.id())) {
				this.unconfigured.put(request.id(), request);
			}
			Lanes.Key key = key(request);
			Mono<CachedModel> acquired = this.lanes.enter(key, () -> new Acquire(Kind.ACQUIRE, request));
			return (this.board.get(request.id()).model() != null)
					? look(request).switchIfEmpty(readBeside(key, request)).switchIfEmpty(acquired) : acquired;
		});
	}

	/**
	 * Reads a model that was ready, and whose file must be read to know that it still is,
	 * without waiting for the refresh or the verification in its lane.
	 */
	private Mono<CachedModel> readBeside(Lanes.Key key, ModelRequest request) {
		return this.lanes.enterBeside(key, () -> new ReadAgain(request))
			.onErrorResume((failure) -> !(failure instanceof ModelCancelledException), (failure) -> Mono.empty());
	}

	/**
	 * Looks whether a model is ready still, once for all who ask before that is known. A
	 * disk that does not answer is left to the model's lane.
	 */
	private Mono<CachedModel> look(ModelRequest request) {
		ModelCancelledException refusal = this.lanes.refusal(request.id());
		return (refusal != null) ? Mono.error(refusal) : this.looks
			.computeIfAbsent(request,
					(absent) -> FailureBoundary.on(this.threads.io(), "looking for the model", () -> ready(request))
						.onErrorComplete()
						.doFinally((signal) -> this.looks.remove(request))
						.cache())
			.timeout(LONGEST_LOOK, Mono.empty(), this.threads.timer())
			.publishOn(this.threads.io());
	}

	private @Nullable CachedModel ready(ModelRequest request) {
		CachedModel ready = present(request.id());
		CachedModel found = (ready != null) ? this.published.known(request) : null;
		return (found != null && found.equals(ready)) ? found : null;
	}

	private Lanes.Key key(ModelRequest request) {
		String fileName = Candidate.of(request).get(0).fileName();
		return new Lanes.Key(request.id(), this.engine.store().lexicalPath(request, fileName));
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
			return (status.model() != null) ? this.checks.computeIfAbsent(id, this::lookAgain) : Mono.just(status);
		});
	}

	private Mono<ModelStatus> lookAgain(String id) {
		return FailureBoundary.on(this.threads.io(), "looking for the model", () -> {
			present(id);
			return this.board.get(id);
		}).doFinally((signal) -> this.checks.remove(id)).cache();
	}

	/**
	 * Returns the model that is ready, if its files exist; if not, it is absent. What
	 * cannot be looked at, as where a server is away, is not absent.
	 */
	private @Nullable CachedModel present(String id) {
		CachedModel model = this.board.get(id).model();
		if (model != null && !model.files().stream().allMatch(DefaultModelCache::isThere)) {
			this.board.update(id, (status) -> model.equals(status.model()) ? ModelStatus.absent(id) : status);
			return null;
		}
		return model;
	}

	private static boolean isThere(Path file) {
		try {
			return Fingerprint.of(file) != null;
		}
		catch (IOException ex) {
			return true;
		}
	}

	@Override
	public Flux<ModelStatus> statuses() {
		return this.board.watch();
	}

	@Override
	public Mono<Void> evict(String id) {
		return Mono.defer(() -> {
			ModelRequest served = this.unconfigured.get(id);
			return evict((served != null) ? served : this.models.get(id));
		});
	}

	@Override
	public Mono<Void> evict(ModelRequest request) {
		return Mono.defer(() -> {
			requireOwnPlace(request);
			// Before it is evicted: who requests it meanwhile is served by this cache
			// again.
			boolean served = this.unconfigured.remove(request.id(), request);
			return this.lanes.enter(key(request), () -> new Evict(request)).then().doFinally((signal) -> {
				if (served && signal != SignalType.ON_COMPLETE) {
					this.unconfigured.putIfAbsent(request.id(), request);
				}
			});
		});
	}

	/** The file of a configured model is not that of another request. */
	private void requireOwnPlace(ModelRequest request) {
		Path path = lexical(request);
		if (path != null && !this.models.all().contains(request)
				&& this.models.all().stream().anyMatch((configured) -> path.equals(lexical(configured)))) {
			throw new ModelNotFoundException(request.id(),
					path + " is the model-path of a configured model, and is not deleted",
					"Evict that model by its id");
		}
	}

	private static @Nullable Path lexical(ModelRequest request) {
		Path path = request.modelPath();
		return (path != null) ? path.toAbsolutePath().normalize() : null;
	}

	@Override
	public Mono<CachedModel> verify(String id) {
		return Mono.defer(() -> {
			ModelRequest request = this.models.get(id);
			return this.lanes.enter(key(request), () -> new Verify(request));
		});
	}

	@Override
	public Mono<CachedModel> refresh(String id) {
		return Mono.defer(() -> {
			ModelRequest request = this.models.get(id);
			return this.lanes.enter(key(request), () -> new Acquire(Kind.RENEW, request));
		});
	}

	@Override
	public Mono<ModelUpdate> checkForUpdate(String id) {
		return Mono.defer(() -> {
			ModelRequest request = this.models.get(id);
			ModelCancelledException refusal = this.lanes.refusal(id);
			return (refusal != null) ? Mono.error(refusal) : Mono
				.firstWithSignal(new UpdateCheck(this.engine, this.published).check(request), refusedAtClose(id));
		});
	}

	private Mono<ModelUpdate> refusedAtClose(String id) {
		return this.closing.asMono()
			.publishOn(this.threads.io())
			.then(Mono.defer(() -> Mono.justOrEmpty(this.lanes.refusal(id)).flatMap(Mono::error)));
	}

	@Override
	public Mono<Void> cancel(String id) {
		return Mono.fromRunnable(() -> {
			ModelRequest request = this.models.get(id);
			this.board.update(id, (status) -> (Background.mendableFailure(status) != null)
					? status.withState(ModelState.CANCELLED) : status);
			cancel(key(request), "it was cancelled");
		});
	}

	private void cancel(Lanes.Key key, String why) {
		this.lanes.cancel(key.besides(), why);
		this.lanes.cancel(key, why);
	}

	/**
	 * Cancels everything that is running, completes {@link #statuses()}, and refuses what
	 * comes until {@link #start()}.
	 * <p>
	 * <em>Blocking</em>: never.
	 */
	public void stop() {
		this.lanes.close();
		this.closing.tryEmitEmpty();
		this.board.close();
	}

	/**
	 * Accepts requests again after {@link #stop()}.
	 */
	public void start() {
		this.engine.connections().renew();
		this.engine.turns().start();
		this.closing = Sinks.empty();
		this.board.open();
		this.lanes.open();
	}

	/**
	 * Waits for the operations that {@link #stop()} has cancelled. What hangs in the disk
	 * is logged.
	 * <p>
	 * <em>Blocking</em>: for what is left of the two seconds that closing waits in all.
	 */
	public void awaitStopped() {
		this.threads.awaitWithinGrace(this.lanes::awaitIdle);
	}

	@Override
	public void close() {
		stop();
		awaitStopped();
		this.atClose.run();
	}

	private OperationWatch watch(Operation operation) {
		return new OperationWatch(this.giveUpAfter, this.threads.timer(), this.threads.io(), operation.cancellation(),
				(failure) -> this.lanes.abandon(operation, failure));
	}

	/** Works on files that are there, and gives up when the disk does not answer. */
	private void watched(Operation operation, String what, Consumer<OperationWatch> work) {
		Lanes.Key key = key(operation.request());
		OperationWatch watch = watch(operation);
		Disposable watched = watch.attempt((after) -> new ModelStorageException(key.modelId(), key.path(),
				"nothing advanced for " + after.toMillis() + " ms while it was " + what, null));
		try {
			work.accept(watch);
		}
		finally {
			watched.dispose();
		}
	}

	private ModelCacheException unexpected(String id, Throwable failure) {
		return FailureBoundary.asModelCacheException(id, "in the state " + this.board.get(id).state(), failure);
	}

	/** Brings a model, or a newer version of it. */
	private class Acquire extends Operation {

		private volatile @Nullable AcquisitionMonitor monitor;

		/** What was shown when the operation was accepted. */
		private volatile @Nullable ModelStatus shown;

		Acquire(Kind kind, ModelRequest request) {
			super(kind, request);
		}

		@Override
		@Nullable CachedModel call() {
			CachedModel model = present(request().id());
			boolean proved = model != null && model.verified() && !model.fallback()
					&& request().expectedDigest() != null;
			return acquire((kind() == Kind.RENEW && model != null && !proved) ? Mode.RENEW : Mode.USE_CACHED);
		}

		final CachedModel acquire(Mode mode) {
			DefaultModelCache cache = DefaultModelCache.this;
			AcquisitionMonitor monitor = new AcquisitionMonitor(request().id(), cache.board, cache.events,
					cache.engine.observer(), cache.engine.clock(), cache.watch(this));
			this.monitor = monitor;
			if (!hasEnded()) {
				monitor.begin();
			}
			return Acquisition.acquire(cache.engine, request(), mode, monitor, cancellation());
		}

		/** What runs before it is shown for as long as it does. */
		@Override
		void accepted(@Nullable LockOwner ahead) {
			DefaultModelCache.this.board.update(request().id(), (status) -> {
				if (hasBegun() || hasEnded() || status.state() == ModelState.READY
						|| (ahead != null && status.state().isAcquiring())) {
					return status;
				}
				ModelStatus accepted = (ahead != null)
						? status.withState(ModelState.WAITING).withOwner(ahead).withProgress(ahead.progress())
						: status.withState(ModelState.RESOLVING);
				this.shown = accepted;
				return accepted;
			});
		}

		@Override
		void succeeded(@Nullable CachedModel model) {
			AcquisitionMonitor monitor = this.monitor;
			if (monitor != null && model != null) {
				monitor.ready(model);
				if (model.outcome() != ModelOutcome.CACHED) {
					shrink();
				}
			}
		}

		@Override
		void failed(ModelCacheException failure) {
			AcquisitionMonitor monitor = this.monitor;
			if (monitor != null) {
				monitor.failed(failure);
			}
			else {
				if (end((status) -> status.withState(ModelState.FAILED).withError(failure))) {
					DefaultModelCache.this.events.dispatch(new ModelFailed(request().id(), failure, Duration.ZERO));
				}
			}
		}

		@Override
		void cancelled() {
			AcquisitionMonitor monitor = this.monitor;
			if (monitor != null) {
				monitor.cancelled();
			}
			else {
				end((status) -> status.withState(ModelState.CANCELLED));
			}
		}

		/**
		 * Shows the end before anything was done, unless something else is shown by now.
		 * @return whether it is shown
		 */
		private boolean end(UnaryOperator<ModelStatus> change) {
			return DefaultModelCache.this.board
				.update(request().id(), (status) -> status.equals(this.shown) ? change.apply(status) : status)
				.equals(this.shown);
		}

		@Override
		ModelCacheException asModelCacheException(Throwable failure) {
			return unexpected(request().id(), failure);
		}

	}

	/** Reads a model that is ready, as long as nothing replaces it. */
	private final class ReadAgain extends Operation {

		ReadAgain(ModelRequest request) {
			super(Kind.ACQUIRE, request);
		}

		@Override
		@Nullable CachedModel call() {
			DefaultModelCache cache = DefaultModelCache.this;
			CachedModel ready = present(request().id());
			AtomicReference<@Nullable CachedModel> read = new AtomicReference<>();
			cache.watched(this, "read", (watch) -> read.set(cache.published.read(request(), watch)));
			CachedModel found = read.get();
			return (ready != null && found != null && AcquisitionMonitor.isSame(ready, found)) ? found : null;
		}

		@Override
		ModelCacheException asModelCacheException(Throwable failure) {
			return unexpected(request().id(), failure);
		}

	}

	/** Reads a model again; brings it first if it is not there. */
	private final class Verify extends Acquire {

		private volatile @Nullable CachedModel model;

		Verify(ModelRequest request) {
			super(Kind.VERIFY, request);
		}

		@Override
		CachedModel call() {
			DefaultModelCache cache = DefaultModelCache.this;
			CachedModel model = present(request().id());
			if (model == null) {
				model = acquire(Mode.USE_CACHED);
				super.succeeded(model);
			}
			this.model = model;
			cancellation().beginAttempt();
			cancellation().check();
			CachedModel read = model;
			try {
				cache.watched(this, "verified", (watch) -> cache.published.verify(request(), read, watch,
						(bytes, total) -> show(read, TransferProgress.of(bytes, total, 0))));
			}
			finally {
				hideProgress(read);
			}
			CachedModel now = cache.published.known(request());
			return (now != null && !now.equals(model)) ? now : model;
		}

		/** The model is ready all the while. */
		private void show(CachedModel model, TransferProgress progress) {
			DefaultModelCache.this.board.update(request().id(),
					(status) -> (model.equals(status.model()) && !hasEnded()) ? status.withProgress(progress) : status);
		}

		private void hideProgress(CachedModel model) {
			DefaultModelCache.this.board.update(request().id(),
					(status) -> model.equals(status.model()) ? status.withProgress(null) : status);
		}

		/** Another process may have replaced it. */
		@Override
		void succeeded(@Nullable CachedModel now) {
			DefaultModelCache cache = DefaultModelCache.this;
			CachedModel before = this.model;
			if (before != null && now != null && !now.equals(before)) {
				cache.board.update(request().id(), (status) -> ModelStatus.ready(now));
				cache.events.dispatch(new ModelReplaced(request().id(), before, now));
			}
		}

		@Override
		void failed(ModelCacheException failure) {
			DefaultModelCache cache = DefaultModelCache.this;
			CachedModel before = this.model;
			if (before == null) {
				super.failed(failure);
			}
			else if (before.equals(cache.board.get(request().id()).model())) {
				cache.board.update(request().id(), (status) -> status.withState(ModelState.FAILED).withError(failure));
				cache.events.dispatch(new ModelFailed(request().id(), failure, Duration.ZERO));
			}
		}

		/** A model that is ready stays so, unless a file of it is gone. */
		@Override
		void cancelled() {
			CachedModel model = this.model;
			if (model == null) {
				super.cancelled();
			}
			else {
				hideProgress(model);
				check(request().id()).subscribe();
			}
		}

	}

	/** Removes the files of a model. */
	private final class Evict extends Operation {

		Evict(ModelRequest request) {
			super(Kind.EVICT, request);
		}

		@Override
		@Nullable CachedModel call() {
			String id = request().id();
			DefaultModelCache cache = DefaultModelCache.this;
			try {
				cache.watched(this, "evicted", (watch) -> cache.published.evict(request(),
						(path) -> cache.events.dispatch(new ModelEvicted(id, path)), watch));
			}
			finally {
				// Also if its caller has left.
				present(id);
			}
			return null;
		}

		/** A new request for the model already sees its status. */
		@Override
		void succeeded(@Nullable CachedModel none) {
			DefaultModelCache.this.board.update(request().id(),
					(status) -> status.state().isAcquiring() ? status : ModelStatus.absent(request().id()));
		}

		@Override
		ModelCacheException asModelCacheException(Throwable failure) {
			return unexpected(request().id(), failure);
		}

	}

}
