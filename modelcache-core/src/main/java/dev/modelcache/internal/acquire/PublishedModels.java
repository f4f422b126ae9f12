package dev.modelcache.internal.acquire;

import java.io.IOException;
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
import java.util.function.Supplier;

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.CachedModel;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelCancelledException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelNotFoundException;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.lock.CacheLockFactory;
import dev.modelcache.lock.LockRequest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that have been published: reads them again, removes them.
 * <p>
 * <em>Blocking</em>: all methods.
 */
final class PublishedModels {

	private static final Logger logger = LoggerFactory.getLogger(PublishedModels.class);

	private final ModelStore store;

	private final CacheLockFactory locks;

	private final CacheLookUp lookUp;

	private final AcquisitionObserver observer;

	private final Clock clock;

	PublishedModels(ModelStore store, CacheLockFactory locks, CacheLookUp lookUp, AcquisitionObserver observer,
			Clock clock) {
		this.store = store;
		this.locks = locks;
		this.lookUp = lookUp;
		this.observer = observer;
		this.clock = clock;
	}

	/**
	 * Reads a model's files again. A file that was replaced meanwhile is compared with
	 * what it is now; that a file is wrong is only said under its lock, under which no
	 * other is published.
	 * @param request the request
	 * @param model the model as it was found
	 * @param cancellation ends reading, and the wait for the lock
	 * @throws ModelIntegrityException if its digest is not the expected or recorded one
	 * @throws ModelCancelledException if a file was removed meanwhile
	 */
	void verify(ModelRequest request, CachedModel model, Cancellation cancellation) {
		Candidate candidate = candidateOf(request, model);
		for (Path file : model.files()) {
			ModelPlace place = this.lookUp.served(candidate, file);
			Digest last = file.equals(model.path()) ? model.digest() : null;
			Difference difference = compare(candidate, place, last, cancellation);
			while (difference != null) {
				confirm(candidate, place, last, difference, cancellation);
				difference = compare(candidate, place, last, cancellation);
			}
		}
	}

	/** Fails unless the file was replaced since it was read. */
	private void confirm(Candidate candidate, ModelPlace place, @Nullable Digest last, Difference difference,
			Cancellation cancellation) {
		ModelIntegrityException failure = difference.failure();
		try {
			underLock(candidate, place, cancellation, () -> {
				Fingerprint now = FileProof.fingerprint(candidate, place);
				if (now != null && difference.file().equals(now)
						&& difference.expected().equals(expected(candidate, place, now, last))) {
					this.store.receipts().doubt(place, now);
					throw failure;
				}
				return null;
			});
		}
		catch (ModelStorageException ex) {
			// A cache that cannot be written has no lock, and nobody publishes there.
			failure.addSuppressed(ex);
			throw failure;
		}
	}

	/** Returns how a file differs from what it should be, or null. */
	private @Nullable Difference compare(Candidate candidate, ModelPlace place, @Nullable Digest last,
			Cancellation cancellation) {
		while (true) {
			Fingerprint before = FileProof.fingerprint(candidate, place);
			if (before == null) {
				throw new ModelCancelledException(candidate.request().id(),
						place.target() + " was removed while it was being verified", "Request the model again");
			}
			Digest expected = expected(candidate, place, before, last);
			if (expected == null) {
				return null;
			}
			Instant start = this.clock.instant();
			Digest actual;
			try {
				actual = this.lookUp.rehash(candidate, place, expected.algorithm(), cancellation::check);
			}
			catch (ModelStorageException ex) {
				if (before.equals(FileProof.fingerprint(candidate, place))) {
					throw ex;
				}
				continue;
			}
			if (before.equals(FileProof.fingerprint(candidate, place))) {
				boolean matched = actual.equals(expected);
				this.observer.verified(matched, Duration.between(start, this.clock.instant()));
				return matched ? null
						: new Difference(before, expected,
								new ModelIntegrityException(candidate.request().id(), expected,
										expected.equals(candidate.request().expectedDigest())
												? candidate.request().digestOrigin() : DigestOrigin.RECEIPT,
										actual, place.target().toString()));
			}
		}
	}

