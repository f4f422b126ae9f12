/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.acquire.Standing.Claim;
import dev.modelcache.internal.acquire.Standing.Foreign;
import dev.modelcache.internal.acquire.Standing.Provable;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.Receipt.PutBy;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads files that may be a candidate's, and writes the receipts of those that are.
 * <p>
 * <em>Blocking</em>: all methods. <em>Errors</em>: {@link ModelStorageException} for a
 * file that cannot be read; {@link dev.modelcache.ModelFormatException} for a file
 * without a receipt that is not a model.
 */
final class ModelProof {

	private static final Logger logger = LoggerFactory.getLogger(ModelProof.class);

	private static final Set<Algorithm> SHA256 = Set.of(Algorithm.SHA256);

	private final ModelStore store;

	private final ModelIndex index;

	private final Candidate candidate;

	private final ModelRequest request;

	private final ModelPlace place;

	private final FormatCheck formats;

	private final ExternalData data;

	private final AcquisitionObserver observer;

	private final Clock clock;

	private final Reading reading;

	/**
	 * Creates it.
	 * @param store where files are kept
	 * @param index finds the files of the candidate
	 * @param formats looks at the headers of files
	 * @param data looks for the data of ONNX files
	 * @param observer is told of files that were read
	 * @param clock tells the time
	 * @param reading is told of each MiB of a file that is read
	 */
	ModelProof(ModelStore store, ModelIndex index, FormatCheck formats, ExternalData data, AcquisitionObserver observer,
			Clock clock, Reading reading) {
		this.store = store;
		this.index = index;
		this.candidate = index.candidate();
		this.request = index.candidate().request();
		this.place = index.place();
		this.formats = formats;
		this.data = data;
		this.observer = observer;
		this.clock = clock;
		this.reading = reading;
	}

	/**
	 * Returns whether a file was only touched since this cache put it there: a file of
	 * which the fingerprint alone has changed is read.
	 */
	boolean proveOurs(Foreign foreign) {
		Receipt receipt = foreign.receipt();
		if (receipt == null) {
			return false;
		}
		Hashed hashed = hash(this.place, SHA256);
		if (!hashed.sha256().equals(receipt.digest())) {
			return false;
		}
		this.store.receipts().write(this.place, receipt.reissued(hashed.fingerprint(), hashed.at()));
		return true;
	}

	/**
	 * Reads files, and writes fresh receipts if they are what they should be.
	 * @param provable the files
	 * @return the model, or {@code null} if they are not
	 */
	@Nullable CachedModel prove(Provable provable) {
		List<CachedModel> files = new ArrayList<>();
		for (Claim claim : provable.files()) {
			CachedModel file = settle(claim);
			if (file == null) {
				return null;
			}
			files.add(file);
		}
		return (provable.manifest() != null)
				? CachedModels.together(files, provable.manifest().source(), ModelOutcome.CACHED) : files.get(0);
	}

	private @Nullable CachedModel settle(Claim claim) {
		if (claim.trusted()) {
			return this.index.model(claim);
		}
		return (claim.receipt() != null) ? verified(claim.place(), claim.receipt())
				: proved(claim.place(), List.of(Objects.requireNonNull(claim.expected())));
	}

	/**
	 * Returns a file of a version if it is known to be it.
	 * @param job the file
	 * @param file where it may stand
	 * @return the file, or {@code null}
	 */
	@Nullable CachedModel find(FileJob job, ModelPlace file) {
		Claim claim = this.index.claim(file, job.file().expected(), false);
		return (claim != null) ? settle(claim) : null;
	}

	/**
	 * Returns a file that another tool put where it belongs, if it has the digest that it
	 * should have.
	 * @param job the file
	 * @param file where it may stand
	 * @return the file, or {@code null}
	 */
	@Nullable CachedModel adopt(FileJob job, ModelPlace file) {
		Fingerprint fingerprint = this.index.fingerprint(file);
		ExpectedDigest expected = job.file().expected();
		Long size = job.file().size();
		if (fingerprint == null || expected == null || !Files.isReadable(file.target())
				|| (size != null && size != fingerprint.size())
				|| (expected.origin() == DigestOrigin.FILE_NAME && this.request.digestRequired())) {
			return null;
		}
		CachedModel proved = proved(file, List.of(expected));
		return (proved != null) ? proved.withOutcome(ModelOutcome.ADOPTED) : null;
	}

