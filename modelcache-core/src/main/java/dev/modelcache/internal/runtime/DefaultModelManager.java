/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.runtime;

import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelReplaced;
import dev.modelcache.runtime.LoadedModel;
import dev.modelcache.runtime.ModelLoadException;
import dev.modelcache.runtime.ModelLoader;
import dev.modelcache.runtime.ModelManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Loads, swaps and unloads one model, one after the other on a thread of its own.
 */
public final class DefaultModelManager implements ModelManager {

	private static final Logger logger = LoggerFactory.getLogger(DefaultModelManager.class);

	private static final int GRACE_SECONDS = 5;

	private final String modelId;

	private final ModelCache cache;

	private final ModelLoader loader;

	private final RuntimeObserver observer;

	private final Clock clock;

	private final ExecutorService executor = Executors.newSingleThreadExecutor((task) -> {
		Thread loader = new Thread(task, "modelcache-loader");
		loader.setDaemon(true);
		this.thread = loader;
		return loader;
	});

	private volatile @Nullable Thread thread;

	/** Given as a plain executor, so that cancelling a caller never interrupts a load. */
	private final Scheduler scheduler = Schedulers.fromExecutor((task) -> this.executor.execute(task));

	private @Nullable SharedModel current;

	private @Nullable Mono<Void> loading;

	/** Completes when the model before, if any, is closed. */
	private CompletableFuture<Void> gone = CompletableFuture.completedFuture(null);

	/** How often the model was unloaded: a load that began before counts no more. */
	private int unloads;

	private boolean closed;

	/** The file that the loader refused, and whose bytes are right; on the loader. */
	private volatile @Nullable CachedModel proved;

	/**
	 * Creates a manager.
	 * @param modelId the model's id
	 * @param cache where its file comes from
	 * @param loader loads it
	 * @param observer hears about loads
	 * @param clock tells the time
	 */
	public DefaultModelManager(String modelId, ModelCache cache, ModelLoader loader, RuntimeObserver observer,
			Clock clock) {
		this.modelId = modelId;
		this.cache = cache;
		this.loader = loader;
		this.observer = observer;
		this.clock = clock;
	}

	@Override
	public Mono<Boolean> ensureModelAvailable() {
		return this.cache.get(this.modelId).map((model) -> model.outcome() == ModelOutcome.DOWNLOADED);
	}

	@Override
	public Mono<Void> loadModel() {
		return Mono.defer(this::joinLoad);
	}

	private synchronized Mono<Void> joinLoad() {
		if (this.closed) {
			return Mono.error(cancelled("the application is closing", "Start the application again"));
		}
		if (this.current != null) {
			return Mono.empty();
		}
		if (this.loading == null) {
			int before = this.unloads;
			this.loading = this.cache.get(this.modelId)
				.publishOn(this.scheduler)
				.flatMap((model) -> loadOrRepair(model, (file) -> install(file, before), before))
				.doOnTerminate(() -> loadEnded(before))
				.cache();
		}
		return this.loading;
	}

	/** A load that was forgotten has no part in the one that was begun after it. */
	private synchronized void loadEnded(int before) {
		if (this.unloads == before) {
			this.loading = null;
		}
	}

	/**
	 * Loads a file. If the loader refuses it, the disk may have damaged it since it was
	 * verified: it is read again, and if its bytes are not those that were proved, it is
	 * brought again and loaded once more, unless the model was unloaded in the meantime.
	 */
	private Mono<Void> loadOrRepair(CachedModel model, Consumer<CachedModel> load, int before) {
		try {
			load.accept(model);
			return Mono.empty();
		}
		catch (ModelLoadException ex) {
			if (!ex.isFileRefused() || isForgotten(before)) {
				return Mono.error(ex);
			}
			if (model.equals(this.proved)) {
				return Mono.error(provedThoughRefused(model, ex));
			}
			boolean missing = !Files.exists(model.path());
			return Mono.defer(() -> this.cache.verify(this.modelId)).publishOn(this.scheduler).flatMap((now) -> {
				boolean changed = !now.equals(model) || (missing && Files.exists(model.path()));
				this.proved = changed ? null : model;
				return changed ? Mono.just(now) : Mono.<CachedModel>error(provedThoughRefused(model, ex));
			})
				.onErrorResume((failure) -> acquireAgain(failure, ex, before))
				.publishOn(this.scheduler)
				.doOnNext(load)
				.then();
		}
	}

	private Mono<CachedModel> acquireAgain(Throwable failure, ModelLoadException refusal, int before) {
		if (isForgotten(before)) {
			return Mono.error(forgotten());
		}
		if (failure instanceof ModelIntegrityException) {
			logger.warn("Model '{}' cannot be loaded, and its file is not what was verified; it is acquired again",
					this.modelId, failure);
			return this.cache.get(this.modelId).doOnError((lost) -> lost.addSuppressed(refusal));
		}
		if (failure instanceof ModelLoadException) {
			return Mono.error(failure);
		}
		refusal.addSuppressed(failure);
		return Mono.error(refusal);
	}

