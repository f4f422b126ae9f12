/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

import dev.modelcache.CachedModel;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelAccessDeniedException;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCacheException.ErrorCode;
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
import dev.modelcache.internal.store.SourceHistory;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.LockRequest;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.util.unit.DataSize;

/**
 * The acquisition of a model from one candidate: look up, resolve, lock, look up again,
 * adopt or fetch, verify, publish.
 * <p>
 * <em>Blocking</em>: runs on the thread that calls it, which must not be interrupted.
 * <em>Cancellation</em>: ends it at the next wait, and at the next MiB that is read,
 * until the model is moved to its place.
 */
final class Acquisition {

	private static final Logger logger = LoggerFactory.getLogger(Acquisition.class);

	private static final Set<ErrorCode> FINAL = Set.of(ErrorCode.CONFIGURATION, ErrorCode.CANCELLED,
			ErrorCode.LOCK_TIMEOUT);

	private final Candidate candidate;

	private final Mode mode;

	private final Engine engine;

	private final AcquisitionMonitor monitor;

	private final Cancellation cancellation;

	private final ModelIndex index;

	private final FormatCheck formats;

	private final ExternalData data;

	private final ModelProof proof;

	private final FileFetch files;

	private final Adoption adoption;

	private final ModelPathFiles modelPath;

	private final PinnedModels pins;

	private Acquisition(Engine engine, Candidate candidate, Mode mode, AcquisitionMonitor monitor,
			Cancellation cancellation) {
		this.engine = engine;
		this.candidate = candidate;
		this.mode = mode;
		this.monitor = monitor;
		this.cancellation = cancellation;
		this.index = new ModelIndex(engine.store(), candidate);
		this.formats = new FormatCheck(engine.formats());
		this.data = new ExternalData(engine.store(), this.index, this.formats,
				() -> engine.models().modelPaths(engine.store()));
		this.proof = new ModelProof(engine.store(), this.index, this.formats, this.data, engine.observer(),
				engine.clock(), this::hashing);
		this.files = new FileFetch(engine, this.data, monitor, cancellation);
		this.adoption = new Adoption(engine, this.data, this.files, monitor, cancellation);
		this.modelPath = new ModelPathFiles(engine.store(), this.index, this.proof, this.files, this.formats);
		this.pins = new PinnedModels(engine.store(), cancellation::sleep);
	}

	/**
	 * Acquires a model: if a candidate cannot be had, the next one is used.
	 * @param engine does the work
	 * @param request the wanted model
	 * @param mode whether a file that is there will do
	 * @param monitor is told how it goes
	 * @param cancellation ends it
	 * @return the model
	 * @throws ModelCacheException if no candidate can be had: the failure of the first
	 * one, with those of the others suppressed
	 */
	static CachedModel acquire(Engine engine, ModelRequest request, Mode mode, AcquisitionMonitor monitor,
			Cancellation cancellation) {
		List<ModelCacheException> failures = new ArrayList<>();
		for (Candidate candidate : Candidate.of(request)) {
			if (mode == Mode.RENEW && candidate.fallback()) {
				continue;
			}
			cancellation.checkCancelled();
			if (!failures.isEmpty()) {
				monitor.fallingBack(candidate, failures.get(failures.size() - 1));
			}
			cancellation.beginAttempt();
			Disposable watched = monitor.watched();
			try {
				cancellation.check();
				return new Acquisition(engine, candidate, mode, monitor, cancellation).call();
			}
			catch (Throwable ex) {
				ModelCacheException failure = monitor
					.asModelCacheException(FailureBoundary.asException("choosing how to acquire the model", ex));
				failures.add(failure);
				if (FINAL.contains(failure.code())) {
					break;
				}
			}
			finally {
				watched.dispose();
			}
		}
		cancellation.checkCancelled();
		for (int i = failures.size() - 1; i > 0; i--) {
			failures.get(i - 1).addSuppressed(failures.get(i));
		}
		throw failures.get(0);
	}

	private CachedModel call() {
		CachedModel model = serve();
		if (this.engine.store().isSealing()) {
			this.proof.seal(model);
		}
		return model;
	}

