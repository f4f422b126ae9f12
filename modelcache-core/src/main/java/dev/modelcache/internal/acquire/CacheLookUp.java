package dev.modelcache.internal.acquire;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelManifest;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.internal.store.Receipt.PutBy;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.SeenVersion;
import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.source.ExpectedDigest;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether the file that stands at a model's place is the model.
 * <p>
 * <em>Blocking</em>: all methods; the usual case is a few system calls, a file whose
 * receipt does not fit is read once. Headers are read only where no receipt tells the
 * facts. <em>Errors</em>: {@link dev.modelcache.ModelFormatException} for a file without
 * a receipt that is no model.
 */
final class CacheLookUp {

	private final ModelStore store;

	private final PinnedModels pins;

	private final FileProof proof;

	CacheLookUp(ModelStore store, FormatCheck formats, AcquisitionObserver observer, Clock clock) {
		this.store = store;
		this.pins = new PinnedModels(store);
		this.proof = new FileProof(store, formats, this.pins, observer, clock);
	}

	/** Returns the path of a candidate's file without looking at the disk. */
	Path lexicalPath(Candidate candidate) {
		return this.store.lexicalPath(candidate.request(), candidate.fileName());
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
		this.store.use(place);
		for (SeenVersion version : this.store.seen(place)) {
			CachedModel model = find(candidate, version, hashing);
			if (model != null) {
				return model;
			}
		}
		return find(candidate, place, hashing);
	}

	/**
	 * Returns the model that is there, if no file must be read to know it.
	 * @param request the request
	 * @return the model, or {@code null}
	 */
	@Nullable CachedModel known(ModelRequest request) {
		for (Candidate candidate : Candidate.of(request)) {
			try {
				CachedModel model = find(candidate, () -> {
					throw new MustBeReadException();
				});
				if (model != null) {
					return model;
				}
			}
			catch (MustBeReadException ex) {
				// Another candidate may be known.
				continue;
			}
		}
		return null;
	}

	/** A model of several files is there if each of them is. */
	private @Nullable CachedModel find(Candidate candidate, SeenVersion version, Runnable hashing) {
		ModelManifest manifest = version.manifest();
		if (!isAskedFor(candidate, manifest.sourceKey())) {
			return null;
		}
		this.store.use(version.files().get(0));
		List<CachedModel> files = new ArrayList<>();
		for (ModelPlace place : version.files()) {
			CachedModel file = find(candidate, place, null, hashing);
			if (file == null) {
				return null;
			}
			files.add(file);
		}
		return CachedModels.together(files, manifest.source(), ModelOutcome.CACHED);
	}

	/**
	 * Returns a file of a model if it is known to be it.
	 * @param job the file
	 * @param seen where it is seen once it is published
	 * @param hashing called before it is read
	 * @return the file, or {@code null}
	 */
	@Nullable CachedModel find(FileJob job, ModelPlace seen, Runnable hashing) {
		return find(job.candidate(), seen, job.file().expected(), hashing);
	}

	/**
	 * Returns the file at a model's own place if it is known to be it. What came as a
	 * substitute is the model itself if a digest says so.
	 */
	@Nullable CachedModel itself(FileJob job, Runnable hashing) {
		CachedModel file = find(job, job.place(), hashing);
		Receipt receipt = (file != null) ? this.proof.receipt(job.candidate(), job.place()) : null;
		if (receipt == null || !receipt.fallback()) {
			return file;
		}
		if (job.file().expected() == null) {
			return null;
		}
		Receipt own = receipt.ofItself();
		this.store.receipts().write(job.place(), own);
		return FileProof.model(job.candidate(), job.place(), own);
	}

	/** Whose receipt a file of a version has, the version's manifest says already. */
	private @Nullable CachedModel find(Candidate candidate, ModelPlace place, @Nullable ExpectedDigest stated,
			Runnable hashing) {
		Fingerprint fingerprint = FileProof.fingerprint(candidate, place);
		Receipt receipt = (fingerprint != null) ? this.store.receipts().find(place, fingerprint) : null;
		if (fingerprint == null || receipt == null || !isAbout(receipt, candidate)
				|| (stated != null && !isProved(receipt, stated)) || !this.pins.allow(candidate, receipt)) {
			return null;
		}
		return this.proof.trusted(candidate, place, receipt, fingerprint, hashing);
	}

	/**
	 * Returns a file that another tool put where it belongs, if it has the digest that it
	 * should have.
	 * @param job the file
	 * @param place where it may stand
	 * @param hashing called before the file is read
	 * @return the file, or {@code null}
	 */
	@Nullable CachedModel adopt(FileJob job, ModelPlace place, Runnable hashing) {
		Fingerprint fingerprint = FileProof.fingerprint(job.candidate(), place);
		ExpectedDigest expected = job.file().expected();
		Long size = job.file().size();
		if (fingerprint == null || expected == null || !Files.isReadable(place.target())
				|| (size != null && size != fingerprint.size())
				|| (expected.origin() == DigestOrigin.FILE_NAME && job.candidate().request().digestRequired())) {
			return null;
		}
		CachedModel file = this.proof.proved(job.candidate(), place, expected, hashing);
		return (file != null) ? CachedModels.as(file, ModelOutcome.ADOPTED) : null;
	}

