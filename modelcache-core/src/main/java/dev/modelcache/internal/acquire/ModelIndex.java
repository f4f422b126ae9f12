/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.acquire.Standing.Claim;
import dev.modelcache.internal.acquire.Standing.Foreign;
import dev.modelcache.internal.acquire.Standing.Provable;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.internal.store.PinnedModel;
import dev.modelcache.internal.store.Receipt.PutBy;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.SeenVersion;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files on this machine that may be a candidate's: what stands at its place, and
 * whether that is the model. Looking is a few system calls; a file is read in a step of
 * its own.
 * <p>
 * <em>Blocking</em>: all methods. <em>Errors</em>: {@link ModelStorageException} for a
 * place that cannot be looked at; {@link dev.modelcache.ModelFormatException} for a file
 * without a receipt that is no model.
 */
final class ModelIndex {

	private static final Logger logger = LoggerFactory.getLogger(ModelIndex.class);

	private static final Set<Algorithm> SHA256 = Set.of(Algorithm.SHA256);

	private final ModelStore store;

	private final FormatCheck formats;

	private final AcquisitionObserver observer;

	private final Clock clock;

	private final PinnedModels pins;

	private final Candidate candidate;

	private final Reading reading;

	private final Supplier<Set<Path>> modelPaths;

	private final ModelPlace place;

	private @Nullable PinnedModel pinned;

	private boolean pinsRead;

	/**
	 * Creates an index.
	 * @param store where files are kept
	 * @param formats looks at the headers of files
	 * @param observer is told of files that were read
	 * @param clock tells the time
	 * @param candidate whose files
	 * @param reading is told of each MiB of a file that is read
	 * @param modelPaths where the files of configured models are or will be, found when
	 * it is asked
	 */
	ModelIndex(ModelStore store, FormatCheck formats, AcquisitionObserver observer, Clock clock, Candidate candidate,
			Reading reading, Supplier<Set<Path>> modelPaths) {
		this.store = store;
		this.formats = formats;
		this.observer = observer;
		this.clock = clock;
		this.pins = new PinnedModels(store, null);
		this.candidate = candidate;
		this.reading = reading;
		this.modelPaths = modelPaths;
		this.place = store.place(candidate.request(), candidate.fileName());
	}

	Candidate candidate() {
		return this.candidate;
	}

	ModelPlace place() {
		return this.place;
	}

	/** Returns what stands at the place. */
	Standing look() {
		this.pinsRead = false;
		this.store.use(this.place);
		List<Provable> versions = new ArrayList<>();
		for (SeenVersion version : this.store.seen(this.place)) {
			List<Claim> claims = claims(version);
			if (claims.isEmpty()) {
				continue;
			}
			if (claims.stream().allMatch(Claim::trusted)) {
				claims.forEach((claim) -> requireReadable(claim.place()));
				return new Standing.Ready(model(claims, version));
			}
			versions.add(new Provable(claims, version.manifest(), new Standing.Absent()));
		}
		Standing standing = lookAtFile();
		return (standing instanceof Standing.Ready) ? standing : lookAtFilled(before(versions, standing));
	}

	private static Standing before(List<Provable> versions, Standing otherwise) {
		Standing standing = otherwise;
		for (int i = versions.size() - 1; i >= 0; i--) {
			standing = new Provable(versions.get(i).files(), versions.get(i).manifest(), standing);
		}
		return standing;
	}

	/** What others have filled is there before anything is read or fetched. */
	private Standing lookAtFilled(Standing otherwise) {
		List<Provable> provable = new ArrayList<>();
		for (SeenVersion version : seenFilled()) {
			List<Claim> claims = claims(version);
			if (!claims.isEmpty() && claims.stream().allMatch(Claim::trusted)) {
				return new Standing.Ready(model(claims, version));
			}
			if (!claims.isEmpty()) {
				provable.add(new Provable(claims, version.manifest(), new Standing.Absent()));
			}
		}
		for (ModelPlace file : filled()) {
			Claim claim = filled(file);
			if (claim != null && claim.trusted()) {
				return new Standing.Ready(model(claim));
			}
			if (claim != null) {
				provable.add(new Provable(List.of(claim), null, new Standing.Absent()));
			}
		}
		return before(provable, otherwise);
	}

	private @Nullable Claim filled(ModelPlace file) {
		Fingerprint fingerprint = fingerprint(file);
		Claim claim = claim(file, null, true);
		if (claim != null && claim.receipt() != null && isAskedFor(claim.receipt().sourceKey())) {
			return claim;
		}
		ExpectedDigest expected = expected();
		return (fingerprint != null && expected != null) ? new Claim(file, fingerprint, null, expected, false) : null;
	}