	private CachedModel serve() {
		Standing standing = new Standing.Absent();
		if (this.mode == Mode.USE_CACHED) {
			standing = this.index.look();
			CachedModel there = cached(standing);
			if (there == null) {
				there = this.modelPath.settle(standing.unproved());
			}
			if (there != null) {
				return served(there);
			}
		}
		this.engine.store().checkDirectory(this.candidate.request());
		this.monitor.trying(this.candidate);
		if (this.engine.offline()) {
			return withoutNetwork(standing);
		}
		try {
			return fetched(standing);
		}
		catch (RuntimeException failure) {
			this.cancellation.checkCancelled();
			CachedModel there = (this.mode == Mode.USE_CACHED) ? inSpiteOf(failure, standing) : null;
			if (there == null) {
				throw failure;
			}
			return there;
		}
	}

	/** Returns the model if it is there, for which files may have to be read. */
	private @Nullable CachedModel cached(Standing standing) {
		CachedModel there = null;
		if (standing instanceof Standing.Ready ready) {
			there = ready.model();
		}
		else if (standing instanceof Standing.Provable provable) {
			there = this.monitor.step(Step.VERIFY, null, () -> this.proof.prove(provable));
			if (there == null) {
				return cached(provable.otherwise());
			}
		}
		else if (standing instanceof Standing.Unproven && this.candidate.locations().isEmpty()) {
			there = this.proof.takeUnproven();
		}
		return (there != null) ? pinned(null, there) : null;
	}

	private CachedModel fetched(Standing before) {
		this.engine.turns().awaitStart(this.monitor, this.cancellation);
		ResolvedModel model = resolve();
		CachedModel ready = underLock(before, (standing) -> {
			CachedModel brought = this.data.completing(model, false, this::resolved,
					(complete) -> this.engine.store()
						.staging()
						.withRoom(() -> bringModel(standing, complete, model), this.monitor::reading));
			tellOfOlder(model);
			return brought;
		});
		if (ready == null) {
			throw new IllegalStateException("the acquisition ended without a model");
		}
		return pinned(model, ready);
	}

