package dev.modelcache.engine;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.TransferProgress;
import dev.modelcache.content.Compression;
import dev.modelcache.content.DecompressionPlan;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import dev.modelcache.source.SourceResolvers;
import dev.modelcache.store.ModelPlace;
import dev.modelcache.store.ModelStore;
import dev.modelcache.store.StagedFile;
import dev.modelcache.transfer.DownloadPlan;
import dev.modelcache.transfer.SegmentedTransfer;
import dev.modelcache.transfer.TransferRetries;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static java.util.stream.Collectors.joining;

/**
 * The way of a model: look up, resolve, lock, look up again, plan, transfer, verify,
 * publish. What one candidate cannot give, the next one is asked for.
 */
final class AcquisitionPipeline {

	private static final Duration TICK = Duration.ofMillis(250);

	private static final int TICKS_PER_HEARTBEAT = 4;

	private static final Set<ErrorCode> FINAL = Set.of(ErrorCode.CONFIGURATION, ErrorCode.CANCELLED,
			ErrorCode.LOCK_TIMEOUT);

	private final Rooms rooms;

	private final CacheLookUp lookUp;

	private final Publisher publisher;

	private final PinnedModels pins;

	private final EngineThreads threads;

	private final Clock clock;

	AcquisitionPipeline(Rooms rooms, CacheLookUp lookUp, EngineThreads threads, Clock clock) {
		this.rooms = rooms;
		this.lookUp = lookUp;
		this.publisher = new Publisher(clock);
		this.pins = new PinnedModels(rooms.store());
		this.threads = threads;
		this.clock = clock;
	}

	/**
	 * Acquires a model.
	 * @param request what is wanted
	 * @param mode whether a file that is there will do
	 * @param monitor hears how it goes
	 * @return the model
	 */
	Mono<CachedModel> acquire(ModelRequest request, Mode mode, AcquisitionMonitor monitor) {
		List<Candidate> candidates = Candidate.of(request)
			.stream()
			.filter((candidate) -> mode == Mode.USE_CACHED || candidate.request() == request)
			.toList();
		return acquire(candidates, 0, mode, monitor);
	}

	private Mono<CachedModel> acquire(List<Candidate> candidates, int index, Mode mode, AcquisitionMonitor monitor) {
		return acquire(candidates.get(index), mode, monitor).onErrorResume(ModelCacheException.class, (failure) -> {
			if (index + 1 == candidates.size() || FINAL.contains(failure.code())) {
				return Mono.error(failure);
			}
			monitor.fallingBack(candidates.get(index + 1), failure);
			return acquire(candidates, index + 1, mode, monitor).onErrorMap(ModelCacheException.class, (later) -> {
				failure.addSuppressed(later);
				return failure;
			});
		});
	}

	private Mono<CachedModel> acquire(Candidate candidate, Mode mode, AcquisitionMonitor monitor) {
		Mono<CachedModel> fetched = Mono.defer(() -> {
			monitor.trying(candidate);
			if (this.rooms.offline()) {
				return withoutNetwork(candidate, monitor);
			}
			return resolve(candidate)
				.flatMap((model) -> underLock(candidate, onlyFile(candidate.request(), model), mode, monitor)
					.flatMap((ready) -> pinned(candidate, model, ready)));
		});
		return (mode == Mode.RENEW) ? fetched : cached(candidate, monitor).switchIfEmpty(fetched);
	}

	private Mono<CachedModel> cached(Candidate candidate, AcquisitionMonitor monitor) {
		return Mono.fromCallable(() -> this.lookUp.find(candidate, () -> {
			monitor.trying(candidate);
			monitor.state(ModelState.VERIFYING);
		})).subscribeOn(this.threads.io()).flatMap((ready) -> pinned(candidate, null, ready));
	}

	private Mono<CachedModel> pinned(Candidate candidate, @Nullable ResolvedModel model, CachedModel ready) {
		return !this.pins.areKept() ? Mono.just(ready) : Mono.fromCallable(() -> {
			this.pins.record(candidate, model, this.lookUp.place(candidate), ready);
			return ready;
		}).subscribeOn(this.threads.waiting());
	}

