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

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.CachedModel;
import dev.modelcache.ConfiguredModels;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCacheException;
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

	private static final Runnable NOTHING = () -> {
	};

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
	 * Reads a model's files again.
	 * @param candidate what the file should be
	 * @param model the model as it was found
	 * @throws ModelIntegrityException if its digest is not the expected or recorded one
	 */
	void verify(Candidate candidate, CachedModel model) {
		for (Path file : model.files()) {
			Digest recorded = file.equals(model.path()) ? model.digest() : null;
			verify(candidate, this.lookUp.served(candidate, file), recorded);
		}
	}

	private void verify(Candidate candidate, ModelPlace place, @Nullable Digest recorded) {
		Digest configured = candidate.request().expectedDigest();
		if (configured != null
				&& (this.lookUp.isOfSource(candidate, place, configured) || this.lookUp.isKept(candidate, place))) {
			// It proved the compressed file, which is gone, or the user keeps another
			// file; the receipt knows the content.
			configured = null;
		}
		Digest expected = (configured != null) ? configured
				: (recorded != null) ? recorded : this.lookUp.recorded(candidate, place);
		if (expected == null) {
			return;
		}
		Instant start = this.clock.instant();
		Digest actual = this.lookUp.rehash(candidate, place, expected.algorithm(), NOTHING);
		Instant end = this.clock.instant();
		boolean matched = actual.equals(expected);
		this.observer.verified(matched, Duration.between(start, end));
		if (!matched) {
			this.lookUp.doubt(candidate, place);
			throw new ModelIntegrityException(candidate.request().id(), expected,
					(configured != null) ? candidate.request().digestOrigin() : DigestOrigin.RECEIPT, actual,
					place.target().toString());
		}
	}

	/**
	 * Returns the candidate whose file a model is; the model itself where its file is
	 * another tool's.
	 */
	Candidate candidateOf(ModelRequest request, CachedModel model) {
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
	 * @throws ModelNotFoundException if a file that this cache did not put there stays,
	 * when all others are removed
	 * @throws ModelStorageException if files could not be removed; tells which are left
	 */
	void evict(ModelRequest request, Consumer<Path> evicted) {
		List<String> removed = new ArrayList<>();
		List<ModelCacheException> failures = new ArrayList<>();
		Set<Path> places = new HashSet<>();
		for (Candidate candidate : Candidate.of(request)) {
			if (places.add(this.lookUp.place(candidate).target())) {
				try {
					evict(candidate, (path) -> {
						removed.add(path.toString());
						evicted.accept(path);
					});
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

	private void evict(Candidate candidate, Consumer<Path> evicted) {
		ModelRequest request = candidate.request();
		ModelPlace place = this.lookUp.place(candidate);
		// Where there is no lock file, nobody has ever brought anything.
		if (Files.exists(place.lockFile())) {
			try (CacheLock lock = this.locks.acquire(new LockRequest(request.id(), place.lockFile()), (owner) -> {
			})) {
				evict(candidate, place, evicted);
			}
		}
		else {
			evict(candidate, place, evicted);
		}
	}

	private void evict(Candidate candidate, ModelPlace place, Consumer<Path> evicted) {
		ModelRequest request = candidate.request();
		if (isOurs(candidate, place) && this.store.evict(request.id(), place)) {
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

	private boolean isOurs(Candidate candidate, ModelPlace place) {
		ModelRequest request = candidate.request();
		try {
			Fingerprint fingerprint = Fingerprint.of(place.target());
			if (fingerprint == null) {
				return true;
			}
			Receipt receipt = this.store.receipts().find(place, fingerprint);
			boolean ours = (place.conflict() != null) ? isOurs(this.lookUp.occupant(candidate, NOTHING))
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

}
