package dev.modelcache.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStorageException;
import dev.modelcache.content.FileDigest;
import dev.modelcache.store.Fingerprint;
import dev.modelcache.store.ModelPlace;
import dev.modelcache.store.ModelStore;
import dev.modelcache.store.Receipt;
import dev.modelcache.store.StoreSettings.Verification;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides whether the file that stands at a model's place is the model.
 * <p>
 * <em>Blocking</em>: all methods; the usual case is a few system calls, a file whose
 * receipt does not fit is read once.
 */
final class CacheLookUp {

	private static final Logger logger = LoggerFactory.getLogger(CacheLookUp.class);

	private final ModelStore store;

	private final PinnedModels pins;

	private final AcquisitionObserver observer;

	private final Clock clock;

	CacheLookUp(ModelStore store, AcquisitionObserver observer, Clock clock) {
		this.store = store;
		this.pins = new PinnedModels(store);
		this.observer = observer;
		this.clock = clock;
	}

	ModelPlace place(Candidate candidate) {
		return this.store.place(candidate.request(), candidate.fileName());
	}

	/**
	 * Returns the model if the file at its place is known, or can be proved, to be it.
	 * @param candidate what is looked for
	 * @param hashing called before a file is read
	 * @return the model, or {@code null}
	 */
	@Nullable CachedModel find(Candidate candidate, Runnable hashing) {
		ModelPlace place = place(candidate);
		Fingerprint fingerprint = fingerprint(candidate, place);
		if (fingerprint == null) {
			return null;
		}
		Receipt receipt = this.store.receipts().find(place, fingerprint);
		if (receipt != null && isAbout(receipt, candidate) && this.pins.allow(candidate, receipt)) {
			boolean trusted = switch (this.store.verification()) {
				case FINGERPRINT -> receipt.fingerprint().equals(fingerprint);
				case NEVER -> !receipt.doubted();
				case ALWAYS -> false;
			};
			return trusted ? model(candidate, place, receipt) : verified(candidate, place, receipt, hashing);
		}
		Digest expected = expected(candidate);
		if (expected != null) {
			return proved(candidate, place, expected, hashing);
		}
		return candidate.locations().isEmpty() ? unproven(candidate, hashing) : null;
	}

	/**
	 * Returns whether a file stands at the place of which nothing is known: no receipt,
	 * no digest to compare it with.
	 */
	boolean isUnknown(Candidate candidate) {
		ModelPlace place = place(candidate);
		Fingerprint fingerprint = fingerprint(candidate, place);
		return fingerprint != null && expected(candidate) == null && !candidate.request().digestRequired()
				&& this.store.receipts().find(place, fingerprint) == null;
	}

	/** Returns the size of the file at the place. */
	long size(Candidate candidate) {
		Fingerprint fingerprint = fingerprint(candidate, place(candidate));
		return (fingerprint != null) ? fingerprint.size() : -1;
	}