	private Mono<CachedModel> unproven(Candidate candidate, AcquisitionMonitor monitor) {
		return Mono.fromCallable(() -> this.lookUp.unproven(candidate, () -> monitor.state(ModelState.VERIFYING)))
			.subscribeOn(this.threads.io());
	}

	private Mono<Boolean> isUnknown(Candidate candidate) {
		return Mono.fromCallable(() -> this.lookUp.isUnknown(candidate)).subscribeOn(this.threads.io());
	}

	private Mono<CachedModel> withoutNetwork(Candidate candidate, AcquisitionMonitor monitor) {
		return isUnknown(candidate)
			.flatMap((unknown) -> unknown ? unproven(candidate, monitor) : Mono.error(new ModelOfflineException(
					candidate.request().id(), "it is not cached, and hooks.llm.offline forbids the network",
					"Start once without hooks.llm.offline (or HF_HUB_OFFLINE), or put the file at its model-path")));
	}

	private Mono<ResolvedModel> resolve(Candidate candidate) {
		ModelRequest request = candidate.request();
		if (candidate.locations().isEmpty()) {
			return Mono.error(() -> new ModelNotFoundException(request.id(),
					"the file " + request.modelPath() + " is not there, and no source is configured",
					"Put the file there, or configure a url"));
		}
		return this.rooms.sources()
			.resolve(request, candidate.locations(), candidate.configuredUrl())
			.publishOn(this.threads.io())
			.map((model) -> this.pins.enforce(candidate, model))
			.doOnNext((model) -> {
				if (request.digestRequired() && model.files().stream().anyMatch((file) -> file.expected() == null)) {
					throw new ModelIntegrityException(request.id(),
							"require-checksum is set, but nobody says what the digest should be",
							"Configure expected-checksum, or remove require-checksum");
				}
			});
	}

	/** Several files must become visible together, which nothing here does. */
	private static RemoteFile onlyFile(ModelRequest request, ResolvedModel model) {
		if (model.files().size() > 1) {
			String names = model.files().stream().limit(5).map((file) -> file.name().toString()).collect(joining(", "));
			throw new ModelConfigurationException(request.id(), "url",
					"names " + model.files().size() + " files (" + names + (model.files().size() > 5 ? ", …" : "")
							+ "); a model is one file",
					"Name one file, each further one as a model of its own under hooks.llm.models");
		}
		return model.file();
	}

	private Mono<CachedModel> underLock(Candidate candidate, RemoteFile file, Mode mode, AcquisitionMonitor monitor) {
		ModelPlace place = this.lookUp.place(candidate);
		AtomicReference<CacheLock> lock = new AtomicReference<>();
		Mono<CachedModel> again = (mode == Mode.RENEW) ? Mono.empty() : cached(candidate, monitor);
		return Mono.usingWhen(Mono.fromSupplier(() -> new ResourceHolder<>(CacheLock::close)),
				(holder) -> Mono.fromCallable(() -> {
					lock.set(holder.hold(acquireLock(candidate, place, monitor)));
					return true;
				})
					.subscribeOn(this.threads.waiting())
					.then(again)
					.switchIfEmpty(Mono.defer(() -> sameOrFetched(candidate, file, mode, monitor)))
					.takeUntilOther(ticking(monitor, lock)),
				(holder) -> holder.closeOn(this.threads.io()));
	}

	private CacheLock acquireLock(Candidate candidate, ModelPlace place, AcquisitionMonitor monitor) {
		Instant start = this.clock.instant();
		try {
			return this.rooms.locks()
				.acquire(new LockRequest(candidate.request().id(), place.lockFile()), monitor::waiting);
		}
		finally {
			monitor.lockWaited(Duration.between(start, this.clock.instant()));
		}
	}

	/**
	 * Shows progress and keeps the lock's note fresh, for as long as it is subscribed.
	 */
	private Mono<Void> ticking(AcquisitionMonitor monitor, AtomicReference<CacheLock> lock) {
		return Flux.interval(TICK, this.threads.timer()).onBackpressureDrop().concatMap((tick) -> {
			TransferProgress progress = monitor.tick();
			CacheLock held = lock.get();
			if (held == null || tick % TICKS_PER_HEARTBEAT != 0) {
				return Mono.<Void>empty();
			}
			return Mono.<Void>fromRunnable(() -> held.heartbeat(progress)).subscribeOn(this.threads.io());
		}, 1).then();
	}