	private List<ModelPlace> filled() {
		return this.store.filled(request(), this.candidate.fileName());
	}

	private List<SeenVersion> seenFilled() {
		return this.store.seenFilled(request(), this.candidate.fileName());
	}

	/**
	 * A model of several files is there if each of them is. The digest that is configured
	 * is that of the first one, which needs the others, or of the archive of all.
	 */
	private List<Claim> claims(SeenVersion version) {
		if (!isAskedFor(version.manifest().sourceKey())) {
			return List.of();
		}
		this.store.use(version.files().get(0));
		List<Claim> claims = new ArrayList<>();
		for (ModelPlace file : version.files()) {
			Claim claim = claim(file, null, claims.isEmpty());
			if (claim == null) {
				return List.of();
			}
			claims.add(claim);
		}
		return claims;
	}

	private Standing lookAtFile() {
		Fingerprint fingerprint = fingerprint(this.place);
		if (fingerprint == null) {
			Claim adopted = adopted();
			return (adopted == null) ? occupant() : adopted.trusted() ? new Standing.Ready(model(adopted))
					: new Provable(List.of(adopted), null, occupant());
		}
		Receipt receipt = this.store.receipts().find(this.place, fingerprint);
		ExpectedDigest expected = expected();
		Standing otherwise = occupant(fingerprint, receipt, false);
		if (expected != null) {
			otherwise = new Provable(List.of(new Claim(this.place, fingerprint, null, expected, false)), null,
					otherwise);
		}
		else if (this.candidate.locations().isEmpty()) {
			otherwise = new Standing.Unproven(fingerprint, false);
		}
		if (receipt == null || !isAbout(receipt) || !isAskedFor(receipt.sourceKey()) || !isAllowed(receipt)) {
			return otherwise;
		}
		Claim claim = new Claim(this.place, fingerprint, receipt, null, isTrusted(receipt, fingerprint));
		if (claim.trusted()) {
			requireReadable(this.place);
			return new Standing.Ready(model(claim));
		}
		boolean putThere = this.candidate.locations().isEmpty() && !receipt.isOurs(this.place);
		return new Provable(List.of(claim), null, putThere ? otherwise : occupant(fingerprint, receipt, true));
	}

	/** Another tool's file may change at any time: its fingerprint always counts. */
	private @Nullable Claim adopted() {
		ModelPlace adopted = this.store.adoption().find(this.place);
		Fingerprint fingerprint = (adopted != null && Files.isReadable(adopted.target())) ? fingerprint(adopted) : null;
		Receipt receipt = (adopted != null && fingerprint != null) ? this.store.receipts().find(adopted, fingerprint)
				: null;
		if (adopted == null || fingerprint == null || receipt == null || !receipt.fingerprint().fits(fingerprint)
				|| !isAbout(receipt) || !isAskedFor(receipt.sourceKey()) || !isAllowed(receipt)) {
			return null;
		}
		return new Claim(adopted, fingerprint, receipt, null, this.store.verification() != Verification.ALWAYS);
	}

	private @Nullable Claim claim(ModelPlace file, @Nullable ExpectedDigest stated, boolean first) {
		Fingerprint fingerprint = fingerprint(file);
		Receipt receipt = (fingerprint != null) ? this.store.receipts().find(file, fingerprint) : null;
		if (fingerprint == null || receipt == null || !(first ? isAbout(receipt) : isOf(receipt))
				|| (stated != null && !isProved(receipt, stated)) || !isAllowed(receipt)) {
			return null;
		}
		return new Claim(file, fingerprint, receipt, null, isTrusted(receipt, fingerprint));
	}

	private boolean isTrusted(Receipt receipt, Fingerprint fingerprint) {
		return switch (this.store.verification()) {
			case FINGERPRINT -> receipt.fingerprint().fits(fingerprint);
			case NEVER -> !receipt.doubted();
			case ALWAYS -> false;
		};
	}

	/**
	 * Returns whose file stands at the place, whether or not it is the model: something
	 * {@linkplain Foreign foreign}, a file of which nothing is known, or one that may be
	 * replaced.
	 */
	Standing occupant() {
		Fingerprint fingerprint = fingerprint(this.place);
		return occupant(fingerprint, receipt(this.place, fingerprint), false);
	}