	/**
	 * Returns the file at the place if it has the digest that its source states, or a
	 * mirror if the source states none.
	 * @param job the file
	 * @return the model, or {@code null}
	 */
	@Nullable CachedModel proved(FileJob job) {
		Long size = (job.compression() == null) ? job.file().size() : null;
		if (this.index.size() < 0 || (size != null && size != this.index.size())) {
			return null;
		}
		ExpectedDigest expected = job.file().expected();
		return proved(this.place, (expected != null) ? List.of(expected)
				: job.file().mirrors().stream().map(Mirror::stated).flatMap(Stream::ofNullable).distinct().toList());
	}

	/**
	 * Returns the file at the place if it is known to be it. What came as a substitute is
	 * the model itself if a digest says so.
	 */
	@Nullable CachedModel takeAsItself(FileJob job) {
		CachedModel file = find(job, this.place);
		Receipt receipt = (file != null) ? this.index.receipt(this.place) : null;
		if (receipt == null || !receipt.fallback()) {
			return file;
		}
		if (job.file().expected() == null) {
			return null;
		}
		Receipt own = receipt.ofItself();
		this.store.receipts().write(this.place, own);
		return this.index.model(this.place, own);
	}

	/**
	 * Takes the file at the place for the model, though nothing proves it.
	 * @return the model
	 * @throws ModelIntegrityException if a digest is required
	 */
	CachedModel takeUnproven() {
		if (this.request.digestRequired()) {
			throw new ModelIntegrityException(this.request.id(),
					"require-checksum is set, but neither the configuration nor a source specifies the digest of "
							+ this.place.target(),
					"Configure expected-checksum, or remove require-checksum");
		}
		Hashed hashed = hash(this.place, SHA256);
		Receipt receipt = issue(this.place, hashed, null, putBy(this.place, hashed));
		logger.warn(
				"Model '{}': {} is used without verification, because no digest is known. Configure expected-checksum: {}",
				this.request.id(), this.place.target(), hashed.sha256());
		return this.index.model(this.place, receipt);
	}

	/** Serves a file of the user's that is known not to be the model. */
	CachedModel takeKept(String expected) {
		Hashed hashed = hash(this.place, SHA256);
		Receipt receipt = issue(this.place, hashed, null, PutBy.USER_KEPT);
		logger.warn("Model '{}': {} ({}) is served unverified because {} is 'keep', though {} was expected",
				this.request.id(), this.place.target(), hashed.sha256(), this.request.key("model-path-conflict"),
				expected);
		return this.index.model(this.place, receipt);
	}

	/**
	 * Returns a file at the path where it is seen now. Its proof holds there only if the
	 * receipt has the fingerprint of what stands there; otherwise that is read.
	 * @param proved the file as it was proved, maybe at another path
	 * @param seen where it is seen
	 * @return the file there
	 * @throws ModelStorageException if there is other content
	 */
	CachedModel shown(CachedModel proved, ModelPlace seen) {
		Fingerprint fingerprint = this.index.fingerprint(seen);
		Receipt receipt = this.index.receipt(seen, fingerprint);
		boolean same = receipt != null && receipt.fingerprint().equals(fingerprint)
				&& receipt.digest().equals(proved.digest());
		if (!same && (fingerprint == null || !hash(seen, SHA256).digest(Algorithm.SHA256).equals(proved.digest()))) {
			throw new ModelStorageException(this.request.id(), seen.directory(),
					seen.target() + " was replaced while the model was published", null);
		}
		return CachedModels.at(proved, seen.target());
	}

	/** Writes sealed records beside the files of a model that are not another tool's. */
	void seal(CachedModel model) {
		ModelPlace adopted = this.store.adoption().find(this.place);
		for (ModelPlace file : this.index.served(model)) {
			Fingerprint fingerprint = this.index.fingerprint(file);
			if (fingerprint != null && !file.equals(adopted)) {
				this.store.receipts().seal(file, fingerprint);
			}
		}
	}

	/** Returns the digest of a published file, as it is on disk now. */
	Digest digest(ModelPlace file, Algorithm algorithm) {
		return hash(file, Set.of(algorithm)).digest(algorithm);
	}

	/** Reads a file that has a receipt, and writes a fresh one if it is unchanged. */
	private @Nullable CachedModel verified(ModelPlace file, Receipt receipt) {
		Hashed hashed = hash(file, SHA256);
		boolean matched = hashed.sha256().equals(receipt.digest());
		this.observer.verified(matched, hashed.elapsed());
		if (!matched) {
			logger.warn("Model '{}': {} was changed after it was {}", this.request.id(), file.target(),
					receipt.isOurs(file) ? "published; it is fetched again" : "last used");
			return null;
		}
		boolean sameFile = receipt.doubted() || receipt.fingerprint().fileKey().equals(hashed.fingerprint().fileKey())
				|| receipt.fingerprint().fits(hashed.fingerprint()) || !this.store.isShared(file.target());
		Receipt fresh = (sameFile ? receipt : receipt.ofUser()).reissued(hashed.fingerprint(), hashed.at());
		// Read beside a renewal or an eviction, it may be another one now, or gone.
		if (hashed.fingerprint().equals(this.index.fingerprint(file))) {
			this.store.receipts().write(file, fresh);
		}
		return this.index.model(file, fresh);
	}