	private static ModelLoadException provedThoughRefused(CachedModel model, ModelLoadException refusal) {
		return ModelLoadException.fileRefused(refusal.modelId(),
				refusal.problem() + ". The file was read again and is not damaged: its bytes are those that were "
						+ (model.verified() ? "verified" : "published") + " (" + model.digest() + ")",
				refusal.action(), refusal);
	}

	private void install(CachedModel model, int before) {
		if (isForgotten(before)) {
			throw forgotten();
		}
		SharedModel loaded = open(model);
		if (!take(loaded, before)) {
			loaded.release();
			throw forgotten();
		}
		logger.info("Model '{}' is loaded: {}", this.modelId, model.path());
	}

	private ModelCancelledException forgotten() {
		return cancelled("the model was unloaded while it was being loaded",
				"Load the model '" + this.modelId + "' again");
	}

	private synchronized boolean isForgotten(int before) {
		return this.closed || this.unloads != before;
	}

	private synchronized boolean take(SharedModel loaded, int before) {
		if (isForgotten(before)) {
			return false;
		}
		this.current = loaded;
		return true;
	}

	private SharedModel open(CachedModel model) {
		Instant start = this.clock.instant();
		boolean succeeded = false;
		try {
			SharedModel loaded = new SharedModel(model, this.loader.load(model));
			succeeded = true;
			return loaded;
		}
		catch (ModelCacheException | ModelLoadException ex) {
			throw ex;
		}
		catch (RuntimeException | LinkageError ex) {
			throw new ModelLoadException(this.modelId, model.path() + " could not be loaded: " + ex,
					"Check the cause of this error", ex);
		}
		finally {
			this.observer.loaded(this.modelId, succeeded, Duration.between(start, this.clock.instant()));
		}
	}

	@Override
	public void replace(ModelReplaced event) {
		if (event.modelId().equals(this.modelId)) {
			int before = unloads();
			Mono.defer(() -> loadOrRepair(event.current(), this::swap, before))
				.subscribeOn(this.scheduler)
				.subscribe((none) -> {
				}, (failure) -> logger.warn(
						"The new version of model '{}' could not be loaded; the previous version " + "stays in use",
						this.modelId, failure));
		}
	}

	private void swap(CachedModel model) {
		SharedModel previous = current();
		if (previous == null || previous.isOf(model)) {
			return;
		}
		SharedModel next = open(model);
		SharedModel superseded = exchange(next);
		superseded.release();
		if (superseded != next) {
			logger.info("Model '{}' was replaced in memory: {}", this.modelId, model.path());
		}
	}

	private synchronized int unloads() {
		return this.unloads;
	}

	private synchronized @Nullable SharedModel current() {
		return this.current;
	}

	/**
	 * Returns the model that is used no more: the new one, if it was unloaded meanwhile.
	 */
	private synchronized SharedModel exchange(SharedModel next) {
		SharedModel previous = this.current;
		if (previous == null) {
			return next;
		}
		this.current = next;
		return previous;
	}

	@Override
	public synchronized boolean isLoaded() {
		return this.current != null;
	}

	@Override
	public <T> Optional<T> use(Function<? super LoadedModel, ? extends T> task) {
		SharedModel model = acquire();
		if (model == null) {
			return Optional.empty();
		}
		try {
			return Optional.of(task.apply(model.model()));
		}
		finally {
			model.release();
		}
	}

	private synchronized @Nullable SharedModel acquire() {
		if (this.current != null) {
			this.current.acquire();
		}
		return this.current;
	}

	@Override
	public Mono<Void> unload() {
		return Mono.defer(() -> {
			Mono<Void> gone = Mono.defer(() -> Mono.fromFuture(retire(), true));
			return forgetLoads() ? gone.subscribeOn(this.scheduler) : gone;
		});
	}

	/** Returns whether there may be any load to forget. */
	private synchronized boolean forgetLoads() {
		this.unloads++;
		this.loading = null;
		return !this.closed;
	}

	private CompletableFuture<Void> retire() {
		SharedModel retired;
		synchronized (this) {
			retired = this.current;
			this.current = null;
			if (retired == null) {
				return this.gone;
			}
			this.gone = retired.closed();
		}
		retired.release();
		return retired.closed();
	}

	@Override
	public void close() {
		synchronized (this) {
			this.closed = true;
		}
		this.executor.shutdown();
		Thread loading = this.thread;
		if (loading != null) {
			// Breaks off a load that notices.
			loading.interrupt();
		}
		try {
			retire().get(GRACE_SECONDS, TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.debug("Model '{}' is still in use {} s after it was closed", this.modelId, GRACE_SECONDS);
		}
	}

	private ModelCancelledException cancelled(String problem, String action) {
		return new ModelCancelledException(this.modelId, problem, action);
	}

}