	private Standing occupant(@Nullable Fingerprint fingerprint, @Nullable Receipt receipt, boolean read) {
		Occupant occupant = this.store.occupant(request().id(), this.place);
		boolean foreign = occupant == Occupant.CHANGED || occupant == Occupant.OTHERS;
		boolean known = receipt != null && (this.place.conflict() == null || receipt.isOurs(this.place));
		if (fingerprint != null && !known && expected() == null && !request().digestRequired()) {
			return new Standing.Unproven(fingerprint, foreign);
		}
		if (foreign) {
			boolean touched = !read && known && !Files.isSymbolicLink(this.place.target());
			return new Foreign(fingerprint, occupant == Occupant.CHANGED, touched ? receipt : null);
		}
		return (occupant == Occupant.NOTHING) ? new Standing.Absent() : new Standing.Stale(fingerprint);
	}

	/** Requires that the file at the place can be replaced at all. */
	void requireReplaceable() {
		this.store.staging().requireReplaceable(request().id(), this.place);
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
			return model(claim);
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
		Claim claim = claim(file, job.file().expected(), false);
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
		Fingerprint fingerprint = fingerprint(file);
		ExpectedDigest expected = job.file().expected();
		Long size = job.file().size();
		if (fingerprint == null || expected == null || !Files.isReadable(file.target())
				|| (size != null && size != fingerprint.size())
				|| (expected.origin() == DigestOrigin.FILE_NAME && request().digestRequired())) {
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
		if (size() < 0 || (size != null && size != size())) {
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
		Receipt receipt = (file != null) ? receipt(this.place) : null;
		if (receipt == null || !receipt.fallback()) {
			return file;
		}
		if (job.file().expected() == null) {
			return null;
		}
		Receipt own = receipt.ofItself();
		this.store.receipts().write(this.place, own);
		return model(this.place, own);
	}

	/** Returns whether the file came from a mirror in the state that it has now. */
	boolean isFrom(SourceState state) {
		Receipt receipt = receipt(this.place);
		return receipt != null && state.validator() != null && state.validator().equals(receipt.validator())
				&& state.mirror().toString().equals(receipt.source());
	}

	/**
	 * Takes the file at the place for the model, though nothing proves it.
	 * @return the model
	 * @throws ModelIntegrityException if a digest is required
	 */
	CachedModel takeUnproven() {
		if (request().digestRequired()) {
			throw new ModelIntegrityException(
					request().id(), "require-checksum is set, and nothing says what the digest of "
							+ this.place.target() + " should be",
					"Configure expected-checksum, or remove require-checksum");
		}
		Hashed hashed = hash(this.place, SHA256);
		Receipt receipt = issue(this.place, hashed, null, putBy(this.place, hashed));
		logger.warn("Model '{}': {} is used as it is; nothing proves its content. Configure expected-checksum: {}",
				request().id(), this.place.target(), hashed.sha256());
		return model(this.place, receipt);
	}

	/** Serves a file of the user's that is known not to be the model. */
	CachedModel takeKept(String expected) {
		Hashed hashed = hash(this.place, SHA256);
		Receipt receipt = issue(this.place, hashed, null, PutBy.USER_KEPT);
		logger.warn("Model '{}': {} ({}) is served unverified because {} is 'keep', though {} was expected",
				request().id(), this.place.target(), hashed.sha256(), request().key("model-path-conflict"), expected);
		return model(this.place, receipt);
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
		Fingerprint fingerprint = fingerprint(seen);
		Receipt receipt = receipt(seen, fingerprint);
		boolean same = receipt != null && receipt.fingerprint().equals(fingerprint)
				&& receipt.digest().equals(proved.digest());
		if (!same && (fingerprint == null || !hash(seen, SHA256).digest(Algorithm.SHA256).equals(proved.digest()))) {
			throw new ModelStorageException(request().id(), seen.directory(),
					seen.target() + " was replaced while the model was published", null);
		}
		return CachedModels.at(proved, seen.target());
	}

	/** Returns whether a file is the candidate's, wherever it stands. */
	boolean isServed(Path file) {
		ModelPlace adopted = this.store.adoption().find(this.place);
		return this.store.isOf(this.place, file) || (adopted != null && adopted.target().equals(file))
				|| filled().stream().map(ModelPlace::target).anyMatch(file::equals)
				|| seenFilled().stream()
					.flatMap((version) -> version.files().stream())
					.map(ModelPlace::target)
					.anyMatch(file::equals);
	}

	/** Returns the places of the files that a model is served by. */
	List<ModelPlace> served(CachedModel model) {
		ModelPlace adopted = this.store.adoption().find(this.place);
		return model.files()
			.stream()
			.map((file) -> (adopted != null && adopted.target().equals(file)) ? adopted
					: this.store.placeOf(this.place, file))
			.toList();
	}

	/** Writes sealed records beside the files of a model that are not another tool's. */
	void seal(CachedModel model) {
		ModelPlace adopted = this.store.adoption().find(this.place);
		for (ModelPlace file : served(model)) {
			Fingerprint fingerprint = fingerprint(file);
			if (fingerprint != null && !file.equals(adopted)) {
				this.store.receipts().seal(file, fingerprint);
			}
		}
	}

	/** Returns the version that a model's files are of, or null for a single file. */
	@Nullable SeenVersion seen(CachedModel model) {
		return Stream.concat(this.store.seen(this.place).stream(), seenFilled().stream())
			.filter((version) -> version.files().stream().map(ModelPlace::target).toList().equals(model.files()))
			.findFirst()
			.orElse(null);
	}

	/** Returns the size of the file at the place, or -1 if there is none. */
	long size() {
		Fingerprint fingerprint = fingerprint(this.place);
		return (fingerprint != null) ? fingerprint.size() : -1;
	}

	/** Returns the receipt of a file, or null where there is no file or no receipt. */
	@Nullable Receipt receipt(ModelPlace file) {
		return receipt(file, fingerprint(file));
	}

	private @Nullable Receipt receipt(ModelPlace file, @Nullable Fingerprint fingerprint) {
		return (fingerprint != null) ? this.store.receipts().find(file, fingerprint) : null;
	}

	/** Returns the digest of a published file, as it is on disk now. */
	Digest digest(ModelPlace file, Algorithm algorithm) {
		return hash(file, Set.of(algorithm)).digest(algorithm);
	}

	/** Remembers that a file is not what its receipt says. */
	void doubt(ModelPlace file) {
		Fingerprint fingerprint = fingerprint(file);
		if (fingerprint != null) {
			this.store.receipts().doubt(file, fingerprint);
		}
	}

	/** Returns whether the lock file says what the model's only file is. */
	boolean isPinned() {
		return PinnedModels.expected(pinned()) != null;
	}

	/**
	 * Returns the digest that the file must have, whatever its source states, or null.
	 */
	@Nullable ExpectedDigest expected() {
		Digest configured = request().expectedDigest();
		if (configured != null) {
			return new ExpectedDigest(configured, request().digestOrigin());
		}
		Digest expected = PinnedModels.expected(pinned());
		return (expected != null) ? new ExpectedDigest(expected, DigestOrigin.LOCK_FILE) : null;
	}

	/** Returns what the lock file says, which is read once for each look. */
	private @Nullable PinnedModel pinned() {
		if (!this.pinsRead) {
			this.pinned = this.pins.find(this.candidate);
			this.pinsRead = true;
		}
		return this.pinned;
	}

	private ModelRequest request() {
		return this.candidate.request();
	}

	/** A receipt for a file whose name alone told its digest needs a better proof. */
	private static boolean isProved(Receipt receipt, ExpectedDigest stated) {
		return receipt.proves(stated.digest()) && (receipt.verified() || stated.origin() == DigestOrigin.FILE_NAME);
	}

	private boolean isAbout(Receipt receipt) {
		Digest expected = request().expectedDigest();
		if (receipt.putBy() == PutBy.USER_KEPT) {
			return request().modelPathConflict() == ModelPathConflict.KEEP && !request().digestRequired()
					&& (expected == null || !receipt.proves(expected));
		}
		return (expected != null) ? receipt.proves(expected) : isVerified(receipt);
	}

	/** Returns whether a file may be another one of the model than the first. */
	private boolean isOf(Receipt receipt) {
		return (receipt.putBy() == PutBy.USER_KEPT) ? isAbout(receipt) : isVerified(receipt);
	}

	private boolean isVerified(Receipt receipt) {
		return receipt.verified() || !request().digestRequired();
	}

	private boolean isAskedFor(@Nullable String sourceKey) {
		return this.candidate.locations().isEmpty() || this.candidate.sourceKeys().contains(sourceKey);
	}

	private boolean isAllowed(Receipt receipt) {
		return this.pins.allow(this.candidate, pinned(), receipt);
	}

	/** Reads a file that has a receipt, and writes a fresh one if it is unchanged. */
	private @Nullable CachedModel verified(ModelPlace file, Receipt receipt) {
		Hashed hashed = hash(file, SHA256);
		boolean matched = hashed.sha256().equals(receipt.digest());
		this.observer.verified(matched, hashed.elapsed());
		if (!matched) {
			logger.warn("Model '{}': {} was changed after it was {}", request().id(), file.target(),
					receipt.isOurs(file) ? "published; it is fetched again" : "last used");
			return null;
		}
		Receipt fresh = receipt.reissued(hashed.fingerprint(), hashed.at());
		this.store.receipts().write(file, fresh);
		return model(file, fresh);
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
			any.forEach((expected) -> logger.warn("Model '{}': {} is not the file that {} describes", request().id(),
					file.target(), expected.origin().description()));
			return null;
		}
		ExpectedDigest expected = matching.get(0);
		Receipt receipt = issue(file, hashed, (expected.origin() != DigestOrigin.FILE_NAME) ? expected.digest() : null,
				putBy(file, hashed));
		return isAllowed(receipt) ? model(file, receipt) : null;
	}

	/**
	 * What is found is the user's, also in the cache's directory, unless it is what this
	 * cache put there. A link is not.
	 */
	private PutBy putBy(ModelPlace file, Hashed hashed) {
		Receipt before = receipt(file);
		boolean ours = before != null && before.isOurs(file) && before.digest().equals(hashed.sha256())
				&& !Files.isSymbolicLink(file.target());
		return ours ? PutBy.CACHE : PutBy.USER;
	}

	private Receipt issue(ModelPlace file, Hashed hashed, @Nullable Digest expected, PutBy putBy) {
		// What the user wants to keep, or another tool calls so, is not the source's.
		FormatHints hints = (file.equals(this.place) && putBy != PutBy.USER_KEPT) ? this.candidate.hints(file)
				: FormatHints.ofName(file.target().getFileName().toString());
		ModelFormat format = this.formats.inspect(request().id(), file.target(), hints, "the file " + file.target());
		if (file.equals(this.place)) {
			this.formats.requireOnnxData(request().id(), file.target(), this.modelPaths);
		}
		boolean putThere = this.candidate.locations().isEmpty();
		Receipt receipt = new Receipt(hashed.fingerprint(), hashed.sha256(), null, expected,
				putThere ? null : this.candidate.source(), this.candidate.sourceKey(), null, this.candidate.fallback(),
				hashed.at(), format, putBy);
		this.store.receipts().write(file, receipt);
		return receipt;
	}

	private CachedModel model(List<Claim> claims, SeenVersion version) {
		return CachedModels.together(claims.stream().map(this::model).toList(), version.manifest().source(),
				ModelOutcome.CACHED);
	}

	private CachedModel model(Claim claim) {
		Receipt receipt = Objects.requireNonNull(claim.receipt());
		if (receipt.fingerprint().changed().isEmpty() && !claim.fingerprint().changed().isEmpty()
				&& this.store.verification() == Verification.FINGERPRINT) {
			// Of a version that did not record it, or of a crash before it was recorded.
			this.store.receipts().complete(claim.place(), receipt.reissued(claim.fingerprint(), receipt.verifiedAt()));
		}
		return model(claim.place(), receipt);
	}

	private CachedModel model(ModelPlace file, Receipt receipt) {
		Path target = file.target();
		String source = (receipt.source() != null) ? receipt.source() : this.candidate.source();
		return CachedModel.of(request().id(), List.of(target), receipt.fingerprint().size(), receipt.digest(), source)
			.withFallback(this.candidate.fallback() || receipt.fallback())
			.withVerified(receipt.verified())
			.withFormat(receipt.format());
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
			ModelStorageException denied = DeniedAccess.reading(request().id(), file.target(), ex);
			throw (denied != null) ? denied : new ModelStorageException(request().id(), file.directory(),
					"cannot read " + file.target() + ": " + ex, ex);
		}
	}

	/** Returns the fingerprint of a file, or null where there is none. */
	@Nullable Fingerprint fingerprint(ModelPlace file) {
		try {
			return Fingerprint.of(file.target());
		}
		catch (IOException ex) {
			ModelStorageException denied = DeniedAccess.reading(request().id(), file.target(), ex);
			throw (denied != null) ? denied : new ModelStorageException(request().id(), file.directory(),
					"cannot look at " + file.target() + ": " + ex, ex);
		}
	}

	/**
	 * A model that is there but that this user may not read is neither ready nor absent.
	 */
	private void requireReadable(ModelPlace file) {
		Path target = file.target();
		if (Files.isReadable(target)) {
			return;
		}
		ModelStorageException denied = DeniedAccess.reading(request().id(), target,
				new AccessDeniedException(target.toString()));
		if (denied != null) {
			throw denied;
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
