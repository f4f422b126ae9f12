/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.acquire.ModelProof.Reading;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.Receipt.PutBy;
import dev.modelcache.internal.store.SourceHistory;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * The files that have been published: reads them again, removes them.
 * <p>
 * <em>Blocking</em>: all methods.
 */
final class PublishedModels {

	private static final Logger logger = LoggerFactory.getLogger(PublishedModels.class);

	private final ConfiguredModels configured;

	private final ModelStore store;

	private final CacheLockFactory locks;

	private final FormatCheck formats;

	private final AcquisitionObserver observer;

	private final Clock clock;

	PublishedModels(Engine engine) {
		this.configured = engine.models();
		this.store = engine.store();
		this.store.configured(this.configured.ids());
		this.locks = engine.locks();
		this.formats = new FormatCheck(engine.formats());
		this.observer = engine.observer();
		this.clock = engine.clock();
	}

	/**
	 * Returns the model that is there, if no file must be read to know it.
	 * @param request the request
	 * @return the model, or {@code null}
	 */
	@Nullable CachedModel known(ModelRequest request) {
		for (Candidate candidate : Candidate.of(request)) {
			if (new ModelIndex(this.store, candidate).look() instanceof Standing.Ready ready) {
				return ready.model();
			}
		}
		return null;
	}

	/**
	 * Returns the model that is there, and reads its files if only that shows that they
	 * are.
	 * @param request the request
	 * @param watch ends reading
	 * @return the model, or {@code null}
	 */
	@Nullable CachedModel read(ModelRequest request, OperationWatch watch) {
		for (Candidate candidate : Candidate.of(request)) {
			ModelIndex index = new ModelIndex(this.store, candidate);
			Standing standing = index.look();
			CachedModel model = (standing instanceof Standing.Ready ready) ? ready.model()
					: (standing instanceof Standing.Provable provable) ? proof(index, watch::reading).prove(provable)
							: null;
			if (model != null) {
				return model;
			}
		}
		return null;
	}

	/**
	 * Reads what is known about the model that is there, without reading its files.
	 * @param request the request
	 * @return the receipts of its files, none if it is not there
	 */
	Published read(ModelRequest request) {
		CachedModel model = known(request);
		if (model == null) {
			return new Published(List.of(), false, null);
		}
		ModelIndex index = index(request, model);
		List<Receipt> receipts = index.served(model).stream().map(index::receipt).flatMap(Stream::ofNullable).toList();
		String key = index.candidate().sourceKey(this.store);
		String revision = (key != null && !model.fallback()) ? SourceHistory.read(index.place(), key).present() : null;
		return new Published(receipts, model.fallback(), revision);
	}

	/**
	 * Reads a model's files again. A file that was replaced meanwhile is compared with
	 * what it is now; that a file is wrong is only said under its lock, under which no
	 * other is published.
	 * @param request the request
	 * @param model the model as it was found
	 * @param watch ends reading, and the wait for the lock
	 * @param reading is told how far each file is
	 * @throws ModelIntegrityException if its digest is not the expected or recorded one
	 * @throws ModelCancelledException if a file was removed meanwhile
	 */
	void verify(ModelRequest request, CachedModel model, OperationWatch watch, Reading reading) {
		ModelIndex index = index(request, model);
		ModelProof proof = proof(index, (bytes, total) -> {
			watch.reading(bytes, total);
			reading.read(bytes, total);
		});
		for (ModelPlace place : index.served(model)) {
			Digest last = place.target().equals(model.path()) ? model.digest() : null;
			Difference difference = compare(index, proof, place, last);
			while (difference != null) {
				confirm(index, place, last, difference, watch);
				difference = compare(index, proof, place, last);
			}
		}
	}

	/** Another tool's file is the first candidate's. */
	private ModelIndex index(ModelRequest request, CachedModel model) {
		List<ModelIndex> all = Candidate.of(request)
			.stream()
			.map((candidate) -> new ModelIndex(this.store, candidate))
			.toList();
		return all.stream().filter((index) -> index.isServed(model.path())).findFirst().orElse(all.get(0));
	}

	private ModelProof proof(ModelIndex index, Reading reading) {
		ExternalData data = new ExternalData(this.store, index, this.formats, Set::of);
		return new ModelProof(this.store, index, this.formats, data, this.observer, this.clock, reading);
	}

