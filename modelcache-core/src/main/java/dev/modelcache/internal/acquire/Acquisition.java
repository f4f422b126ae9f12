/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

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
import dev.modelcache.ModelStorageException;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.acquire.AcquisitionObserver.Step;
import dev.modelcache.internal.http.ConnectionFailedException;
import dev.modelcache.internal.lock.ExclusiveFiles;
import dev.modelcache.internal.source.SourceResolvers;
import dev.modelcache.internal.store.SourceHistory;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One acquisition of a model: look up, resolve, lock, look up again, adopt or fetch,
 * verify, publish. If a candidate cannot be had, the next one is used.
 * <p>
 * <em>Blocking</em>: runs on the thread that calls it, which must not be interrupted.
 * <em>Cancellation</em>: ends it at the next wait, and at the next MiB that is read,
 * until the model is moved to its place.
 */
final class Acquisition implements Callable<CachedModel> {

	private static final Logger logger = LoggerFactory.getLogger(Acquisition.class);

	/** How often a model may turn out to need further files. */
	private static final int MOST_COMPLETIONS = 10;

	private static final Set<ErrorCode> FINAL = Set.of(ErrorCode.CONFIGURATION, ErrorCode.CANCELLED,
			ErrorCode.LOCK_TIMEOUT);

	private final ModelRequest request;

	private final Mode mode;

	private final EngineParts parts;

	private final AcquisitionObserver observer;

	private final EngineThreads threads;

	private final Clock clock;

	private final AcquisitionMonitor monitor;

	private final Cancellation cancellation;

	private final FormatCheck formats;

	private final ExternalData data;

	private final Supplier<Set<Path>> paths;

	private final FileFetch files;

	private final Adoption adoption;

	private final ModelPathFiles modelPaths;

	private final PinnedModels pins;

	/**
	 * Creates an acquisition.
	 * @param request the wanted model
	 * @param mode whether a file that is there will do
	 * @param modelPaths where the files of configured models are or will be, found when
	 * it is asked
	 * @param parts the parts that do the work
	 * @param observer is told of files that were read
	 * @param threads run what is awaited
	 * @param clock tells the time
	 * @param monitor is told how it goes
	 * @param cancellation ends it
	 */
	Acquisition(ModelRequest request, Mode mode, Supplier<Set<Path>> modelPaths, EngineParts parts,
			AcquisitionObserver observer, EngineThreads threads, Clock clock, AcquisitionMonitor monitor,
			Cancellation cancellation) {
		this.request = request;
		this.mode = mode;
		this.parts = parts;
		this.observer = observer;
		this.threads = threads;
		this.clock = clock;
		this.monitor = monitor;
		this.cancellation = cancellation;
		this.formats = new FormatCheck(parts.formats());
		this.paths = modelPaths;
		this.data = new ExternalData(this.formats, modelPaths);
		this.files = new FileFetch(parts, this.data, clock, monitor, cancellation);
		this.adoption = new Adoption(parts.store(), this.formats, this.data, clock, this.files, monitor, cancellation);
		this.modelPaths = new ModelPathFiles(this.files, this.formats);
		this.pins = new PinnedModels(parts.store(), cancellation::sleep);
	}

	/**
	 * Acquires the model.
	 * @return the model
	 * @throws ModelCacheException if no candidate can be had: the failure of the first
	 * one, with those of the others suppressed
	 */
	@Override
	public CachedModel call() {
		List<ModelCacheException> failures = new ArrayList<>();
		for (Candidate candidate : Candidate.of(this.request)) {
			if (this.mode == Mode.RENEW && candidate.fallback()) {
				continue;
			}
			this.cancellation.checkCancelled();
			if (!failures.isEmpty()) {
				this.monitor.fallingBack(candidate, failures.get(failures.size() - 1));
			}
			try {
				return attempt(candidate);
			}
			catch (ModelCacheException failure) {
				failures.add(failure);
				if (FINAL.contains(failure.code())) {
					break;
				}
			}
		}
		this.cancellation.checkCancelled();
		for (int i = failures.size() - 1; i > 0; i--) {
			failures.get(i - 1).addSuppressed(failures.get(i));
		}
		throw failures.get(0);
	}

