/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

import dev.modelcache.CacheUsage;
import dev.modelcache.CachedModel;
import dev.modelcache.MirrorStatus;
import dev.modelcache.ModelCache;
import dev.modelcache.ModelCacheOperations;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelUpdate;
import dev.modelcache.TransferAttempt;
import dev.modelcache.internal.store.ModelStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The operations of any cache, also of an application's own and of a mock in its tests,
 * whose methods return {@code null}.
 */
public final class DefaultOperations implements ModelCacheOperations {

	private static final Logger logger = LoggerFactory.getLogger(DefaultOperations.class);

	private static final Duration LONGEST_COUNT = Duration.ofMillis(200);

	private static final Duration LONGEST_EVICTION = Duration.ofSeconds(10);

	private final ModelCache cache;

	private final ConfiguredModels models;

	private final ModelStore store;

	private final Background background;

	private final TransferHistory history;

	private final boolean offline;

	private final @Nullable DefaultModelCache own;

	private final Runnable close;

	/** The models whose sources are asked whether they have another version. */
	private final Set<String> checking = ConcurrentHashMap.newKeySet();

	/** The last count, which may be running. */
	private @Nullable CompletableFuture<CacheUsage> counting;

	/** What was counted last. */
	private volatile CacheUsage usage;

	private final Scheduler io;

	private final Map<String, Checked> updates = new ConcurrentHashMap<>();

	/**
	 * Creates operations.
	 * @param cache the cache
	 * @param own the cache that does the work, or {@code null} if it is not of this
	 * library
	 * @param engine what the cache works with
	 * @param background works in the background
	 * @param close closes what the cache works with
	 */
	public DefaultOperations(ModelCache cache, @Nullable DefaultModelCache own, Engine engine, Background background,
			Runnable close) {
		this.cache = cache;
		this.own = own;
		this.models = engine.models();
		this.history = engine.history();
		this.store = engine.store();
		this.offline = engine.offline();
		this.io = engine.threads().io();
		this.usage = CacheUsage.of(this.store.directory(), null, null);
		this.background = background;
		this.close = close;
	}

	@Override
	public List<ModelRequest> models() {
		return this.models.all();
	}

	@Override
	public ModelRequest model(String id) {
		return this.models.get(id);
	}

	@Override
	public ModelStatus status(String id) {
		this.models.get(id);
		return Objects.requireNonNullElse(this.cache.status(id), ModelStatus.absent(id));
	}

	@Override
	public String source(String id) {
		return Candidate.of(this.models.get(id)).get(0).source();
	}

	@Override
	public Mono<ModelStatus> check(String id) {
		return Mono.defer(() -> {
			@Nullable Mono<ModelStatus> check = this.cache.check(this.models.get(id).id());
			return (check != null) ? check : Mono.just(status(id));
		});
	}

	@Override
	public boolean counts(String id) {
		this.models.get(id);
		return this.background.counts(id);
	}

	@Override
	public @Nullable Instant nextAttempt(String id) {
		this.models.get(id);
		return this.background.nextAttempt(id);
	}

	@Override
	public void ensure(String id) {
		this.models.get(id);
		this.background.ensure(id);
	}

	@Override
	public void ensureIfDue(String id) {
		this.models.get(id);
		this.background.ensureIfDue(id);
	}

	@Override
	public void ensureAll() {
		this.background.ensureAll();
	}

	@Override
	public void startRefreshing() {
		if (!this.offline) {
			this.background.startRefreshing();
		}
	}

	@Override
	public void verify(String id) {
		begin("verify", id, this.cache.verify(this.models.get(id).id()));
	}

	@Override
	public void refresh(String id) {
		begin("refresh", id, this.cache.refresh(this.models.get(id).id()));
	}

	private void begin(String action, String id, @Nullable Mono<CachedModel> operation) {
		begin(action, id, operation,
				(model) -> logger.info("Model '{}': {} succeeded: {} ({})", id, action, model.path(), model.digest()));
	}