	/** Fails unless the file was replaced since it was read. */
	private void confirm(ModelIndex index, ModelPlace place, @Nullable Digest last, Difference difference,
			OperationWatch watch) {
		ModelIntegrityException failure = difference.failure();
		try {
			underLock(index, watch, () -> {
				Fingerprint now = index.fingerprint(place);
				if (now != null && difference.file().equals(now)
						&& difference.expected().equals(expected(index, place, now, last))) {
					this.store.receipts().doubt(place, now);
					throw failure;
				}
			});
		}
		catch (ModelStorageException ex) {
			// A cache that cannot be written has no lock, and nothing is published there.
			failure.addSuppressed(ex);
			throw failure;
		}
	}

	/** Returns how a file differs from what it should be, or null. */
	private @Nullable Difference compare(ModelIndex index, ModelProof proof, ModelPlace place, @Nullable Digest last) {
		ModelRequest request = index.candidate().request();
		while (true) {
			Fingerprint before = index.fingerprint(place);
			if (before == null) {
				throw new ModelCancelledException(request.id(),
						place.target() + " was removed while it was being verified",
						"Request the model '" + request.id() + "' again");
			}
			Digest expected = expected(index, place, before, last);
			if (expected == null) {
				return null;
			}
			Instant start = this.clock.instant();
			Digest actual;
			try {
				actual = proof.digest(place, expected.algorithm());
			}
			catch (ModelStorageException ex) {
				if (before.equals(index.fingerprint(place))) {
					throw ex;
				}
				continue;
			}
			if (before.equals(index.fingerprint(place))) {
				boolean matched = actual.equals(expected);
				this.observer.verified(matched, Duration.between(start, this.clock.instant()));
				return matched ? null
						: new Difference(before, expected,
								new ModelIntegrityException(
										request.id(), expected, expected.equals(request.expectedDigest())
												? request.digestOrigin() : DigestOrigin.RECEIPT,
										actual, place.target().toString()));
			}
		}
	}

	/**
	 * Returns the digest that a file must have: the first one the configured digest,
	 * unless that proved the compressed file, which is gone, or the user keeps another
	 * file; then that of its receipt, or the last one that is known, which only the first
	 * file has.
	 */
	private @Nullable Digest expected(ModelIndex index, ModelPlace place, Fingerprint fingerprint,
			@Nullable Digest last) {
		Digest configured = index.candidate().request().expectedDigest();
		Receipt receipt = this.store.receipts().find(place, fingerprint);
		boolean other = receipt != null
				&& (receipt.putBy() == PutBy.USER_KEPT || (configured != null && receipt.isOfSource(configured)));
		if (configured != null && last != null && !other) {
			return configured;
		}
		return (receipt != null) ? receipt.digest() : last;
	}

	/**
	 * Removes all files of a request that this cache has published. Another tool's file
	 * that was served is forgotten, and stays, and so does a file that the user put at a
	 * place. Who is bringing one is waited for. What is removed, and what is left, is
	 * logged.
	 * @param request the request
	 * @param evicted is told where there were files
	 * @param watch ends the wait for a lock, and reading
	 * @throws ModelNotFoundException if a file that this cache did not put there stays,
	 * when all others are removed
	 * @throws ModelStorageException if files could not be removed; tells which are left
	 */
	void evict(ModelRequest request, Consumer<Path> evicted, OperationWatch watch) {
		List<String> removed = new ArrayList<>();
		List<ModelCacheException> failures = new ArrayList<>();
		Set<Path> places = new HashSet<>();
		for (Candidate candidate : Candidate.of(request)) {
			// Without what is at its place, a model may be found where a former version
			// put it.
			for (ModelIndex index = new ModelIndex(this.store, candidate); places
				.add(index.place().target()); index = new ModelIndex(this.store, candidate)) {
				try {
					evict(index, (path) -> {
						removed.add(path.toString());
						evicted.accept(path);
					}, watch);
				}
				catch (ModelNotFoundException | ModelStorageException ex) {
					failures.add(ex);
				}
			}
		}
		if (!removed.isEmpty()) {
			logger.info("Model '{}' was evicted: {}", request.id(), String.join(", ", removed));
		}
		else if (failures.isEmpty()) {
			logger.info("Model '{}' was evicted; it had no file", request.id());
		}
		if (!failures.isEmpty()) {
			throw left(failures);
		}
	}