	/**
	 * Returns a file at the place where it is seen now. Its proof holds there only if the
	 * receipt has the fingerprint of what stands there; otherwise that is read.
	 * @param candidate what the file is for
	 * @param proved the file as it was proved, maybe at another path
	 * @param place where it is seen
	 * @return the file there
	 * @throws ModelStorageException if there is other content
	 */
	CachedModel shown(Candidate candidate, CachedModel proved, ModelPlace place, Runnable hashing) {
		Fingerprint fingerprint = FileProof.fingerprint(candidate, place);
		Receipt receipt = (fingerprint != null) ? this.store.receipts().find(place, fingerprint) : null;
		boolean same = receipt != null && receipt.fingerprint().equals(fingerprint)
				&& receipt.digest().equals(proved.digest());
		if (!same && (fingerprint == null
				|| !this.proof.rehash(candidate, place, Algorithm.SHA256, hashing).equals(proved.digest()))) {
			throw new ModelStorageException(candidate.request().id(), place.directory(),
					place.target() + " was replaced while the model was published", null);
		}
		return CachedModels.at(proved, place.target());
	}

	/**
	 * Returns the file that the user put at the model's place, if it has the digest that
	 * it should have.
	 */
	@Nullable CachedModel proved(FileJob job, Runnable hashing) {
		ExpectedDigest expected = job.file().expected();
		Long size = (job.compression() == null) ? job.file().size() : null;
		if (expected == null || size(job.candidate()) < 0 || (size != null && size != size(job.candidate()))) {
			return null;
		}
		return this.proof.proved(job.candidate(), job.place(), expected, hashing);
	}

	/** Serves the file that the user put at the place, though it is not the model. */
	CachedModel kept(Candidate candidate, String expected, Runnable hashing) {
		return this.proof.kept(candidate, place(candidate), expected, hashing);
	}

	/** Returns whether a published file is one of the user's that is not the model. */
	boolean isKept(Candidate candidate, ModelPlace place) {
		Receipt receipt = this.proof.receipt(candidate, place);
		return receipt != null && receipt.putBy() == PutBy.USER_KEPT;
	}

	/** Returns whether the lock file says what the model's only file is. */
	boolean isPinned(Candidate candidate) {
		return this.pins.expected(candidate) != null;
	}

	/**
	 * Returns whose the file is that stands at the place. A file whose fingerprint alone
	 * has changed is read.
	 */
	Occupant occupant(Candidate candidate, Runnable hashing) {
		ModelPlace place = place(candidate);
		Occupant occupant = this.store.occupant(candidate.request().id(), place);
		if ((occupant == Occupant.CHANGED || occupant == Occupant.OTHERS) && !Files.isSymbolicLink(place.target())) {
			Receipt receipt = this.proof.receipt(candidate, place);
			if (receipt != null && receipt.isOurs(place)
					&& this.proof.isUnchanged(candidate, place, receipt, hashing)) {
				return Occupant.OURS;
			}
		}
		return occupant;
	}

	private @Nullable CachedModel find(Candidate candidate, ModelPlace place, Runnable hashing) {
		Fingerprint fingerprint = FileProof.fingerprint(candidate, place);
		if (fingerprint == null) {
			return adopted(candidate, place, hashing);
		}
		Receipt receipt = this.store.receipts().find(place, fingerprint);
		if (receipt != null && isAbout(receipt, candidate) && isAskedFor(candidate, receipt.sourceKey())
				&& this.pins.allow(candidate, receipt)) {
			CachedModel known = this.proof.trusted(candidate, place, receipt, fingerprint, hashing);
			if (known != null || !candidate.locations().isEmpty() || receipt.isOurs(place)) {
				return known;
			}
		}
		ExpectedDigest expected = expected(candidate);
		if (expected != null) {
			return this.proof.proved(candidate, place, expected, hashing);
		}
		return candidate.locations().isEmpty() ? this.proof.unproven(candidate, place, hashing) : null;
	}

	/** Another tool's file may change at any time: its fingerprint always counts. */
	private @Nullable CachedModel adopted(Candidate candidate, ModelPlace place, Runnable hashing) {
		ModelPlace adopted = this.store.adoption().find(place);
		Fingerprint fingerprint = (adopted != null) ? FileProof.fingerprint(candidate, adopted) : null;
		if (adopted == null || fingerprint == null) {
			return null;
		}
		Receipt receipt = this.store.receipts().find(adopted, fingerprint);
		if (receipt == null || !receipt.fingerprint().fits(fingerprint) || !isAbout(receipt, candidate)
				|| !isAskedFor(candidate, receipt.sourceKey()) || !this.pins.allow(candidate, receipt)) {
			return null;
		}
		return (this.store.verification() == Verification.ALWAYS)
				? this.proof.verified(candidate, adopted, receipt, hashing)
				: FileProof.model(candidate, adopted, receipt);
	}