	private CachedModel attempt(Candidate candidate) {
		this.cancellation.beginAttempt();
		Disposable watched = this.monitor.watched();
		try {
			this.cancellation.check();
			ModelIndex index = new ModelIndex(this.parts.store(), this.formats, this.observer, this.clock, candidate,
					(bytes, total) -> hashing(candidate, bytes, total), this.paths);
			CachedModel model = serve(index);
			if (this.parts.store().isSealing()) {
				index.seal(model);
			}
			return model;
		}
		catch (Throwable ex) {
			throw this.monitor
				.asModelCacheException(FailureBoundary.asException("choosing how to acquire the model", ex));
		}
		finally {
			watched.dispose();
		}
	}

	private CachedModel serve(ModelIndex index) {
		Standing standing = new Standing.Absent();
		if (this.mode == Mode.USE_CACHED) {
			standing = index.look();
			CachedModel there = cached(index, standing);
			if (there == null) {
				there = this.modelPaths.settle(index, standing.unproved());
			}
			if (there != null) {
				return served(index, there);
			}
		}
		this.parts.store().checkDirectory(index.candidate().request());
		this.monitor.trying(index.candidate());
		if (this.parts.offline()) {
			return withoutNetwork(index, standing);
		}
		try {
			return fetched(index, standing);
		}
		catch (RuntimeException failure) {
			this.cancellation.checkCancelled();
			CachedModel there = (this.mode == Mode.USE_CACHED) ? inSpiteOf(failure, index, standing) : null;
			if (there == null) {
				throw failure;
			}
			return there;
		}
	}

	/** Returns the model if it is there, for which files may have to be read. */
	private @Nullable CachedModel cached(ModelIndex index, Standing standing) {
		CachedModel there = null;
		if (standing instanceof Standing.Ready ready) {
			there = ready.model();
		}
		else if (standing instanceof Standing.Provable provable) {
			there = this.monitor.step(Step.VERIFY, null, () -> index.prove(provable));
			if (there == null) {
				return cached(index, provable.otherwise());
			}
		}
		else if (standing instanceof Standing.Unproven && index.candidate().locations().isEmpty()) {
			there = index.takeUnproven();
		}
		return (there != null) ? pinned(index, null, there) : null;
	}

	private CachedModel fetched(ModelIndex index, Standing before) {
		ResolvedModel model = resolve(index);
		CachedModel ready = underLock(index, before, (standing) -> {
			CachedModel brought = completing(index, model, false,
					(complete) -> bringModel(index, standing, complete, model));
			tellOfOlder(index, model);
			return brought;
		});
		if (ready == null) {
			throw new IllegalStateException("the acquisition ended without a model");
		}
		return pinned(index, model, ready);
	}

