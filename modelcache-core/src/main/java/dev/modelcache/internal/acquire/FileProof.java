package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
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
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Receipt.PutBy;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.source.ExpectedDigest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether one file that stands somewhere is what it should be: by its receipt, or
 * by reading it.
 * <p>
 * <em>Blocking</em>: all methods; a file whose receipt does not fit is read once.
 */
final class FileProof {

	private static final Logger logger = LoggerFactory.getLogger(FileProof.class);

	private final ModelStore store;

	private final FormatCheck formats;

	private final PinnedModels pins;

	private final AcquisitionObserver observer;

	private final Clock clock;

	FileProof(ModelStore store, FormatCheck formats, PinnedModels pins, AcquisitionObserver observer, Clock clock) {
		this.store = store;
		this.formats = formats;
		this.pins = pins;
		this.observer = observer;
		this.clock = clock;
	}

	/** Returns the receipt of a file, or null where there is no file or no receipt. */
	@Nullable Receipt receipt(Candidate candidate, ModelPlace place) {
		Fingerprint fingerprint = fingerprint(candidate, place);
		return (fingerprint != null) ? this.store.receipts().find(place, fingerprint) : null;
	}

	/** Returns a file whose receipt is the right one, if it is trusted as it is. */
	@Nullable CachedModel trusted(Candidate candidate, ModelPlace place, Receipt receipt, Fingerprint fingerprint,
			Runnable hashing) {
		boolean trusted = switch (this.store.verification()) {
			case FINGERPRINT -> receipt.fingerprint().fits(fingerprint);
			case NEVER -> !receipt.doubted();
			case ALWAYS -> false;
		};
		if (!trusted) {
			return verified(candidate, place, receipt, hashing);
		}
		if (receipt.fingerprint().changed().isEmpty() && !fingerprint.changed().isEmpty()) {
			// Of a version that did not record it, or of a crash before it was recorded.
			this.store.receipts().write(place, receipt.reissued(fingerprint, receipt.verifiedAt()));
		}
		return model(candidate, place, receipt);
	}

