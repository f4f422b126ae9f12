/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.DiskFault;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelLockFile;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.PinnedFile;
import dev.modelcache.internal.store.PinnedModel;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.SeenVersion;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds models to what the lock file says about them, and writes down what it does not
 * say yet. Without a lock file everything is right, and nothing is written.
 * <p>
 * <em>Blocking</em>: all methods; {@link #record} waits for other writers.
 * <em>Errors</em>: {@link ModelIntegrityException} for a model that has changed, and
 * {@link dev.modelcache.ModelConfigurationException} for a lock file that cannot be read.
 */
final class PinnedModels {

	private static final Logger logger = LoggerFactory.getLogger(PinnedModels.class);

	private final ModelStore store;

	private final @Nullable ModelLockFile lockFile;

	private final @Nullable Consumer<Duration> pause;

	/**
	 * Creates the view.
	 * @param store where files are kept
	 * @param pause waits while another writer has the lock file; {@code null} if nothing
	 * will be written
	 */
	PinnedModels(ModelStore store, @Nullable Consumer<Duration> pause) {
		this.store = store;
		this.lockFile = store.lockFile();
		this.pause = pause;
	}

	/** Returns whether there is a lock file to write to. */
	boolean areKept() {
		return this.lockFile != null;
	}

	/**
	 * Returns the model as it may be fetched: where nothing else proves a file, the lock
	 * file does. The model may have fewer files, since one of them can tell which further
	 * ones belong to it.
	 * @see #requireAll
	 */
	ResolvedModel enforce(Candidate candidate, ResolvedModel model) {
		PinnedModel pinned = find(candidate);
		if (pinned == null) {
			return model;
		}
		// Each mirror may be a repository with commits of its own.
		if (candidate.locations().size() == 1 && pinned.revision() != null && model.revision() != null
				&& !pinned.revision().equals(model.revision())) {
			throw drift(candidate, "the revision " + pinned.revision(), "the revision " + model.revision());
		}
		List<RemoteFile> files = new ArrayList<>();
		Map<ModelFileName, PinnedFile> known = byName(pinned);
		for (RemoteFile file : model.files()) {
			PinnedFile same = counterpart(known, file.name(), model.files().size());
			if (same == null) {
				throw drift(candidate, "the files " + names(pinned), "the files " + names(model));
			}
			files.add(enforce(candidate, same, file));
		}
		return new ResolvedModel(files, model.revision(), model.hub());
	}

	/** Returns the names of files that the lock file has and the model does not have. */
	Set<ModelFileName> missing(Candidate candidate, ResolvedModel model) {
		PinnedModel pinned = find(candidate);
		if (pinned == null || (pinned.files().size() == 1 && model.files().size() == 1)) {
			return Set.of();
		}
		Set<ModelFileName> missing = pinned.files().stream().map(PinnedFile::name).collect(Collectors.toSet());
		model.files().forEach((file) -> missing.remove(file.name()));
		return missing;
	}

	/**
	 * Requires that a model to which no further files will be added has all files that
	 * the lock file has.
	 */
	void requireAll(Candidate candidate, ResolvedModel model) {
		PinnedModel pinned = find(candidate);
		if (pinned != null && pinned.files().size() != model.files().size()) {
			throw drift(candidate, "the files " + names(pinned), "the files " + names(model));
		}
	}

	private RemoteFile enforce(Candidate candidate, PinnedFile pinned, RemoteFile file) {
		ExpectedDigest expected = file.expected();
		if (expected != null && pinned.contradicts(expected.digest())) {
			String key = keyOf(candidate, expected.digest());
			if (key != null) {
				throw new ModelIntegrityException(candidate.request().id(),
						key + " specifies the digest " + expected.digest() + ", but " + path() + " has " + file.name()
								+ " of " + candidate.source() + " with the digest " + pinned.digest(),
						"Correct " + key + ", or, if it is right, delete the entry of " + candidate.source() + " from "
								+ path() + " and start again");
			}
			throw drift(candidate, file.name() + " with the digest " + pinned.digest(),
					"the digest " + expected.digest() + " (" + expected.origin().description() + ")");
		}
		Long size = file.size();
		if (size != null && pinned.size() != null && !size.equals(pinned.size())) {
			throw drift(candidate, file.name() + " with " + pinned.size() + " bytes", size + " bytes");
		}
		// What a source states by an algorithm that is not pinned proves less than the
		// pin.
		boolean stated = expected != null && expected.origin() != DigestOrigin.FILE_NAME
				&& (expected.origin() != DigestOrigin.SOURCE || pinned.digests().contains(expected.digest()));
		boolean same = expected != null && pinned.digests().contains(expected.digest());
		if (same && size == null && pinned.size() != null) {
			// The size is that of the lock file, so the digest is, too.
			stated = false;
		}
		Digest locked = (expected != null && same) ? expected.digest() : pinned.digest();
		return new RemoteFile(file.name(), file.mirrors(),
				stated ? expected : new ExpectedDigest(locked, DigestOrigin.LOCK_FILE),
				(size != null) ? size : pinned.size(), file.packing(), file.mediaType());
	}

	/**
	 * Returns the failure of a file that has another size or digest than the locked one.
	 */
	ModelIntegrityException departure(Candidate candidate, RemoteFile file, RequestFailedException failure) {
		boolean size = failure.reason() == Reason.OTHER_SIZE;
		String locked = size ? file.size() + " bytes"
				: "the digest " + Objects.requireNonNull(file.expected(), "it has a locked digest").digest();
		ModelIntegrityException drift = drift(candidate,
				keyOf(candidate, Objects.requireNonNull(file.expected()).digest()), file.name() + " with " + locked,
				(size ? "another size: " : "another digest: ") + failure.problem());
		drift.addSuppressed(failure);
		return drift;
	}

	/**
	 * Returns the failure of a file that has another digest than the locked one: all that
	 * has to be corrected is named. That is nothing where its source states the digest,
	 * too.
	 */
	ModelIntegrityException named(Candidate candidate, ModelIntegrityException failure) {
		Digest expected = failure.expected();
		PinnedModel pinned = (expected != null) ? find(candidate) : null;
		if (expected == null || pinned == null || failure.origin() == DigestOrigin.SOURCE
				|| pinned.files().stream().noneMatch((file) -> file.digests().contains(expected))) {
			return failure;
		}
		String key = keyOf(candidate, expected);
		String both = (key != null) ? ". " + key + " and " + path() + " specify the same" : "";
		return failure.explained(failure.problem() + both, howToProceed(candidate, key));
	}

	/** Returns what specifies a digest beside the lock file, or null. */
	private static @Nullable String keyOf(Candidate candidate, Digest digest) {
		ModelRequest request = candidate.request();
		if (!digest.equals(request.expectedDigest())) {
			return null;
		}
		return (request.digestOrigin() == DigestOrigin.CONFIGURATION) ? request.key("expected-checksum")
				: request.digestOrigin().description();
	}

	/**
	 * Returns the digest that is expected of a model's only file.
	 */
	static @Nullable Digest expected(@Nullable PinnedModel pinned) {
		return (pinned != null && pinned.files().size() == 1) ? pinned.files().get(0).digest() : null;
	}

	/** Returns whether a published file is one that an entry allows, if there is one. */
	boolean allow(Candidate candidate, @Nullable PinnedModel pinned, Receipt receipt) {
		boolean allowed = pinned == null || pinned.files().stream().anyMatch((file) -> file.isProvedBy(receipt));
		if (!allowed) {
			logger.warn("Model '{}': the cached file of {} has the digest {}, which is not the one in {}",
					candidate.request().id(), candidate.source(), receipt.digest(), path());
		}
		return allowed;
	}

	/**
	 * Writes down what a model is, if the lock file does not say it yet.
	 * @param candidate the way that the model came
	 * @param resolved what its source says, or {@code null} where it was not asked
	 * @param seen the version that its files are of, or {@code null} for a single file
	 * @param places where its files are
	 * @param model the model
	 */
	void record(Candidate candidate, @Nullable ResolvedModel resolved, @Nullable SeenVersion seen,
			List<ModelPlace> places, CachedModel model) {
		// What nothing proves may be any file, unless it was fetched just now.
		boolean fetched = model.outcome() == ModelOutcome.DOWNLOADED;
		boolean known = fetched || (model.verified() && find(candidate) == null);
		if (this.lockFile == null || !known || candidate.locations().isEmpty()) {
			return;
		}
		if (resolved != null && isPacked(resolved)) {
			record(candidate, resolved.revision(), archives(resolved));
			return;
		}
		List<PinnedFile> files = new ArrayList<>();
		for (int i = 0; i < places.size(); i++) {
			Receipt receipt = receipt(candidate, places.get(i));
			// The archive that a file came out of is gone, and is what would be pinned.
			if (receipt == null || (seen != null && receipt.sourceDigest() != null)) {
				return;
			}
			files.add(pinnedFile(candidate, resolved, seen, i, receipt));
		}
		String asked = (resolved != null) ? resolved.revision() : null;
		record(candidate, (seen != null) ? seen.manifest().revision() : asked, files);
	}

	private static boolean isPacked(ResolvedModel model) {
		return model.files().stream().anyMatch((file) -> file.packing() != Packing.NONE);
	}

	private static List<PinnedFile> archives(ResolvedModel model) {
		List<PinnedFile> files = new ArrayList<>();
		for (RemoteFile file : model.files()) {
			if (file.expected() != null) {
				files.add(new PinnedFile(file.name(), List.of(file.expected().digest()), file.size()));
			}
		}
		return files;
	}

	private static PinnedFile pinnedFile(Candidate candidate, @Nullable ResolvedModel resolved,
			@Nullable SeenVersion seen, int index, Receipt receipt) {
		// Another process may have published another version than the one that was found.
		if (seen != null) {
			return pinnedFile(seen.manifest().files().get(index), null, receipt);
		}
		RemoteFile remote = (resolved != null && resolved.files().size() == 1) ? resolved.file() : null;
		return (remote != null) ? pinnedFile(remote.name(), remote.size(), receipt)
				: pinnedFile(ModelFileName.cleaned(candidate.fileName()), null, receipt);
	}

	/**
	 * Writes down what a model is; if that was done already, compares it with that. Where
	 * it cannot be written, the model is served all the same.
	 */
	void record(Candidate candidate, @Nullable String revision, List<PinnedFile> files) {
		if (this.lockFile == null) {
			return;
		}
		try {
			PinnedModel pinned = find(candidate);
			PinnedModel there = (pinned != null) ? pinned : this.lockFile.add(candidate.request().id(),
					candidate.source(), new PinnedModel(revision, files), this.pause);
			Map<ModelFileName, PinnedFile> known = byName(there);
			for (PinnedFile file : files) {
				PinnedFile same = counterpart(known, file.name(), files.size());
				if (same == null || same.contradicts(file)) {
					throw drift(candidate, (same != null) ? "the digest " + same.digest() : "no " + file.name(),
							"the digest " + file.digest());
				}
			}
		}
		catch (ModelStorageException ex) {
			logger.warn("Model '{}': its digest is not locked: {}", candidate.request().id(), ex.problem());
		}
	}

	/** Returns what to write down of a published file. */
	static PinnedFile pinnedFile(ModelFileName name, @Nullable Long size, Receipt receipt) {
		List<Digest> digests = Stream.of(receipt.sourceDigest(), receipt.digest(), receipt.expected())
			.flatMap(Stream::ofNullable)
			.toList();
		Long asItIs = (receipt.sourceDigest() == null) ? receipt.fingerprint().size() : null;
		return new PinnedFile(name, digests, (size != null) ? size : asItIs);
	}

	/** The only files of two models are the same whatever they are called. */
	private static @Nullable PinnedFile counterpart(Map<ModelFileName, PinnedFile> pinned, ModelFileName name,
			int count) {
		return (pinned.size() == 1 && count == 1) ? pinned.values().iterator().next() : pinned.get(name);
	}

	private static Map<ModelFileName, PinnedFile> byName(PinnedModel pinned) {
		return pinned.files()
			.stream()
			.collect(Collectors.toMap(PinnedFile::name, Function.identity(), (one, other) -> one));
	}

	private @Nullable Receipt receipt(Candidate candidate, ModelPlace place) {
		try {
			Fingerprint fingerprint = Fingerprint.of(place.target());
			return (fingerprint != null) ? this.store.receipts().find(place, fingerprint) : null;
		}
		catch (IOException ex) {
			throw DiskFault.exception(candidate.request().id(), place.directory(),
					"cannot read the attributes of " + place.target(), ex);
		}
	}

	/** Reads the entry of a candidate; returns {@code null} where there is none. */
	@Nullable PinnedModel find(Candidate candidate) {
		return (this.lockFile == null || candidate.locations().isEmpty()) ? null
				: this.lockFile.find(candidate.request().id(), candidate.source());
	}

	private static String names(PinnedModel model) {
		return model.files().stream().map((file) -> file.name().text()).collect(Collectors.joining(", "));
	}

	private static String names(ResolvedModel model) {
		return model.files().stream().map((file) -> file.name().text()).sorted().collect(Collectors.joining(", "));
	}

	private ModelIntegrityException drift(Candidate candidate, String locked, String found) {
		return drift(candidate, null, locked, found);
	}

	private ModelIntegrityException drift(Candidate candidate, @Nullable String key, String locked, String found) {
		return new ModelIntegrityException(candidate.request().id(),
				candidate.source() + " has changed: " + path() + " has " + locked + ", found was " + found,
				howToProceed(candidate, key));
	}

	/** What specifies the locked digest beside the lock file has to be corrected, too. */
	private String howToProceed(Candidate candidate, @Nullable String key) {
		return "To keep the locked state, use a source that still has it; to take the new one, "
				+ ((key != null) ? "correct " + key + ", " : "") + "delete the entry of " + candidate.source()
				+ " from " + path() + " and start again";
	}

	private String path() {
		return (this.lockFile != null) ? this.lockFile.path().toString() : "the lock file";
	}

}