	/** Returns whether a file is the candidate's, wherever it stands. */
	boolean isServed(Candidate candidate, Path file) {
		ModelPlace place = place(candidate);
		ModelPlace adopted = this.store.adoption().find(place);
		return this.store.isOf(place, file) || (adopted != null && adopted.target().equals(file));
	}

	/** Returns the version that a model's files are of, or null for a single file. */
	@Nullable SeenVersion seen(Candidate candidate, CachedModel model) {
		return this.store.seen(place(candidate))
			.stream()
			.filter((version) -> version.files().stream().map(ModelPlace::target).toList().equals(model.files()))
			.findFirst()
			.orElse(null);
	}

	/** Returns the place of a file that the candidate is served by. */
	ModelPlace served(Candidate candidate, Path file) {
		ModelPlace place = place(candidate);
		ModelPlace adopted = this.store.adoption().find(place);
		return (adopted != null && adopted.target().equals(file)) ? adopted : this.store.placeOf(place, file);
	}

	/**
	 * Returns whether a file stands at the place of which nothing is known: no receipt,
	 * or only that of a user's file, and no digest to compare it with.
	 */
	boolean isUnknown(Candidate candidate) {
		ModelPlace place = place(candidate);
		Fingerprint fingerprint = FileProof.fingerprint(candidate, place);
		if (fingerprint == null || expected(candidate) != null || candidate.request().digestRequired()) {
			return false;
		}
		Receipt receipt = this.store.receipts().find(place, fingerprint);
		return receipt == null || (place.conflict() != null && !receipt.isOurs(place));
	}

	/** Returns the size of the file at the place. */
	long size(Candidate candidate) {
		Fingerprint fingerprint = FileProof.fingerprint(candidate, place(candidate));
		return (fingerprint != null) ? fingerprint.size() : -1;
	}

	/**
	 * Takes the file at the place for the model, though nothing proves it, and says so.
	 */
	CachedModel unproven(Candidate candidate, Runnable hashing) {
		return this.proof.unproven(candidate, place(candidate), hashing);
	}

	/** Returns the digest of a published file, as it is on disk now. */
	Digest rehash(Candidate candidate, ModelPlace place, Algorithm algorithm, Runnable hashing) {
		return this.proof.rehash(candidate, place, algorithm, hashing);
	}

	/**
	 * Returns whether a digest is known to be that of the compressed file which the
	 * published one came from.
	 */
	boolean isOfSource(Candidate candidate, ModelPlace place, Digest digest) {
		Receipt receipt = this.proof.receipt(candidate, place);
		return receipt != null && receipt.isOfSource(digest);
	}

	/** Returns whether a file came from a mirror in the state that it has now. */
	boolean isFrom(FileJob job, SourceState state) {
		Receipt receipt = this.proof.receipt(job.candidate(), job.place());
		return receipt != null && state.validator() != null && state.validator().equals(receipt.validator())
				&& state.mirror().toString().equals(receipt.source());
	}

	/**
	 * Returns the digest that the file must have, whatever its source states, or null.
	 */
	@Nullable ExpectedDigest expected(Candidate candidate) {
		Digest configured = candidate.request().expectedDigest();
		if (configured != null) {
			return new ExpectedDigest(configured, candidate.request().digestOrigin());
		}
		Digest pinned = this.pins.expected(candidate);
		return (pinned != null) ? new ExpectedDigest(pinned, DigestOrigin.LOCK_FILE) : null;
	}

	/** A receipt for a file whose name alone told its digest needs a better proof. */
	private static boolean isProved(Receipt receipt, ExpectedDigest stated) {
		return receipt.proves(stated.digest()) && (receipt.verified() || stated.origin() == DigestOrigin.FILE_NAME);
	}

	private static boolean isAbout(Receipt receipt, Candidate candidate) {
		Digest expected = candidate.request().expectedDigest();
		if (receipt.putBy() == PutBy.USER_KEPT) {
			return candidate.request().modelPathConflict() == ModelPathConflict.KEEP
					&& !candidate.request().digestRequired() && (expected == null || !receipt.proves(expected));
		}
		return (expected != null) ? receipt.proves(expected)
				: receipt.verified() || !candidate.request().digestRequired();
	}

	private static boolean isAskedFor(Candidate candidate, @Nullable String sourceKey) {
		return candidate.locations().isEmpty() || candidate.sourceKeys().contains(sourceKey);
	}

	/** Ends a look that would have to read a file. */
	private static final class MustBeReadException extends RuntimeException {

		MustBeReadException() {
			super("", null, false, false);
		}

	}

}