	/** Returns what this machine has of a model whose source failed. */
	private @Nullable CachedModel inSpiteOf(RuntimeException failure, Standing before) {
		if (failure instanceof ModelStorageException && this.index.look() instanceof Standing.Ready ready) {
			// Another process took the lock over while this one was paused.
			return pinned(null, ready.model());
		}
		if (isOutOfReach(failure)) {
			CachedModel known = null;
			try {
				this.monitor.startingOver();
				known = known(before);
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
				logger.warn("Model '{}': the copy on this machine is served, which may be an older version, because {}",
						this.candidate.request().id(), failure.toString());
				return known;
			}
		}
		if (saysNothing(failure) && !this.modelPath.isReplaced()
				&& this.index.occupant() instanceof Standing.Unproven) {
			this.monitor.startingOver();
			logger.warn("Model '{}': the file at its path is served, although its source could not confirm it: {}",
					this.candidate.request().id(), failure.getMessage());
			return this.proof.takeUnproven();
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

	private CachedModel withoutNetwork(Standing before) {
		MissingDataException incomplete = null;
		CachedModel there = null;
		try {
			there = offered(before);
		}
		catch (MissingDataException ex) {
			incomplete = ex;
		}
		try {
			if (there == null) {
				there = known(before);
			}
			if (there == null && incomplete != null) {
				this.data.giveUpOffline(incomplete);
				there = offered(before);
			}
		}
		catch (MissingDataException ex) {
			incomplete = ex;
		}
		if (there == null && !this.modelPath.isReplaced() && this.index.occupant() instanceof Standing.Unproven) {
			there = this.proof.takeUnproven();
		}
		if (there == null) {
			throw new ModelOfflineException(this.candidate.request().id(),
					((incomplete != null) ? ExternalData.describe(incomplete) : "it is not cached")
							+ ", and hooks.llm.offline forbids the network",
					"Start once without hooks.llm.offline (or HF_HUB_OFFLINE), or put the file at its model-path");
		}
		return there;
	}

	/** Serves the file that the configuration alone describes. */
	private @Nullable CachedModel offered(Standing before) {
		return this.adoption.isOffered(this.candidate, this.index.place())
				? underLock(before, (standing) -> this.adoption.adoptConfigured(this.candidate, this.index.place()))
				: null;
	}

	/**
	 * Serves what other tools keep of the model, if that is all of it.
	 * @throws MissingDataException if it has data in files that they do not keep
	 */
	private @Nullable CachedModel known(Standing before) {
		ResolvedModel found = knownOf(this.candidate.request());
		if (found == null) {
			return null;
		}
		ResolvedModel model = this.pins.enforce(this.candidate, found);
		CachedModel ready = underLock(before, (standing) -> this.data.completing(model, true, this::knownOf,
				(complete) -> knownFiles(standing, complete, model)));
		if (ready == null) {
			refuseUnverified(model);
		}
		else if (!ready.verified()) {
			logger.warn(
					"Model '{}': {} is not verified: only its name in another tool's cache says what its digest is. It is compared with what its source states once that can be reached. SHA-256: {}",
					this.candidate.request().id(), ready.path(), ready.digest());
		}
		return ready;
	}

	private @Nullable CachedModel knownFiles(Standing standing, ResolvedModel model, ResolvedModel named) {
		CachedModel inPlace = ModelDraft.inPlace(this.engine.store(), this.index, this.proof, model, this.data, false);
		ModelDraft draft = new ModelDraft(this.engine.store(), this.index, this.proof, model, named);
		FileJob single = draft.single();
		if (inPlace != null) {
			return inPlace;
		}
		if (single == null) {
			CachedModel seen = draft.seen(this.data);
			FileJob only = draft.only();
			return (seen == null && only != null) ? this.adoption.adoptInPlace(only) : seen;
		}
		CachedModel settled = (single.file().expected() != null) ? this.modelPath.settle(standing, single) : null;
		return (settled != null) ? settled
				: this.modelPath.settlingLatecomers(single, () -> this.adoption.adopt(single));
	}

	/** Says why files that are on this machine are not served. */
	private void refuseUnverified(ResolvedModel model) {
		boolean named = model.files()
			.stream()
			.anyMatch((file) -> file.expected() != null && file.expected().origin() == DigestOrigin.FILE_NAME);
		if (named && this.candidate.request().digestRequired()) {
			throw new ModelIntegrityException(this.candidate.request().id(),
					"require-checksum is set, and the files on this machine have never been compared with a digest of their source",
					"Start once while the source can be reached, or configure expected-checksum");
		}
	}

	private ResolvedModel resolve() {
		ModelRequest request = this.candidate.request();
		if (this.candidate.locations().isEmpty()) {
			throw new ModelNotFoundException(request.id(),
					"the file " + request.modelPath()
							+ ((this.index.size() >= 0) ? " is not the model" : " is not there")
							+ ", and no source is configured",
					"Put the file there, or configure a url");
		}
		ResolvedModel resolved = this.monitor.step(Step.RESOLVE, this.candidate.source(), () -> resolved(request));
		if (resolved == null) {
			throw new IllegalStateException(this.candidate.source() + " was resolved without a result");
		}
		ResolvedModel model = this.pins.enforce(this.candidate, resolved);
		if (request.digestRequired() && model.files()
			.stream()
			.anyMatch((file) -> file.expected() == null
					&& file.mirrors().stream().allMatch((mirror) -> mirror.stated() == null))) {
			throw new ModelIntegrityException(request.id(),
					"require-checksum is set, but neither the configuration nor the source specifies a digest",
					"Configure expected-checksum, or remove require-checksum");
		}
		return model;
	}

	private @Nullable ResolvedModel resolved(ModelRequest request) {
		return ask(this.engine.sources()
			.resolve(request, this.candidate.locations(), this.candidate.configuredUrl(), this.monitor::pausing));
	}

	/** Returns what other tools on this machine know about a model. */
	private @Nullable ResolvedModel knownOf(ModelRequest request) {
		return ask(this.engine.sources().known(request, this.candidate.locations(), this.candidate.configuredUrl()));
	}

	/** Asks a source. Its code may block, which is then not our thread's concern. */
	private @Nullable ResolvedModel ask(Mono<ResolvedModel> answer) {
		return this.cancellation.await(FailureBoundary.around("resolving " + this.candidate.source(),
				answer.subscribeOn(this.engine.threads().io())));
	}

	/**
	 * Works under the model's lock, unless the model has come in the meantime. What was
	 * found before not to be the model is not read again.
	 */
	private @Nullable CachedModel underLock(Standing before, Function<Standing, @Nullable CachedModel> work) {
		Instant start = this.engine.clock().instant();
		try (CacheLock lock = lock(start)) {
			this.monitor.lockWaited(Duration.between(start, this.engine.clock().instant()));
			Disposable noted = this.monitor.noted(lock);
			try {
				CachedModel there = null;
				Standing standing = (this.mode == Mode.RENEW) ? this.index.occupant() : this.index.look();
				if (this.mode == Mode.USE_CACHED && !standing.equals(before)) {
					there = cached(standing);
				}
				if (there == null) {
					there = work.apply((this.mode == Mode.RENEW) ? standing : standing.unproved());
				}
				return (there != null) ? served(there) : null;
			}
			finally {
				this.files.endTurn();
				noted.dispose();
			}
		}
	}

	/** From now on no other process puts another file there. */
	private CachedModel served(CachedModel model) {
		ExpectedDigest expected = this.index.expected();
		this.engine.store()
			.serve(this.index.place(), (expected != null) ? expected.digest() : null,
					this.candidate.sourceKeys(this.engine.store()), model);
		return model;
	}

	/**
	 * Where no digest says what the only file will be, its content is known when it has
	 * come.
	 */
	private void requireUnserved(ResolvedModel model, @Nullable FileJob single) {
		ExpectedDigest expected = (model.files().size() == 1) ? model.files().get(0).expected() : null;
		if (this.index.expected() != null) {
			expected = this.index.expected();
		}
		if (single == null || expected != null) {
			this.engine.store()
				.requireUnserved(this.candidate.request().id(), this.index.place(),
						(expected != null) ? expected.digest() : null, this.candidate.sourceKey(this.engine.store()));
		}
	}

	private CacheLock lock(Instant start) {
		String id = this.candidate.request().id();
		try {
			if (this.index.place().conflict() != null && ExclusiveFiles.isWritable(this.index.place().target())) {
				// Told before anything is fetched.
				this.engine.store().staging().prepare(id, this.index.place());
			}
			LockRequest request = LockRequest.of(id, this.engine.store().lockFile(id, this.index.place()))
				.withPause(this.cancellation::sleep);
			CacheLock lock = this.monitor.step(Step.LOCK, null,
					() -> this.engine.locks().acquire(request, this.monitor::waiting));
			return Objects.requireNonNull(lock, "the lock factory returned no lock");
		}
		catch (RuntimeException ex) {
			this.monitor.lockWaited(Duration.between(start, this.engine.clock().instant()));
			if (ex instanceof ModelStorageException) {
				// May know a better reason.
				this.engine.store().staging().prepare(id, this.index.place());
			}
			throw ex;
		}
	}

	private CachedModel pinned(@Nullable ResolvedModel model, CachedModel ready) {
		if (this.pins.areKept()) {
			this.pins.record(this.candidate, model, this.index.seen(ready), this.index.served(ready), ready);
		}
		return ready;
	}

	/** A source may go back to an older revision, also if an attacker makes it. */
	private void tellOfOlder(ResolvedModel model) {
		String revision = model.revision();
		String source = this.candidate.sourceKey(this.engine.store());
		if (revision == null || source == null || this.candidate.fallback()) {
			return;
		}
		SourceHistory history = SourceHistory.read(this.index.place(), source);
		Instant modified = (model.hub() != null) ? model.hub().modified() : null;
		String reason = history.whyOlder(revision, modified);
		if (reason != null) {
			logger.warn(
					"Model '{}': {} went back to {}, {}. Name a revision or use hooks.llm.lock-file if that is not intended",
					this.candidate.request().id(), this.candidate.source(), revision, reason);
		}
		SourceHistory next = history.with(revision, modified);
		if (!next.equals(history)) {
			next.write(this.index.place());
		}
	}

	private CachedModel bringModel(Standing standing, ResolvedModel model, ResolvedModel named) {
		DataSize estimated = this.candidate.request().estimatedSize();
		this.monitor.expecting(model.size(), (estimated != null) ? estimated.toBytes() : null);
		CachedModel inPlace = ModelDraft.inPlace(this.engine.store(), this.index, this.proof, model, this.data, true);
		if (inPlace != null) {
			return inPlace;
		}
		ModelDraft draft = new ModelDraft(this.engine.store(), this.index, this.proof, model, named);
		FileJob single = draft.single();
		CachedModel settled = (single != null) ? this.modelPath.settle(standing, single)
				: this.modelPath.settle(standing, model);
		if (settled != null) {
			return settled;
		}
		requireUnserved(model, single);
		if (single == null) {
			FileJob only = draft.only();
			CachedModel lent = (only != null) ? this.adoption.adoptInPlace(only) : null;
			return (lent != null) ? lent : bringAll(draft.usable());
		}
		CachedModel brought = this.modelPath.settlingLatecomers(single, () -> bringFile(standing, single));
		if (brought == null) {
			throw new IllegalStateException("the file was fetched without a result");
		}
		return brought;
	}

	private CachedModel bringFile(Standing standing, FileJob job) {
		CachedModel there = (this.mode == Mode.RENEW) ? unchanged(job) : null;
		if (there == null) {
			there = this.adoption.adopt(job);
		}
		if (there == null && this.mode == Mode.USE_CACHED && standing instanceof Standing.Unproven
				&& job.file().expected() == null && !this.modelPath.isReplaced()) {
			there = same(job);
		}
		return (there != null) ? there : this.files.fetch(job);
	}

	/**
	 * The file that is there need not be fetched again if it has the digest that its
	 * source states now or, where none is stated, if its origin gives the validator that
	 * it gave then.
	 */
	private @Nullable CachedModel unchanged(FileJob job) {
		SourceState state = (job.file().expected() == null) ? this.files.state(job) : null;
		return (job.file().expected() != null || (state != null && this.index.isFrom(state)))
				? this.proof.takeAsItself(job) : null;
	}

	/**
	 * A file without receipt and digest is compared with the source by its size alone; if
	 * the source does not answer, it is served. One that is not a model is fetched anew.
	 * The size of a compressed file tells nothing of its content.
	 */
	private @Nullable CachedModel same(FileJob job) {
		SourceState state = this.files.state(job);
		if (state != null && (job.compression() != null || state.size() != this.index.size())) {
			return null;
		}
		try {
			return this.proof.takeUnproven();
		}
		catch (ModelFormatException ex) {
			return null;
		}
	}

	private CachedModel bringAll(ModelDraft draft) {
		CachedModel unpacked = draft.isUnpacked() ? cached(this.index.look()) : null;
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
			(!first ? repeated : this.engine.transfer().isOneStream(job.file().size()) ? small : large).add(job);
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
		this.data.require(draft.arrivedFiles());
		return Objects.requireNonNull(this.monitor.step(Step.PUBLISH, null, () -> {
			PackedFiles packed = new PackedFiles(this.engine.store(), this.formats, this.engine.clock(), this.monitor);
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
			.flatMap((job) -> Mono.fromRunnable(() -> arriveBeside(job, draft, failure))
				.subscribeOn(this.engine.threads().io()), this.engine.transfer().connections())
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

	/** Called for each piece of a file that may be the model's. */
	private void hashing(long bytes, long total) {
		this.cancellation.check();
		this.monitor.hashing(this.candidate, TransferProgress.of(bytes, total, 0));
	}

	/** Whether a file that is there will do. */
	enum Mode {

		/** It will. */
		USE_CACHED,

		/** It stays until another one replaces it. */
		RENEW

	}

}