	/**
	 * Takes the file at the place for the model, though nothing proves it, and says so.
	 */
	CachedModel unproven(Candidate candidate, Runnable hashing) {
		ModelPlace place = place(candidate);
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256), hashing);
		Receipt receipt = issue(candidate, place, hashed, null);
		logger.warn("Model '{}': {} is used as it is; nothing proves its content. Configure expected-checksum: {}",
				candidate.request().id(), place.target(), hashed.sha256());
		return model(candidate, place, receipt);
	}

	/** Returns the digest of the published file, as it is on disk now. */
	Digest rehash(Candidate candidate, ModelPlace place, Algorithm algorithm) {
		return hash(candidate, place, EnumSet.of(algorithm), () -> {
		}).digest(algorithm);
	}

	/**
	 * Returns whether a digest is known to be that of the compressed file which the
	 * published one came from.
	 */
	boolean isOfSource(Candidate candidate, ModelPlace place, Digest digest) {
		Fingerprint fingerprint = fingerprint(candidate, place);
		Receipt receipt = (fingerprint != null) ? this.store.receipts().find(place, fingerprint) : null;
		return receipt != null && receipt.isOfSource(digest);
	}

	/** Remembers that a file is not what its receipt says. */
	void doubt(Candidate candidate, ModelPlace place) {
		Fingerprint fingerprint = fingerprint(candidate, place);
		if (fingerprint != null) {
			this.store.receipts().doubt(place, fingerprint);
		}
	}

	private @Nullable Digest expected(Candidate candidate) {
		Digest configured = candidate.request().expectedDigest();
		return (configured != null) ? configured : this.pins.expected(candidate);
	}

	private boolean isAbout(Receipt receipt, Candidate candidate) {
		Digest expected = candidate.request().expectedDigest();
		if (expected != null && !receipt.proves(expected)) {
			return false;
		}
		if (expected == null && candidate.request().digestRequired() && !receipt.verified()) {
			return false;
		}
		return candidate.locations().isEmpty() || candidate.sourceKeys().contains(receipt.sourceKey());
	}

	private @Nullable CachedModel verified(Candidate candidate, ModelPlace place, Receipt receipt, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256), hashing);
		boolean matched = hashed.sha256().equals(receipt.digest());
		this.observer.verified(matched, hashed.elapsed());
		if (!matched) {
			logger.warn("Model '{}': {} was changed after it was published; it is fetched again",
					candidate.request().id(), place.target());
			return null;
		}
		Receipt fresh = receipt.reissued(hashed.fingerprint(), hashed.at());
		this.store.receipts().write(place, fresh);
		return model(candidate, place, fresh);
	}

	private @Nullable CachedModel proved(Candidate candidate, ModelPlace place, Digest expected, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256, expected.algorithm()), hashing);
		boolean matched = hashed.digest(expected.algorithm()).equals(expected);
		this.observer.verified(matched, hashed.elapsed());
		if (!matched) {
			logger.warn("Model '{}': {} has not the expected digest; it is replaced", candidate.request().id(),
					place.target());
			return null;
		}
		Receipt receipt = issue(candidate, place, hashed, expected);
		return this.pins.allow(candidate, receipt) ? model(candidate, place, receipt) : null;
	}

	private Receipt issue(Candidate candidate, ModelPlace place, Hashed hashed, @Nullable Digest expected) {
		boolean putThere = candidate.locations().isEmpty();
		Receipt receipt = new Receipt(hashed.fingerprint(), hashed.sha256(), null, expected,
				putThere ? null : candidate.source(), candidate.sourceKey(), null, candidate.fallback(), hashed.at());
		this.store.receipts().write(place, receipt);
		return receipt;
	}

	private static CachedModel model(Candidate candidate, ModelPlace place, Receipt receipt) {
		Path target = place.target();
		String source = (receipt.source() != null) ? receipt.source() : candidate.source();
		return new CachedModel(candidate.request().id(), target, List.of(target), receipt.fingerprint().size(),
				receipt.digest(), source, ModelOutcome.CACHED, candidate.fallback() || receipt.fallback(),
				receipt.verified());
	}

	private Hashed hash(Candidate candidate, ModelPlace place, Set<Algorithm> algorithms, Runnable hashing) {
		hashing.run();
		Instant start = this.clock.instant();
		try {
			Fingerprint before = Fingerprint.of(place.target());
			if (before == null) {
				throw new IOException(place.target() + " is not there");
			}
			Map<Algorithm, Digest> digests = FileDigest.of(place.target(), algorithms);
			Instant end = this.clock.instant();
			return new Hashed(before, digests, end, Duration.between(start, end));
		}
		catch (IOException ex) {
			throw new ModelStorageException(candidate.request().id(), place.directory(),
					"cannot read " + place.target() + ": " + ex, ex);
		}
	}

	private static @Nullable Fingerprint fingerprint(Candidate candidate, ModelPlace place) {
		try {
			return Fingerprint.of(place.target());
		}
		catch (IOException ex) {
			throw new ModelStorageException(candidate.request().id(), place.directory(),
					"cannot look at " + place.target() + ": " + ex, ex);
		}
	}

	private record Hashed(Fingerprint fingerprint, Map<Algorithm, Digest> digests, Instant at, Duration elapsed) {

		Digest sha256() {
			return digest(Algorithm.SHA256);
		}

		Digest digest(Algorithm algorithm) {
			Digest digest = this.digests.get(algorithm);
			if (digest == null) {
				throw new IllegalStateException("no " + algorithm + " was computed");
			}
			return digest;
		}

	}

}