	@Override
	public void checkForUpdate(String id) {
		String known = this.models.get(id).id();
		CachedModel before = status(known).model();
		this.background.requireOpen(id);
		if (this.checking.add(known)) {
			begin("check", known,
					orEmpty(this.cache.checkForUpdate(known)).doFinally((signal) -> this.checking.remove(known)),
					(update) -> {
						this.updates.put(known, new Checked(before, update));
						logger.info("Model '{}': {}", known, told(update));
					});
		}
	}

	private static String told(ModelUpdate update) {
		String source = (update.availableVersion() != null) ? " (" + update.availableVersion() + ")" : "";
		return switch (update.availability()) {
			case CURRENT -> "its source has the same version" + source;
			case AVAILABLE -> "its source has another version" + source + ", "
					+ ((update.bytes() != null) ? update.bytes() + " bytes" : "of unknown size") + " to download";
			case UNKNOWN -> "its source does not say whether it has another version";
		};
	}

	@Override
	public @Nullable ModelUpdate update(String id) {
		String known = this.models.get(id).id();
		Checked checked = this.updates.get(known);
		return (checked != null && Objects.equals(checked.model(), status(known).model())) ? checked.update() : null;
	}

	/** The lane joins it to an equal one that has not ended. */
	private <T> void begin(String action, String id, @Nullable Mono<T> operation, Consumer<T> succeeded) {
		this.background.requireOpen(id);
		orEmpty(operation).subscribe(succeeded, (failure) -> failed(action, id, failure));
	}

	private static void failed(String action, String id, Throwable failure) {
		if (failure instanceof ModelCancelledException) {
			logger.info("{}", failure.getMessage());
			return;
		}
		logger.warn("Model '{}': {} failed. {}", id, action, failure.getMessage());
		logger.debug("Model '{}': {} has failed", id, action, failure);
	}

	@Override
	public Mono<Void> cancel(String id) {
		return Mono.defer(() -> orEmpty(this.cache.cancel(this.models.get(id).id())));
	}

	@Override
	public Mono<Void> evict(String id) {
		return Mono.defer(() -> orEmpty(this.cache.evict(this.models.get(id).id())))
			.timeout(LONGEST_EVICTION, Mono.error(() -> new ModelCancelledException(id,
					"it was not evicted within " + LONGEST_EVICTION.toSeconds()
							+ " s: another process is fetching it, or its file is read to see whether"
							+ " this cache put it there",
					"Try again when that is done, or delete the file by hand")));
	}

	private static <T> Mono<T> orEmpty(@Nullable Mono<T> operation) {
		return (operation != null) ? operation : Mono.empty();
	}

	@Override
	public List<MirrorStatus> mirrors(String id) {
		return this.history.mirrors(this.models.get(id).id());
	}

	@Override
	public List<TransferAttempt> attempts(String id) {
		return this.history.attempts(this.models.get(id).id());
	}

	@Override
	public Path directory() {
		return this.store.directory();
	}

	@Override
	public CacheUsage usage() {
		try {
			return counting().get(LONGEST_COUNT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		catch (ExecutionException | TimeoutException ex) {
			logger.debug("The files in {} have not been counted", this.store.directory(), ex);
		}
		return this.usage;
	}

	private synchronized CompletableFuture<CacheUsage> counting() {
		if (this.counting == null || this.counting.isDone()) {
			this.counting = CompletableFuture.supplyAsync(this::count, this.io::schedule);
		}
		return this.counting;
	}

	private CacheUsage count() {
		CacheUsage counted = CacheUsage.of(this.store.directory(), this.store.used(), this.store.free());
		this.usage = counted;
		return counted;
	}

	@Override
	public void stop() {
		this.background.stop((this.own != null) ? this.own::stop : null);
	}

	@Override
	public void awaitStopped() {
		if (this.own != null) {
			this.own.awaitStopped();
		}
	}

	@Override
	public void start() {
		if (this.own != null) {
			this.own.start();
		}
		this.background.start();
	}

	@Override
	public void close() {
		stop();
		awaitStopped();
		this.close.run();
	}

	/**
	 * What a source said.
	 *
	 * @param model the model at that time, or {@code null}
	 * @param update what it said
	 */
	private record Checked(@Nullable CachedModel model, ModelUpdate update) {

	}

}
