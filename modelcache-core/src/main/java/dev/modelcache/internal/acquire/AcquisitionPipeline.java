package dev.modelcache.internal.acquire;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.CachedModel;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException.ErrorCode;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelOfflineException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelState;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.SourceHistory;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The way of a model: look up, resolve, lock, look up again, adopt or plan, transfer,
 * verify, publish. What one candidate cannot give, the next one is asked for.
 */
final class AcquisitionPipeline {

	private static final Logger logger = LoggerFactory.getLogger(AcquisitionPipeline.class);

	private static final Duration TICK = Duration.ofMillis(250);

	private static final int TICKS_PER_HEARTBEAT = 4;

	private static final Set<ErrorCode> FINAL = Set.of(ErrorCode.CONFIGURATION, ErrorCode.CANCELLED,
			ErrorCode.LOCK_TIMEOUT);

	private final Rooms rooms;

	private final CacheLookUp lookUp;

	private final FileAcquisition files;

	private final SeveralFiles several;

	private final Adoption adoption;

	private final ModelPathFiles modelPaths;

	private final PinnedModels pins;

	private final BlockingSteps steps;

	private final EngineThreads threads;

	private final Clock clock;

	AcquisitionPipeline(Rooms rooms, CacheLookUp lookUp, EngineThreads threads, Clock clock) {
		this.rooms = rooms;
		this.lookUp = lookUp;
		FormatCheck formats = new FormatCheck(rooms.formats());
		this.steps = new BlockingSteps(threads.io());
		this.adoption = new Adoption(rooms.store(), formats, this.steps, clock);
		this.files = new FileAcquisition(rooms, new Publisher(formats, clock), this.steps);
		this.several = new SeveralFiles(rooms, lookUp, this.files, this.adoption,
				new PackedFiles(rooms.store(), formats, clock), this.steps);
		this.modelPaths = new ModelPathFiles(lookUp, this.files, formats, this.steps);
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
			.filter((candidate) -> mode == Mode.USE_CACHED || !candidate.fallback())
			.toList();
		return acquire(candidates, 0, mode, monitor);
	}

