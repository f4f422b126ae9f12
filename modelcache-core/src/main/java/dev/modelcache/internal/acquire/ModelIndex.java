/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

import dev.modelcache.CacheOptions.Verification;
import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DeniedAccess;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.acquire.Standing.Claim;
import dev.modelcache.internal.acquire.Standing.Foreign;
import dev.modelcache.internal.acquire.Standing.Provable;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Occupant;
import dev.modelcache.internal.store.PinnedModel;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.Receipt.PutBy;
import dev.modelcache.internal.store.SeenVersion;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.source.ExpectedDigest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks up the files on this machine that may be a candidate's: what is at its place, and
 * whether its receipt says that it is the model. Looking is a few system calls, and may
 * complete a receipt; {@link ModelProof} reads files.
 * <p>
 * <em>Blocking</em>: all methods. <em>Errors</em>: {@link ModelStorageException} for a
 * place that cannot be looked at.
 */
final class ModelIndex {

	private static final Logger logger = LoggerFactory.getLogger(ModelIndex.class);

	private final ModelStore store;

	private final PinnedModels pins;

	private final Candidate candidate;

	private final ModelPlace place;

	private @Nullable PinnedModel pinned;

	private boolean pinsRead;

	/**
	 * Creates an index.
	 * @param store where files are kept
	 * @param candidate whose files
	 */
	ModelIndex(ModelStore store, Candidate candidate) {
		this.store = store;
		this.pins = new PinnedModels(store, null);
		this.candidate = candidate;
		this.place = store.place(candidate.request(), candidate.fileName());
	}

	Candidate candidate() {
		return this.candidate;
	}

	ModelPlace place() {
		return this.place;
	}

	/**
	 * Returns what is at the place. The cache of another tool that does not answer may
	 * have the model: it is neither there nor absent, unless it is found elsewhere.
	 */
	Standing look() {
		this.pinsRead = false;
		this.store.use(this.candidate.request().id(), this.place);
		List<Provable> versions = new ArrayList<>();
		ModelStorageException away = null;
		for (SeenVersion version : this.store.seen(this.place)) {
			List<Claim> claims;
			try {
				claims = claims(version);
			}
			catch (ModelStorageException ex) {
				if (version.manifest().directory() == null) {
					throw ex;
				}
				away = ex;
				continue;
			}
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
		Standing found = (standing instanceof Standing.Ready) ? standing : lookAtFilled(before(versions, standing));
		if (away != null && (found instanceof Standing.Absent || found instanceof Standing.Stale)) {
			throw away;
		}
		return found;
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
			List<Claim> claims = ofOthers(() -> claims(version));
			if (!claims.isEmpty() && claims.stream().allMatch(Claim::trusted)) {
				return new Standing.Ready(model(claims, version));
			}
			if (!claims.isEmpty()) {
				provable.add(new Provable(claims, version.manifest(), new Standing.Absent()));
			}
		}
		for (ModelPlace file : filled()) {
			for (Claim claim : ofOthers(() -> Stream.ofNullable(filled(file)).toList())) {
				if (claim.trusted()) {
					return new Standing.Ready(model(claim));
				}
				provable.add(new Provable(List.of(claim), null, new Standing.Absent()));
			}
		}
		return before(provable, otherwise);
	}

	/** A volume of others that does not answer holds nothing, and fails nothing. */
	private List<Claim> ofOthers(Supplier<List<Claim>> look) {
		try {
			return look.get();
		}
		catch (ModelStorageException ex) {
			if (this.store.leaveOut(ex.directory())) {
				logger.warn("A read-only root is left out for as long as this lasts: {}", ex.getMessage());
			}
			return List.of();
		}
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
		this.store.use(this.candidate.request().id(), version.files().get(0));
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

	/**
	 * Returns a file with its receipt if that says that it may be one of the model.
	 * @param file where it may stand
	 * @param stated the digest that its source states, or {@code null}
	 * @param first whether it is the first file of the model, whose digest is configured
	 * @return the file, or {@code null}
	 */
	@Nullable Claim claim(ModelPlace file, @Nullable ExpectedDigest stated, boolean first) {
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

	/** Returns whether the file came from a mirror in the state that it has now. */
	boolean isFrom(SourceState state) {
		Receipt receipt = receipt(this.place);
		return receipt != null && state.validator() != null && state.validator().equals(receipt.validator())
				&& state.mirror().toString().equals(receipt.source());
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

	@Nullable Receipt receipt(ModelPlace file, @Nullable Fingerprint fingerprint) {
		return (fingerprint != null) ? this.store.receipts().find(file, fingerprint) : null;
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
		return this.candidate.locations().isEmpty() || this.candidate.sourceKeys(this.store).contains(sourceKey);
	}

	/** Returns whether the lock file allows a file, if there is one. */
	boolean isAllowed(Receipt receipt) {
		return this.pins.allow(this.candidate, pinned(), receipt);
	}

	private CachedModel model(List<Claim> claims, SeenVersion version) {
		return CachedModels.together(claims.stream().map(this::model).toList(), version.manifest().source(),
				ModelOutcome.CACHED);
	}

	/** Returns a file as its receipt describes it. */
	CachedModel model(Claim claim) {
		Receipt known = Objects.requireNonNull(claim.receipt());
		Receipt receipt = known;
		if (receipt.fingerprint().changed().isEmpty() && !claim.fingerprint().changed().isEmpty()
				&& this.store.verification() == Verification.FINGERPRINT) {
			// Of a version that did not record it, or of a crash before it was recorded.
			receipt = receipt.reissued(claim.fingerprint(), receipt.verifiedAt());
		}
		if (receipt.fingerprint().fits(claim.fingerprint())) {
			receipt = proved(receipt);
		}
		// Looking takes no lock: another process may have published or removed the file.
		if (!receipt.equals(known) && known.equals(this.store.receipts().find(claim.place(), claim.fingerprint()))) {
			this.store.receipts().complete(claim.place(), receipt);
		}
		return described(claim.place(), receipt);
	}

	/** Returns a file that was read under the lock, as its receipt describes it. */
	CachedModel model(ModelPlace file, Receipt fresh) {
		Receipt receipt = proved(fresh);
		if (!receipt.equals(fresh)) {
			this.store.receipts().complete(file, receipt);
		}
		return described(file, receipt);
	}

	private CachedModel described(ModelPlace file, Receipt receipt) {
		Path target = file.target();
		String source = (receipt.source() != null) ? receipt.source() : this.candidate.source();
		return CachedModel.of(request().id(), List.of(target), receipt.fingerprint().size(), receipt.digest(), source)
			.withFallback(this.candidate.fallback() || receipt.fallback())
			.withVerified(receipt.verified())
			.withFormat(receipt.format());
	}

	/**
	 * A digest that is configured after a file was hashed proves that file, too. One that
	 * the lock file has may be of the file itself.
	 */
	private Receipt proved(Receipt receipt) {
		Digest expected = request().expectedDigest();
		return (expected == null || receipt.verified() || receipt.putBy() == PutBy.USER_KEPT
				|| !receipt.proves(expected)) ? receipt : receipt.provedBy(expected);
	}

	/** Returns the fingerprint of a file, or null. */
	@Nullable Fingerprint fingerprint(ModelPlace file) {
		try {
			return Fingerprint.of(file.target());
		}
		catch (IOException ex) {
			ModelStorageException denied = DeniedAccess.reading(request().id(), file.target(), ex);
			throw (denied != null) ? denied : DiskFault.exception(request().id(), file.directory(),
					"cannot read the attributes of " + file.target(), ex);
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

}