	/** Takes a file for the model, though nothing proves it, and says so. */
	CachedModel unproven(Candidate candidate, ModelPlace place, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256), hashing);
		Receipt receipt = issue(candidate, place, hashed, null, putBy(candidate, place, hashed));
		logger.warn("Model '{}': {} is used as it is; nothing proves its content. Configure expected-checksum: {}",
				candidate.request().id(), place.target(), hashed.sha256());
		return model(candidate, place, receipt);
	}

	/** Serves a file of the user's that is known not to be the model, and says so. */
	CachedModel kept(Candidate candidate, ModelPlace place, String expected, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256), hashing);
		Receipt receipt = issue(candidate, place, hashed, null, PutBy.USER_KEPT);
		logger.warn("Model '{}': {} ({}) is served unverified because {} is 'keep', though {} was expected",
				candidate.request().id(), place.target(), hashed.sha256(),
				candidate.request().key("model-path-conflict"), expected);
		return model(candidate, place, receipt);
	}

	/**
	 * Returns whether a file has the content that its receipt states, and renews the
	 * receipt if so.
	 */
	boolean isUnchanged(Candidate candidate, ModelPlace place, Receipt receipt, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256), hashing);
		if (!hashed.sha256().equals(receipt.digest())) {
			return false;
		}
		this.store.receipts().write(place, receipt.reissued(hashed.fingerprint(), hashed.at()));
		return true;
	}

	/** Returns the digest of the published file, as it is on disk now. */
	Digest rehash(Candidate candidate, ModelPlace place, Algorithm algorithm, Runnable hashing) {
		return hash(candidate, place, EnumSet.of(algorithm), hashing).digest(algorithm);
	}

	/** Reads a file that has a receipt, and writes a fresh one if it is unchanged. */
	@Nullable CachedModel verified(Candidate candidate, ModelPlace place, Receipt receipt, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256), hashing);
		boolean matched = hashed.sha256().equals(receipt.digest());
		this.observer.verified(matched, hashed.elapsed());
		if (!matched) {
			logger.warn("Model '{}': {} was changed after it was {}", candidate.request().id(), place.target(),
					receipt.isOurs(place) ? "published; it is fetched again" : "last used");
			return null;
		}
		Receipt fresh = receipt.reissued(hashed.fingerprint(), hashed.at());
		this.store.receipts().write(place, fresh);
		return model(candidate, place, fresh);
	}

	/** Reads a file, and writes its receipt if it has the expected digest. */
	@Nullable CachedModel proved(Candidate candidate, ModelPlace place, ExpectedDigest expected, Runnable hashing) {
		Hashed hashed = hash(candidate, place, EnumSet.of(Algorithm.SHA256, expected.digest().algorithm()), hashing);
		boolean matched = hashed.digest(expected.digest().algorithm()).equals(expected.digest());
		this.observer.verified(matched, hashed.elapsed());
		if (!matched) {
			logger.warn("Model '{}': {} is not the file that {} describes", candidate.request().id(), place.target(),
					expected.origin().description());
			return null;
		}
		Receipt receipt = issue(candidate, place, hashed,
				(expected.origin() != DigestOrigin.FILE_NAME) ? expected.digest() : null,
				putBy(candidate, place, hashed));
		return this.pins.allow(candidate, receipt) ? model(candidate, place, receipt) : null;
	}

	/**
	 * What is found is the user's, also in the cache's directory, unless it is what this
	 * cache put there. A link is not.
	 */
	private PutBy putBy(Candidate candidate, ModelPlace place, Hashed hashed) {
		Receipt before = receipt(candidate, place);
		boolean ours = before != null && before.isOurs(place) && before.digest().equals(hashed.sha256())
				&& !Files.isSymbolicLink(place.target());
		return ours ? PutBy.CACHE : PutBy.USER;
	}

	private Receipt issue(Candidate candidate, ModelPlace place, Hashed hashed, @Nullable Digest expected,
			PutBy putBy) {
		ModelFormat format = this.formats.inspect(candidate.request().id(), place.target(), place.target(),
				"the file " + place.target());
		boolean putThere = candidate.locations().isEmpty();
		Receipt receipt = new Receipt(hashed.fingerprint(), hashed.sha256(), null, expected,
				putThere ? null : candidate.source(), candidate.sourceKey(), null, candidate.fallback(), hashed.at(),
				format, putBy);
		this.store.receipts().write(place, receipt);
		return receipt;
	}

	/** Returns the model of one file that a receipt describes. */
	static CachedModel model(Candidate candidate, ModelPlace place, Receipt receipt) {
		Path target = place.target();
		String source = (receipt.source() != null) ? receipt.source() : candidate.source();
		return new CachedModel(candidate.request().id(), target, List.of(target), receipt.fingerprint().size(),
				receipt.digest(), source, ModelOutcome.CACHED, candidate.fallback() || receipt.fallback(),
				receipt.verified(), receipt.format());
	}

	private Hashed hash(Candidate candidate, ModelPlace place, Set<Algorithm> algorithms, Runnable hashing) {
		hashing.run();
		Instant start = this.clock.instant();
		try {
			Fingerprint before = Fingerprint.of(place.target());
			if (before == null) {
				throw new IOException(place.target() + " is not there");
			}
			Map<Algorithm, Digest> digests = FileDigest.of(place.target(), algorithms, hashing);
			Instant end = this.clock.instant();
			if (!before.equals(Fingerprint.of(place.target()))) {
				throw new IOException("it changed meanwhile");
			}
			return new Hashed(before, digests, end, Duration.between(start, end));
		}
		catch (IOException ex) {
			throw new ModelStorageException(candidate.request().id(), place.directory(),
					"cannot read " + place.target() + ": " + ex, ex);
		}
	}

	static @Nullable Fingerprint fingerprint(Candidate candidate, ModelPlace place) {
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