	/**
	 * Returns the digest that a file must have: the configured one, unless it proved the
	 * compressed file, which is gone, or the user keeps another file; then that of its
	 * receipt, or the last one that is known.
	 */
	private @Nullable Digest expected(Candidate candidate, ModelPlace place, Fingerprint fingerprint,
			@Nullable Digest last) {
		Digest configured = candidate.request().expectedDigest();
		if (configured != null && !this.lookUp.isOfSource(candidate, place, configured)
				&& !this.lookUp.isKept(candidate, place)) {
			return configured;
		}
		Receipt receipt = this.store.receipts().find(place, fingerprint);
		return (receipt != null) ? receipt.digest() : last;
	}

	/** The model itself where its file is another tool's. */
	private Candidate candidateOf(ModelRequest request, CachedModel model) {
		return Candidate.of(request)
			.stream()
			.filter((candidate) -> this.lookUp.isServed(candidate, model.path()))
			.findFirst()
			.orElse(Candidate.of(request).get(0));
	}

	/**
	 * Removes all files of a request that this cache has published. Another tool's file
	 * that was served is forgotten, and stays, and so does a file that the user put at a
	 * place. Who is bringing one is waited for. What is removed, and what is left, is
	 * logged.
	 * @param request the request
	 * @param evicted is told where there were files
	 * @param cancellation ends the wait for a lock, and reading
	 * @throws ModelNotFoundException if a file that this cache did not put there stays,
	 * when all others are removed
	 * @throws ModelStorageException if files could not be removed; tells which are left
	 */
	void evict(ModelRequest request, Consumer<Path> evicted, Cancellation cancellation) {
		List<String> removed = new ArrayList<>();
		List<ModelCacheException> failures = new ArrayList<>();
		Set<Path> places = new HashSet<>();
		for (Candidate candidate : Candidate.of(request)) {
			if (places.add(this.lookUp.place(candidate).target())) {
				try {
					evict(candidate, (path) -> {
						removed.add(path.toString());
						evicted.accept(path);
					}, cancellation);
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

	private void evict(Candidate candidate, Consumer<Path> evicted, Cancellation cancellation) {
		ModelPlace place = this.lookUp.place(candidate);
		underLock(candidate, place, cancellation, () -> {
			evict(candidate, place, evicted, cancellation);
			return null;
		});
	}

	/** Where there is no lock file, nobody has ever brought anything. */
	private <T> @Nullable T underLock(Candidate candidate, ModelPlace place, Cancellation cancellation,
			Supplier<@Nullable T> step) {
		if (!Files.exists(place.lockFile())) {
			return step.get();
		}
		LockRequest request = new LockRequest(candidate.request().id(), place.lockFile(), cancellation::sleep);
		try (CacheLock lock = this.locks.acquire(request, (owner) -> cancellation.check())) {
			return step.get();
		}
	}

	private void evict(Candidate candidate, ModelPlace place, Consumer<Path> evicted, Cancellation cancellation) {
		ModelRequest request = candidate.request();
		if (isOurs(candidate, place, cancellation) && this.store.evict(request.id(), place)) {
			evicted.accept(place.target());
		}
		Path adopted = this.store.adoption().forget(place);
		if (adopted != null) {
			evicted.accept(adopted);
		}
	}

	/** Keeps the cache's directory to its size; no configured model goes. */
	void shrink(ConfiguredModels models) {
		this.store.shrink(models.all()
			.stream()
			.flatMap((request) -> Candidate.of(request).stream())
			.map(this.lookUp::place)
			.toList());
	}

	private boolean isOurs(Candidate candidate, ModelPlace place, Cancellation cancellation) {
		ModelRequest request = candidate.request();
		try {
			Fingerprint fingerprint = Fingerprint.of(place.target());
			if (fingerprint == null) {
				return true;
			}
			Receipt receipt = this.store.receipts().find(place, fingerprint);
			boolean ours = (place.conflict() != null) ? isOurs(this.lookUp.occupant(candidate, cancellation::check))
					: receipt != null && receipt.sourceKey() != null && receipt.isOurs(place);
			if (ours) {
				return true;
			}
		}
		catch (IOException ex) {
			throw new ModelStorageException(request.id(), place.directory(),
					"cannot look at " + place.target() + ": " + ex, ex);
		}
		throw new ModelNotFoundException(request.id(),
				place.target() + " was not put there by this cache, or was changed since, and is not deleted",
				"Delete the file yourself if it is no longer wanted");
	}

	private static boolean isOurs(Occupant occupant) {
		return occupant == Occupant.NOTHING || occupant == Occupant.OURS;
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

}