	private Mono<CachedModel> acquire(List<Candidate> candidates, int index, Mode mode, AcquisitionMonitor monitor) {
		Mono<CachedModel> acquired = monitor
			.watched(FailureBoundary.around("choosing how to acquire the model",
					acquire(candidates.get(index), mode, monitor)))
			.onErrorMap(monitor::asModelCacheException);
		return acquired.onErrorResume(ModelCacheException.class, (failure) -> {
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
				return withoutNetwork(candidate, mode, monitor);
			}
			return resolve(candidate)
				.flatMap((model) -> underLock(candidate, mode, monitor,
						Mono.defer(() -> bring(candidate, model, mode, monitor))
							.flatMap((ready) -> tellingOfOlder(candidate, model, ready)))
					.flatMap((ready) -> pinned(candidate, model, ready)))
				.onErrorResume((failure) -> mode == Mode.USE_CACHED && isOutOfReach(failure),
						(failure) -> known(candidate, mode, monitor)
							.onErrorResume((other) -> other instanceof ModelCacheException && !isFinal(other),
									(other) -> {
										failure.addSuppressed(other);
										return Mono.empty();
									})
							.doOnNext((model) -> logger.warn(
									"Model '{}': what is on this machine is served, though it may be an older version, because {}",
									candidate.request().id(), failure.toString()))
							.switchIfEmpty(Mono.error(failure)))
				.onErrorResume((failure) -> mode == Mode.USE_CACHED && saysNothing(failure),
						(failure) -> unknown(candidate, monitor, failure));
		});
		return (mode == Mode.RENEW) ? fetched
				: cached(candidate, monitor).switchIfEmpty(Mono.defer(() -> this.modelPaths.settle(candidate, monitor)))
					.switchIfEmpty(fetched);
	}

	private static boolean isFinal(Throwable failure) {
		return failure instanceof ModelCacheException known && FINAL.contains(known.code());
	}

	/** Whether the source did not answer, or a proxy did in its place. */
	private static boolean isOutOfReach(Throwable failure) {
		return failure instanceof ModelTransferException || ConnectionFailedException.in(failure) != null;
	}

	/** Whether the source could not be asked what the model is. */
	private static boolean saysNothing(Throwable failure) {
		return failure instanceof ModelTransferException || failure instanceof ModelAccessDeniedException
				|| failure instanceof ModelNotFoundException;
	}

	/** Serves a file at the model's place of which nothing can be known. */
	private Mono<CachedModel> unknown(Candidate candidate, AcquisitionMonitor monitor, Throwable failure) {
		return isUnknown(candidate).flatMap((unknown) -> {
			if (!unknown) {
				return Mono.error(failure);
			}
			logger.warn(
					"Model '{}': the file at its place is served, though its source cannot say what it should be: {}",
					candidate.request().id(), failure.getMessage());
			return unproven(candidate, monitor);
		});
	}

	private Mono<CachedModel> cached(Candidate candidate, AcquisitionMonitor monitor) {
		return this.steps.call(() -> this.lookUp.find(candidate, () -> monitor.hashing(candidate)))
			.flatMap((ready) -> pinned(candidate, null, ready));
	}

	private Mono<CachedModel> pinned(Candidate candidate, @Nullable ResolvedModel model, CachedModel ready) {
		return !this.pins.areKept() ? Mono.just(ready) : onWaiting("writing the lock file", () -> {
			List<ModelPlace> places = ready.files()
				.stream()
				.map((file) -> this.lookUp.served(candidate, file))
				.toList();
			this.pins.record(candidate, model, this.lookUp.seen(candidate, ready), places, ready);
			return ready;
		});
	}

	/** Does what waits for others, on the threads for that. */
	private <T> Mono<T> onWaiting(String step, Callable<T> call) {
		return FailureBoundary.around("continuing after " + step,
				Mono.fromCallable(() -> FailureBoundary.call(step, call)).subscribeOn(this.threads.waiting()));
	}

	/** Goes on with what a source tells, on the threads for files. */
	private <T> Mono<T> onFiles(String step, Mono<T> told) {
		return FailureBoundary.around("continuing after " + step, told.publishOn(this.threads.io()));
	}

	private Mono<CachedModel> unproven(Candidate candidate, AcquisitionMonitor monitor) {
		return this.steps.call(() -> this.lookUp.unproven(candidate, () -> monitor.hashing(candidate)));
	}

	private Mono<Boolean> isUnknown(Candidate candidate) {
		return this.steps.call(() -> this.lookUp.isUnknown(candidate));
	}

	private Mono<CachedModel> withoutNetwork(Candidate candidate, Mode mode, AcquisitionMonitor monitor) {
		return this.adoption.adoptConfigured(candidate, this.lookUp.place(candidate), monitor)
			.flatMap((adopted) -> underLock(candidate, mode, monitor, adopted))
			.switchIfEmpty(Mono.defer(() -> known(candidate, mode, monitor)))
			.switchIfEmpty(Mono.defer(() -> unknownOrOffline(candidate, monitor)));
	}

	/** Serves what other tools keep of the model, if that is all of it. */
	private Mono<CachedModel> known(Candidate candidate, Mode mode, AcquisitionMonitor monitor) {
		return onFiles("looking for what other tools keep",
				this.rooms.sources().known(candidate.request(), candidate.locations(), candidate.configuredUrl()))
			.map((model) -> this.pins.enforce(candidate, model))
			.flatMap(
					(model) -> underLock(candidate, mode, monitor, Mono.defer(() -> adopted(candidate, model, monitor)))
						.doOnNext((ready) -> {
							if (!ready.verified()) {
								logger.warn(
										"Model '{}': {} is not verified: only its name in another tool's cache says what its digest is. It is compared with what its source states once that can be reached. SHA-256: {}",
										candidate.request().id(), ready.path(), ready.digest());
							}
						})
						.switchIfEmpty(Mono.defer(() -> refused(candidate, model))));
	}

	/** Says why files that are on this machine are not served. */
	private static Mono<CachedModel> refused(Candidate candidate, ResolvedModel model) {
		boolean named = model.files()
			.stream()
			.anyMatch((file) -> file.expected() != null && file.expected().origin() == DigestOrigin.FILE_NAME);
		return (named && candidate.request().digestRequired()) ? Mono.error(new ModelIntegrityException(
				candidate.request().id(),
				"require-checksum is set, and the files on this machine were never compared with a digest that their source states",
				"Start once while the source can be reached, or configure expected-checksum")) : Mono.empty();
	}

	private Mono<CachedModel> adopted(Candidate candidate, ResolvedModel model, AcquisitionMonitor monitor) {
		if (this.several.isFor(candidate, model)) {
			return this.several.find(candidate, model, monitor);
		}
		FileJob job = new FileJob(candidate, model.file(), this.lookUp.place(candidate));
		Mono<CachedModel> settled = (job.file().expected() != null) ? this.modelPaths.settle(job, monitor)
				: Mono.empty();
		return settled
			.switchIfEmpty(this.modelPaths.settlingLatecomers(job, monitor, this.adoption.adopt(job, true, monitor)));
	}

	private Mono<CachedModel> unknownOrOffline(Candidate candidate, AcquisitionMonitor monitor) {
		return isUnknown(candidate)
			.flatMap((unknown) -> unknown ? unproven(candidate, monitor) : Mono.error(new ModelOfflineException(
					candidate.request().id(), "it is not cached, and hooks.llm.offline forbids the network",
					"Start once without hooks.llm.offline (or HF_HUB_OFFLINE), or put the file at its model-path")));
	}

	private Mono<ResolvedModel> resolve(Candidate candidate) {
		ModelRequest request = candidate.request();
		if (candidate.locations().isEmpty()) {
			boolean there = this.lookUp.size(candidate) >= 0;
			return Mono
				.error(() -> new ModelNotFoundException(
						request.id(), "the file " + request.modelPath()
								+ (there ? " is not the model" : " is not there") + ", and no source is configured",
						"Put the file there, or configure a url"));
		}
		return onFiles("asking " + candidate.source(),
				this.rooms.sources().resolve(request, candidate.locations(), candidate.configuredUrl()))
			.map((model) -> this.pins.enforce(candidate, model))
			.doOnNext((model) -> {
				if (request.digestRequired() && model.files()
					.stream()
					.anyMatch((file) -> file.expected() == null
							&& file.mirrors().stream().allMatch((mirror) -> mirror.stated() == null))) {
					throw new ModelIntegrityException(request.id(),
							"require-checksum is set, but nobody says what the digest should be",
							"Configure expected-checksum, or remove require-checksum");
				}
			});
	}

	private Mono<CachedModel> underLock(Candidate candidate, Mode mode, AcquisitionMonitor monitor,
			Mono<CachedModel> acquired) {
		ModelPlace place = this.lookUp.place(candidate);
		AtomicReference<CacheLock> lock = new AtomicReference<>();
		Mono<CachedModel> again = (mode == Mode.RENEW) ? Mono.empty() : cached(candidate, monitor);
		return Mono.usingWhen(Mono.fromSupplier(() -> new ResourceHolder<>(CacheLock::close)),
				(holder) -> BlockingSteps.under(holder, onWaiting("taking the lock " + place.lockFile(), () -> {
					Instant start = this.clock.instant();
					try {
						lock.set(holder.hold(acquireLock(candidate, place, monitor)));
					}
					finally {
						monitor.lockWaited(Duration.between(start, this.clock.instant()));
					}
					return true;
				}).then(again).switchIfEmpty(acquired).takeUntilOther(ticking(monitor, lock))),
				(holder) -> holder.closeOn(this.threads.io()));
	}

	private CacheLock acquireLock(Candidate candidate, ModelPlace place, AcquisitionMonitor monitor) {
		return this.rooms.locks()
			.acquire(new LockRequest(candidate.request().id(), place.lockFile()), monitor::waiting);
	}

	/**
	 * Shows progress and keeps the lock's note fresh, for as long as it is subscribed.
	 */
	private Mono<Void> ticking(AcquisitionMonitor monitor, AtomicReference<CacheLock> lock) {
		return Flux.interval(TICK, this.threads.timer()).onBackpressureDrop().concatMap((tick) -> {
			TransferProgress progress = tick(monitor);
			CacheLock held = lock.get();
			if (held == null || tick % TICKS_PER_HEARTBEAT != 0) {
				return Mono.<Void>empty();
			}
			return Mono.<Void>fromRunnable(() -> heartbeat(held, progress)).subscribeOn(this.threads.io());
		}, 1).then();
	}

	/** What cannot be shown breaks nothing. */
	private static @Nullable TransferProgress tick(AcquisitionMonitor monitor) {
		try {
			return monitor.tick();
		}
		catch (Throwable ex) {
			logger.debug("The progress of a model cannot be shown", ex);
			return null;
		}
	}

	private static void heartbeat(CacheLock held, @Nullable TransferProgress progress) {
		try {
			held.heartbeat(progress);
		}
		catch (Throwable ex) {
			logger.warn("The note of a lock cannot be written", ex);
		}
	}

	/** A source may go back to an older revision, also if an attacker makes it. */
	private Mono<CachedModel> tellingOfOlder(Candidate candidate, ResolvedModel model, CachedModel ready) {
		String revision = model.revision();
		String source = candidate.sourceKey();
		if (revision == null || source == null || candidate.fallback()) {
			return Mono.just(ready);
		}
		return this.steps.call(() -> {
			ModelPlace place = this.lookUp.place(candidate);
			SourceHistory history = SourceHistory.read(place, source);
			Instant modified = (model.hub() != null) ? model.hub().modified() : null;
			String reason = history.whyOlder(revision, modified);
			if (reason != null) {
				logger.warn(
						"Model '{}': {} went back to {}, {}. Name a revision or use hooks.llm.lock-file if that is not intended",
						candidate.request().id(), candidate.source(), revision, reason);
			}
			SourceHistory next = history.with(revision, modified);
			if (!next.equals(history)) {
				next.write(place);
			}
			return ready;
		});
	}

	private Mono<CachedModel> bring(Candidate candidate, ResolvedModel model, Mode mode, AcquisitionMonitor monitor) {
		DataSize estimated = candidate.request().estimatedSize();
		monitor.expecting((estimated != null) ? estimated.toBytes() : null);
		if (this.several.isFor(candidate, model)) {
			return this.modelPaths.settle(candidate, model, monitor)
				.switchIfEmpty(Mono.defer(() -> this.several.fetch(candidate, model, mode, monitor)));
		}
		FileJob job = new FileJob(candidate, model.file(), this.lookUp.place(candidate));
		Mono<CachedModel> unchanged = (mode == Mode.RENEW) ? unchanged(job) : Mono.empty();
		return this.modelPaths.settle(job, monitor)
			.switchIfEmpty(this.modelPaths.settlingLatecomers(job, monitor,
					unchanged.switchIfEmpty(this.adoption.adopt(job, true, monitor))
						.switchIfEmpty(Mono.defer(() -> sameOrFetched(job, mode, monitor)))));
	}

	/**
	 * The file that is there need not be fetched again if it has the digest that its
	 * source states now or, where none is stated, if its origin gives the validator that
	 * it gave then.
	 */
	private Mono<CachedModel> unchanged(FileJob job) {
		Mono<CachedModel> there = this.steps.call(() -> this.lookUp.itself(job));
		return (job.file().expected() != null) ? there
				: onFiles("asking for the state of the file", this.files.state(job))
					.filter((state) -> this.lookUp.isFrom(job, state))
					.flatMap((state) -> there);
	}

	/**
	 * A file without receipt and digest is compared with the source by its size alone;
	 * where the source does not answer, it is what there is. One that is no model is
	 * fetched anew. The size of a compressed file tells nothing of its content.
	 */
	private Mono<CachedModel> sameOrFetched(FileJob job, Mode mode, AcquisitionMonitor monitor) {
		Candidate candidate = job.candidate();
		Mono<CachedModel> fetched = Mono.defer(() -> this.files.fetch(job, monitor));
		if (mode == Mode.RENEW || job.file().expected() != null) {
			return fetched;
		}
		return isUnknown(candidate).flatMap((unknown) -> {
			if (!unknown) {
				return fetched;
			}
			return this.files.state(job)
				.map((state) -> job.compression() == null && state.size() == this.lookUp.size(candidate))
				.defaultIfEmpty(true)
				.flatMap((same) -> same
						? unproven(candidate, monitor).onErrorResume(ModelFormatException.class, (ex) -> fetched)
						: fetched);
		});
	}

	/** Whether a file that is there will do. */
	enum Mode {

		/** It will. */
		USE_CACHED,

		/** It stays until another one replaces it. */
		RENEW

	}

}