	/** What failed comes before what was not to be removed. */
	private ModelCacheException left(List<ModelCacheException> failures) {
		failures.forEach((failure) -> logger.warn("Not evicted: {}", failure.getMessage()));
		ModelCacheException first = failures.stream()
			.filter(ModelStorageException.class::isInstance)
			.findFirst()
			.orElse(failures.get(0));
		failures.stream().filter((failure) -> failure != first).forEach(first::addSuppressed);
		return first;
	}

	private void evict(ModelIndex index, Consumer<Path> evicted, OperationWatch watch) {
		underLock(index, watch, () -> {
			watch.cancellation().check();
			requireOurs(index, proof(index, watch::reading));
			watch.cancellation().check();
			ModelPlace place = index.place();
			List<String> kept = new ArrayList<>();
			if (index.size() < 0 && this.store.occupant(index.candidate().request().id(), place) == Occupant.OTHERS) {
				// A directory or a link, which stays, though what this cache has of it
				// goes.
				kept.add(place.target().toString());
			}
			if (this.store.eviction()
				.evict(index.candidate().request().id(), place, watch::advanced, (file) -> kept.add(file.toString()))) {
				evicted.accept(place.target());
			}
			Path adopted = this.store.adoption().forget(place);
			if (adopted != null) {
				evicted.accept(adopted);
			}
			if (!kept.isEmpty()) {
				throw notOurs(index, String.join(", ", kept));
			}
		});
	}

	/** Without a lock file, nothing was ever published. */
	private void underLock(ModelIndex index, OperationWatch watch, Runnable step) {
		String id = index.candidate().request().id();
		Path lockFile = this.store.lockFile(id, index.place());
		if (!Files.exists(lockFile)) {
			step.run();
			return;
		}
		LockRequest request = LockRequest.of(id, lockFile).withPause(watch.cancellation()::sleep);
		try (CacheLock lock = this.locks.acquire(request, (owner) -> {
			watch.cancellation().check();
			watch.waiting();
		})) {
			Disposable noted = watch.noted(lock);
			try {
				step.run();
			}
			finally {
				noted.dispose();
			}
		}
	}

	/** Keeps the cache's directory to its size; no configured model goes. */
	void shrink() {
		this.store.eviction().shrink(configured().toList());
	}

	/** Returns the places of the configured models. */
	private Stream<ModelPlace> configured() {
		return this.configured.all()
			.stream()
			.flatMap((request) -> Candidate.of(request).stream())
			.map((candidate) -> this.store.place(candidate.request(), candidate.fileName()));
	}

	private void requireOurs(ModelIndex index, ModelProof proof) {
		ModelPlace place = index.place();
		if (index.size() < 0) {
			return;
		}
		boolean ours;
		if (place.conflict() != null) {
			Standing standing = index.occupant();
			ours = (standing instanceof Standing.Foreign foreign) ? proof.proveOurs(foreign)
					: !(standing instanceof Standing.Unproven)
							&& this.store.occupant(index.candidate().request().id(), place) != Occupant.PART;
		}
		else {
			Receipt receipt = index.receipt(place);
			ours = receipt != null && receipt.sourceKey() != null && receipt.isOurs(place);
		}
		if (!ours) {
			throw notOurs(index, place.target().toString());
		}
	}

	private static ModelNotFoundException notOurs(ModelIndex index, String files) {
		return new ModelNotFoundException(index.candidate().request().id(),
				files + " was not put there by this cache, or was changed since, and is not deleted",
				"Delete the file yourself if it is no longer wanted");
	}

	/**
	 * A file that is not what it should be.
	 *
	 * @param file the file when it was read
	 * @param expected what it should have been then
	 * @param failure tells so
	 */
	private record Difference(Fingerprint file, Digest expected, ModelIntegrityException failure) {

	}

	/**
	 * What is known about a model that is there.
	 *
	 * @param receipts the receipts of its files
	 * @param fallback whether it is a fallback
	 * @param revision what its source calls it, or {@code null}
	 */
	record Published(List<Receipt> receipts, boolean fallback, @Nullable String revision) {

		boolean proves(Digest digest) {
			return this.receipts.stream().anyMatch((receipt) -> receipt.proves(digest));
		}

		/** Returns the digest of the only file, as its source knows it. */
		@Nullable String digest() {
			if (this.receipts.size() != 1) {
				return null;
			}
			Receipt receipt = this.receipts.get(0);
			return ((receipt.sourceDigest() != null) ? receipt.sourceDigest() : receipt.digest()).toString();
		}

	}

}