	/**
	 * A file without receipt and digest is compared with the source by its size alone;
	 * where the source does not answer, it is what there is. The size of a compressed
	 * file tells nothing of its content.
	 */
	private Mono<CachedModel> sameOrFetched(Candidate candidate, RemoteFile file, Mode mode,
			AcquisitionMonitor monitor) {
		DownloadPlan plan = plan(candidate, file, 0);
		Mono<CachedModel> fetched = Mono.defer(() -> fetch(candidate, file, monitor));
		if (mode == Mode.RENEW || file.expected() != null) {
			return fetched;
		}
		return isUnknown(candidate).flatMap((unknown) -> {
			if (!unknown) {
				return fetched;
			}
			return this.rooms.transfer()
				.size(plan)
				.map((size) -> plan.decompression() == null && size == this.lookUp.size(candidate))
				.defaultIfEmpty(true)
				.flatMap((same) -> same ? unproven(candidate, monitor) : fetched);
		});
	}

	private Mono<CachedModel> fetch(Candidate candidate, RemoteFile file, AcquisitionMonitor monitor) {
		ModelRequest request = candidate.request();
		int attempts = Math.max(1, request.maxRetries());
		Retry retry = this.rooms.retries()
			.forWholeFile(request.id(), attempts, (failure) -> failure instanceof ModelIntegrityException);
		AtomicInteger attempt = new AtomicInteger();
		AtomicReference<ModelCacheException> last = new AtomicReference<>();
		monitor.expecting((request.estimatedSize() != null) ? request.estimatedSize().toBytes() : null);
		return Mono.defer(() -> {
			ModelCacheException before = last.get();
			if (before != null) {
				monitor.retryingWholeFile(before);
			}
			return fetchOnce(candidate, plan(candidate, file, attempt.getAndIncrement()), monitor);
		}).doOnError(ModelIntegrityException.class, last::set).transformDeferred(RetryOperator.of(retry));
	}

	private Mono<CachedModel> fetchOnce(Candidate candidate, DownloadPlan plan, AcquisitionMonitor monitor) {
		ModelPlace place = this.lookUp.place(candidate);
		return Mono.usingWhen(Mono.fromSupplier(() -> new ResourceHolder<>(StagedFile::close)),
				(holder) -> Mono.fromCallable(() -> stage(plan, place, holder))
					.subscribeOn(this.threads.io())
					.flatMap((staged) -> this.rooms.transfer()
						.run(plan, staged, monitor)
						.doOnNext((result) -> monitor.state(ModelState.VERIFYING))
						.publishOn(this.threads.io())
						.map((result) -> this.publisher.publish(candidate, plan, staged, result, monitor))),
				(holder) -> holder.closeOn(this.threads.io()));
	}

	private StagedFile stage(DownloadPlan plan, ModelPlace place, ResourceHolder<StagedFile> holder) {
		StagedFile staged = holder.hold(this.rooms.store().stage(plan.modelId(), place, SegmentedTransfer.judge(plan)));
		if (plan.decompression() != null) {
			staged.prepareContent();
		}
		return staged;
	}

	private DownloadPlan plan(Candidate candidate, RemoteFile file, int attempt) {
		return new DownloadPlan(candidate.request().id(), file, Math.max(1, candidate.request().maxRetries()), attempt,
				decompression(candidate, file));
	}

	private @Nullable DecompressionPlan decompression(Candidate candidate, RemoteFile file) {
		String target = this.lookUp.place(candidate).target().getFileName().toString();
		Compression compression = Compression.between(file.name().last(), target);
		if (compression == null) {
			return null;
		}
		String modelId = candidate.request().id();
		compression.requireReader(modelId);
		return new DecompressionPlan(modelId, candidate.source(), compression, DownloadPlan.algorithms(file), null,
				this.rooms.decompression());
	}

	/** Whether a file that is there will do. */
	enum Mode {

		/** It will. */
		USE_CACHED,

		/** It stays until another one replaces it. */
		RENEW

	}

}