	/** Returns what this machine has of a model whose source failed. */
	private @Nullable CachedModel inSpiteOf(RuntimeException failure, ModelIndex index, Standing before) {
		Candidate candidate = index.candidate();
		if (failure instanceof ModelStorageException && index.look() instanceof Standing.Ready ready) {
			// Another process took the lock over while this one was paused.
			return pinned(index, null, ready.model());
		}
		if (isOutOfReach(failure)) {
			CachedModel known = null;
			try {
				this.monitor.startingOver();
				known = known(index, before);
			}
			catch (MissingDataException other) {
				failure.addSuppressed(other);
			}
			catch (ModelCacheException other) {
				if (FINAL.contains(other.code())) {
					throw other;
				}
				failure.addSuppressed(other);
			}
			if (known != null) {
				logger.warn(
						"Model '{}': what is on this machine is served, though it may be an older version, because {}",
						candidate.request().id(), failure.toString());
				return known;
			}
		}
		if (saysNothing(failure) && index.occupant() instanceof Standing.Unproven) {
			this.monitor.startingOver();
			logger.warn(
					"Model '{}': the file at its place is served, though its source cannot say what it should be: {}",
					candidate.request().id(), failure.getMessage());
			return index.takeUnproven();
		}
		return null;
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

	private CachedModel withoutNetwork(ModelIndex index, Standing before) {
		Candidate candidate = index.candidate();
		MissingDataException incomplete = null;
		CachedModel there = null;
		try {
			there = offered(index, before);
		}
		catch (MissingDataException ex) {
			incomplete = ex;
		}
		try {
			if (there == null) {
				there = known(index, before);
			}
			if (there == null && incomplete != null) {
				this.data.giveUpOffline(candidate.request().id(), incomplete);
				there = offered(index, before);
			}
		}
		catch (MissingDataException ex) {
			incomplete = ex;
		}
		if (there == null && index.occupant() instanceof Standing.Unproven) {
			there = index.takeUnproven();
		}
		if (there == null) {
			throw new ModelOfflineException(candidate.request().id(),
					((incomplete != null) ? ExternalData.describe(incomplete) : "it is not cached")
							+ ", and hooks.llm.offline forbids the network",
					"Start once without hooks.llm.offline (or HF_HUB_OFFLINE), or put the file at its model-path");
		}
		return there;
	}

	/** Serves the file that the configuration alone describes. */
	private @Nullable CachedModel offered(ModelIndex index, Standing before) {
		return this.adoption.isOffered(index.candidate(), index.place()) ? underLock(index, before,
				(standing) -> this.adoption.adoptConfigured(index.candidate(), index.place())) : null;
	}

	/**
	 * Serves what other tools keep of the model, if that is all of it.
	 * @throws MissingDataException if it has data in files that they do not keep
	 */
	private @Nullable CachedModel known(ModelIndex index, Standing before) {
		Candidate candidate = index.candidate();
		ResolvedModel found = ask("looking for what other tools keep", knownOf(candidate, candidate.request()));
		if (found == null) {
			return null;
		}
		ResolvedModel model = this.pins.enforce(candidate, found);
		CachedModel ready = underLock(index, before, (standing) -> completing(index, model, true,
				(complete) -> knownFiles(index, standing, complete, model)));
		if (ready == null) {
			refuseUnverified(candidate, model);
		}
		else if (!ready.verified()) {
			logger.warn(
					"Model '{}': {} is not verified: only its name in another tool's cache says what its digest is. It is compared with what its source states once that can be reached. SHA-256: {}",
					candidate.request().id(), ready.path(), ready.digest());
		}
		return ready;
	}

	private @Nullable CachedModel knownFiles(ModelIndex index, Standing standing, ResolvedModel model,
			ResolvedModel named) {
		CachedModel inPlace = ModelDraft.inPlace(this.parts.store(), index, model, this.data, false);
		ModelDraft draft = new ModelDraft(this.parts.store(), index, model, named);
		FileJob single = draft.single();
		if (inPlace != null) {
			return inPlace;
		}
		if (single == null) {
			CachedModel seen = draft.seen(this.data);
			FileJob only = draft.only();
			return (seen == null && only != null) ? this.adoption.adoptInPlace(only) : seen;
		}
		CachedModel settled = (single.file().expected() != null) ? this.modelPaths.settle(index, standing, single)
				: null;
		return (settled != null) ? settled
				: this.modelPaths.settlingLatecomers(index, single, () -> this.adoption.adopt(single));
	}

	/** Says why files that are on this machine are not served. */
	private static void refuseUnverified(Candidate candidate, ResolvedModel model) {
		boolean named = model.files()
			.stream()
			.anyMatch((file) -> file.expected() != null && file.expected().origin() == DigestOrigin.FILE_NAME);
		if (named && candidate.request().digestRequired()) {
			throw new ModelIntegrityException(candidate.request().id(),
					"require-checksum is set, and the files on this machine were never compared with a digest that their source states",
					"Start once while the source can be reached, or configure expected-checksum");
		}
	}

	private ResolvedModel resolve(ModelIndex index) {
		Candidate candidate = index.candidate();
		ModelRequest request = candidate.request();
		if (candidate.locations().isEmpty()) {
			throw new ModelNotFoundException(request.id(), "the file " + request.modelPath()
					+ ((index.size() >= 0) ? " is not the model" : " is not there") + ", and no source is configured",
					"Put the file there, or configure a url");
		}
		ResolvedModel resolved = this.monitor.step(Step.RESOLVE, candidate.source(),
				() -> ask("asking " + candidate.source(), resolved(candidate, request)));
		if (resolved == null) {
			throw new IllegalStateException(candidate.source() + " was resolved without a result");
		}
		ResolvedModel model = this.pins.enforce(candidate, resolved);
		if (request.digestRequired() && model.files()
			.stream()
			.anyMatch((file) -> file.expected() == null
					&& file.mirrors().stream().allMatch((mirror) -> mirror.stated() == null))) {
			throw new ModelIntegrityException(request.id(),
					"require-checksum is set, but nobody says what the digest should be",
					"Configure expected-checksum, or remove require-checksum");
		}
		return model;
	}

	/** Asks a source. Its code may block, which is then not our thread's concern. */
	private <T> @Nullable T ask(String step, Mono<T> answer) {
		return this.cancellation.await(FailureBoundary.around(step, answer.subscribeOn(this.threads.io())));
	}

	/**
	 * Works under the model's lock, unless the model has come in the meantime. What was
	 * found before not to be the model is not read again.
	 */
	private @Nullable CachedModel underLock(ModelIndex index, Standing before,
			Function<Standing, @Nullable CachedModel> work) {
		Instant start = this.clock.instant();
		try (CacheLock lock = lock(index, start)) {
			this.monitor.lockWaited(Duration.between(start, this.clock.instant()));
			Disposable noted = this.monitor.noted(lock);
			try {
				CachedModel there = null;
				Standing standing = (this.mode == Mode.RENEW) ? index.occupant() : index.look();
				if (this.mode == Mode.USE_CACHED && !standing.equals(before)) {
					there = cached(index, standing);
				}
				if (there == null) {
					there = work.apply((this.mode == Mode.RENEW) ? standing : standing.unproved());
				}
				return (there != null) ? served(index, there) : null;
			}
			finally {
				noted.dispose();
			}
		}
	}

	/** From now on no other process puts another file there. */
	private CachedModel served(ModelIndex index, CachedModel model) {
		ExpectedDigest expected = index.expected();
		this.parts.store()
			.serve(index.place(), (expected != null) ? expected.digest() : null, index.candidate().sourceKeys(), model);
		return model;
	}

	/**
	 * Where no digest says what the only file will be, its content is known when it has
	 * come.
	 */
	private void requireUnserved(ModelIndex index, ResolvedModel model, @Nullable FileJob single) {
		ExpectedDigest expected = (model.files().size() == 1) ? model.files().get(0).expected() : null;
		if (index.expected() != null) {
			expected = index.expected();
		}
		if (single == null || expected != null) {
			this.parts.store()
				.requireUnserved(index.candidate().request().id(), index.place(),
						(expected != null) ? expected.digest() : null, index.candidate().sourceKey());
		}
	}

	private CacheLock lock(ModelIndex index, Instant start) {
		String id = index.candidate().request().id();
		try {
			if (index.place().conflict() != null && ExclusiveFiles.isWritable(index.place().target())) {
				// Told before anything is fetched.
				this.parts.store().staging().prepare(id, index.place());
			}
			LockRequest request = LockRequest.of(id, this.parts.store().lockFile(id, index.place()))
				.withPause(this.cancellation::sleep);
			CacheLock lock = this.monitor.step(Step.LOCK, null,
					() -> this.parts.locks().acquire(request, this.monitor::waiting));
			return Objects.requireNonNull(lock, "the lock factory returned no lock");
		}
		catch (RuntimeException ex) {
			this.monitor.lockWaited(Duration.between(start, this.clock.instant()));
			if (ex instanceof ModelStorageException) {
				// May know a better reason.
				this.parts.store().staging().prepare(id, index.place());
			}
			throw ex;
		}
	}

	private CachedModel pinned(ModelIndex index, @Nullable ResolvedModel model, CachedModel ready) {
		if (this.pins.areKept()) {
			this.pins.record(index.candidate(), model, index.seen(ready), index.served(ready), ready);
		}
		return ready;
	}

	/** A source may go back to an older revision, also if an attacker makes it. */
	private void tellOfOlder(ModelIndex index, ResolvedModel model) {
		Candidate candidate = index.candidate();
		String revision = model.revision();
		String source = candidate.sourceKey();
		if (revision == null || source == null || candidate.fallback()) {
			return;
		}
		SourceHistory history = SourceHistory.read(index.place(), source);
		Instant modified = (model.hub() != null) ? model.hub().modified() : null;
		String reason = history.whyOlder(revision, modified);
		if (reason != null) {
			logger.warn(
					"Model '{}': {} went back to {}, {}. Name a revision or use hooks.llm.lock-file if that is not intended",
					candidate.request().id(), candidate.source(), revision, reason);
		}
		SourceHistory next = history.with(revision, modified);
		if (!next.equals(history)) {
			next.write(index.place());
		}
	}

	/**
	 * Works on a model, and once more with the files that it turns out to need.
	 * @param index the files of the candidate
	 * @param first the model
	 * @param offline whether only what is on this machine may be added
	 * @param work brings the model
	 * @return the model that was brought
	 */
	private @Nullable CachedModel completing(ModelIndex index, ResolvedModel first, boolean offline,
			Function<ResolvedModel, @Nullable CachedModel> work) {
		Candidate candidate = index.candidate();
		ResolvedModel model = first;
		for (int completions = 0;; completions++) {
			ResolvedModel present = model;
			Runnable check = () -> this.pins.requireAll(candidate, present);
			this.data.onceComplete(check);
			try {
				CachedModel brought = work.apply(present);
				if (brought != null) {
					// Of what was there, and not published.
					check.run();
				}
				return brought;
			}
			catch (MissingDataException missing) {
				ResolvedModel complete = (completions < MOST_COMPLETIONS) ? complete(candidate, model, missing, offline)
						: null;
				if (complete != null) {
					model = this.pins.enforce(candidate, complete);
					// Of a file that was the whole model, and comes to another place now.
					this.parts.store().staging().discardPartials(index.place());
				}
			}
		}
	}

	/**
	 * Returns the model with the files that it needs, or null if it is served without.
	 */
	private @Nullable ResolvedModel complete(Candidate candidate, ResolvedModel model, MissingDataException missing,
			boolean offline) {
		ResolvedModel complete = null;
		ModelNotFoundException failure = null;
		try {
			complete = ask("asking " + candidate.source(),
					SourceResolvers.complete(candidate.request(), model, missing.names(),
							(request) -> offline ? knownOf(candidate, request) : resolved(candidate, request)));
		}
		catch (ModelNotFoundException ex) {
			failure = ex;
		}
		if (complete == null && offline) {
			this.data.giveUpOffline(candidate.request().id(), missing);
		}
		else if (complete == null) {
			this.data.giveUp(candidate, missing, failure);
		}
		return complete;
	}

	private Mono<ResolvedModel> resolved(Candidate candidate, ModelRequest request) {
		return this.parts.sources()
			.resolve(request, candidate.locations(), candidate.configuredUrl(), this.monitor::pausing);
	}

	private Mono<ResolvedModel> knownOf(Candidate candidate, ModelRequest request) {
		return this.parts.sources().known(request, candidate.locations(), candidate.configuredUrl());
	}

	private CachedModel bringModel(ModelIndex index, Standing standing, ResolvedModel model, ResolvedModel named) {
		DataSize estimated = index.candidate().request().estimatedSize();
		this.monitor.expecting(model.size(), (estimated != null) ? estimated.toBytes() : null);
		CachedModel inPlace = ModelDraft.inPlace(this.parts.store(), index, model, this.data, true);
		if (inPlace != null) {
			return inPlace;
		}
		ModelDraft draft = new ModelDraft(this.parts.store(), index, model, named);
		FileJob single = draft.single();
		CachedModel settled = (single != null) ? this.modelPaths.settle(index, standing, single)
				: this.modelPaths.settle(index, standing, model);
		if (settled != null) {
			return settled;
		}
		requireUnserved(index, model, single);
		if (single == null) {
			FileJob only = draft.only();
			CachedModel lent = (only != null) ? this.adoption.adoptInPlace(only) : null;
			return (lent != null) ? lent : bringAll(index, draft.usable());
		}
		CachedModel brought = this.modelPaths.settlingLatecomers(index, single,
				() -> bringFile(index, standing, single));
		if (brought == null) {
			throw new IllegalStateException("the file was brought without a result");
		}
		return brought;
	}

	private CachedModel bringFile(ModelIndex index, Standing standing, FileJob job) {
		CachedModel there = (this.mode == Mode.RENEW) ? unchanged(index, job) : null;
		if (there == null) {
			there = this.adoption.adopt(job);
		}
		if (there == null && this.mode == Mode.USE_CACHED && standing instanceof Standing.Unproven
				&& job.file().expected() == null) {
			there = same(index, job);
		}
		return (there != null) ? there : this.files.fetch(job);
	}

	/**
	 * The file that is there need not be fetched again if it has the digest that its
	 * source states now or, where none is stated, if its origin gives the validator that
	 * it gave then.
	 */
	private @Nullable CachedModel unchanged(ModelIndex index, FileJob job) {
		SourceState state = (job.file().expected() == null) ? this.files.state(job) : null;
		return (job.file().expected() != null || (state != null && index.isFrom(state))) ? index.takeAsItself(job)
				: null;
	}

	/**
	 * A file without receipt and digest is compared with the source by its size alone; if
	 * the source does not answer, it is served. One that is no model is fetched anew. The
	 * size of a compressed file tells nothing of its content.
	 */
	private @Nullable CachedModel same(ModelIndex index, FileJob job) {
		SourceState state = this.files.state(job);
		if (state != null && (job.compression() != null || state.size() != index.size())) {
			return null;
		}
		try {
			return index.takeUnproven();
		}
		catch (ModelFormatException ex) {
			return null;
		}
	}

	private CachedModel bringAll(ModelIndex index, ModelDraft draft) {
		CachedModel unpacked = draft.isUnpacked() ? cached(index, index.look()) : null;
		if (unpacked != null) {
			return unpacked;
		}
		draft.findArrived(this.mode == Mode.USE_CACHED);
		this.monitor.there(draft.arrivedBytes());
		List<FileJob> missing = draft.admitMissing();
		Set<ExpectedDigest> contents = new HashSet<>();
		List<FileJob> small = new ArrayList<>();
		List<FileJob> large = new ArrayList<>();
		List<FileJob> repeated = new ArrayList<>();
		for (FileJob job : missing) {
			boolean first = job.file().expected() == null || contents.add(job.file().expected());
			(!first ? repeated : this.parts.transfer().isOneStream(job.file().size()) ? small : large).add(job);
		}
		sideBySide(small, draft);
		large.forEach((job) -> arrive(job, draft));
		for (FileJob job : repeated) {
			// Its content has come for another file: where that is a file of its own, as
			// a copy.
			if (draft.findArrived(job)) {
				this.monitor.there(draft.arrived(job).size());
			}
			else {
				arrive(job, draft);
			}
		}
		this.data.require(index.candidate().request().id(), draft.arrivedFiles());
		return Objects.requireNonNull(this.monitor.step(Step.PUBLISH, null, () -> {
			PackedFiles packed = new PackedFiles(this.parts.store(), this.formats, this.clock, this.monitor,
					this::reading);
			return draft.publish(packed, this.data, this.monitor, this.cancellation);
		}));
	}

	private void arrive(FileJob job, ModelDraft draft) {
		this.cancellation.check();
		CachedModel adopted = this.adoption.adopt(job);
		if (adopted != null) {
			this.monitor.there(adopted.size());
		}
		draft.arrived(job, (adopted != null) ? adopted : this.files.fetch(job));
	}

	/**
	 * Brings small files, each of which is one request, on as many connections as the
	 * model may have. The first failure ends the others.
	 */
	private void sideBySide(List<FileJob> jobs, ModelDraft draft) {
		AtomicReference<@Nullable ModelCacheException> failure = new AtomicReference<>();
		Mono<Void> all = Flux.fromIterable(jobs)
			.flatMap((job) -> Mono.fromRunnable(() -> arriveBeside(job, draft, failure)).subscribeOn(this.threads.io()),
					this.parts.transfer().connections())
			.then();
		this.cancellation.join(all);
		ModelCacheException first = failure.get();
		if (first != null) {
			this.cancellation.withdraw(first);
			throw first;
		}
	}

	private void arriveBeside(FileJob job, ModelDraft draft, AtomicReference<@Nullable ModelCacheException> failure) {
		try {
			arrive(job, draft);
		}
		catch (Throwable ex) {
			ModelCacheException known = this.monitor
				.asModelCacheException(FailureBoundary.asException("fetching a file of the model", ex));
			if (failure.compareAndSet(null, known)) {
				this.cancellation.giveUp(known);
			}
		}
	}

	private void reading() {
		this.cancellation.check();
		this.monitor.advanced();
	}

	/** Called for each piece of a file that may be the model's. */
	private void hashing(Candidate candidate, long bytes, long total) {
		this.cancellation.check();
		this.monitor.hashing(candidate, TransferProgress.of(bytes, total, 0));
	}

	/** Whether a file that is there will do. */
	enum Mode {

		/** It will. */
		USE_CACHED,

		/** It stays until another one replaces it. */
		RENEW

	}

}