	/** Reads a file once, and writes its receipt if it has one of the digests. */
	private @Nullable CachedModel proved(ModelPlace file, List<ExpectedDigest> any) {
		if (any.isEmpty()) {
			return null;
		}
		Set<Algorithm> algorithms = EnumSet.of(Algorithm.SHA256);
		any.forEach((expected) -> algorithms.add(expected.digest().algorithm()));
		Hashed hashed = hash(file, algorithms);
		List<ExpectedDigest> matching = any.stream()
			.filter((expected) -> hashed.digest(expected.digest().algorithm()).equals(expected.digest()))
			.toList();
		this.observer.verified(!matching.isEmpty(), hashed.elapsed());
		if (matching.isEmpty()) {
			any.forEach((expected) -> logger.warn("Model '{}': {} is not the file that {} describes", this.request.id(),
					file.target(), expected.origin().description()));
			return null;
		}
		ExpectedDigest expected = matching.get(0);
		Receipt receipt = issue(file, hashed, (expected.origin() != DigestOrigin.FILE_NAME) ? expected.digest() : null,
				putBy(file, hashed));
		return this.index.isAllowed(receipt) ? this.index.model(file, receipt) : null;
	}

	/**
	 * What is found is the user's, also in the cache's directory, unless it is what this
	 * cache put there. A link is not.
	 */
	private PutBy putBy(ModelPlace file, Hashed hashed) {
		Receipt before = this.index.receipt(file);
		boolean ours = before != null && before.isOurs(file) && before.digest().equals(hashed.sha256())
				&& !Files.isSymbolicLink(file.target());
		return ours ? PutBy.CACHE : PutBy.USER;
	}

	private Receipt issue(ModelPlace file, Hashed hashed, @Nullable Digest expected, PutBy putBy) {
		// What the user wants to keep, or another tool calls so, is not the source's.
		FormatHints hints = (file.equals(this.place) && putBy != PutBy.USER_KEPT) ? this.candidate.hints(file)
				: FormatHints.ofName(file.target().getFileName().toString());
		ModelFormat format = this.formats.inspect(this.request.id(), file.target(), hints, "the file " + file.target());
		if (file.equals(this.place)) {
			this.data.requireBeside(file.target());
		}
		boolean putThere = this.candidate.locations().isEmpty();
		Receipt receipt = new Receipt(hashed.fingerprint(), hashed.sha256(), null, expected,
				putThere ? null : this.candidate.source(), this.candidate.sourceKey(this.store), null,
				this.candidate.fallback(), hashed.at(), format, putBy);
		this.store.receipts().write(file, receipt);
		return receipt;
	}

	private Hashed hash(ModelPlace file, Set<Algorithm> algorithms) {
		Instant start = this.clock.instant();
		try {
			Fingerprint before = Fingerprint.of(file.target());
			if (before == null) {
				throw new IOException(file.target() + " is not there");
			}
			this.reading.read(0, before.size());
			AtomicLong read = new AtomicLong();
			Map<Algorithm, Digest> digests = FileDigest.of(file.target(), algorithms,
					() -> this.reading.read(Math.min(read.addAndGet(FileDigest.BLOCK), before.size()), before.size()));
			Instant end = this.clock.instant();
			if (!before.equals(Fingerprint.of(file.target()))) {
				throw new IOException("it changed meanwhile");
			}
			return new Hashed(before, digests, end, Duration.between(start, end));
		}
		catch (IOException ex) {
			ModelStorageException denied = DeniedAccess.reading(this.request.id(), file.target(), ex);
			throw (denied != null) ? denied
					: DiskFault.exception(this.request.id(), file.directory(), "cannot read " + file.target(), ex);
		}
	}

	/** Is told how far a file has been read. */
	@FunctionalInterface
	interface Reading {

		void read(long bytes, long total);

	}

	private record Hashed(Fingerprint fingerprint, Map<Algorithm, Digest> digests, Instant at, Duration elapsed) {

		Digest sha256() {
			return digest(Algorithm.SHA256);
		}

		Digest digest(Algorithm algorithm) {
			return Objects.requireNonNull(this.digests.get(algorithm), "no such digest was computed");
		}

	}

}
