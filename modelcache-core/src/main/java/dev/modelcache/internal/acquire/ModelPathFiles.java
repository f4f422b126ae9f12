/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelConfigurationException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelPathConflict;
import dev.modelcache.ModelRequest;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.acquire.Standing.Foreign;
import dev.modelcache.internal.acquire.Standing.Unproven;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.ResolvedModel;
import org.jspecify.annotations.Nullable;

/**
 * Decides about a file at {@code model-path} that this cache did not put there. It is
 * adopted if it is the model; if it differs, {@link ModelPathConflict} tells what
 * happens.
 */
final class ModelPathFiles {

	private final ModelStore store;

	private final ModelIndex index;

	private final ModelProof proof;

	private final FileFetch files;

	private final FormatCheck formats;

	ModelPathFiles(ModelStore store, ModelIndex index, ModelProof proof, FileFetch files, FormatCheck formats) {
		this.store = store;
		this.index = index;
		this.proof = proof;
		this.files = files;
		this.formats = formats;
	}

	/** Returns whether the file is known not to be the model, and is to be replaced. */
	boolean isReplaced() {
		return this.index.candidate().request().modelPathConflict() == ModelPathConflict.REPLACE
				&& this.store.isToBeReplaced(this.index.place(), this.index.fingerprint(this.index.place()));
	}

	/**
	 * Settles whose the file is before its source is asked. It was found not to have the
	 * expected digest, if there is one.
	 * @param standing what is at the place
	 * @return the model if the file is kept, or {@code null} if the model may be brought
	 */
	@Nullable CachedModel settle(Standing standing) {
		ExpectedDigest expected = this.index.expected();
		return (expected != null && standing instanceof Foreign foreign)
				? settle(foreign,
						"a file with the digest " + expected.digest() + " (" + expected.origin().description() + ")")
				: null;
	}

	/**
	 * Settles whose the file is that stands where a model of several files will be.
	 * @param standing what is at the place
	 * @param model the model
	 * @return the file if it is kept, or {@code null} if the model may be brought
	 */
	@Nullable CachedModel settle(Standing standing, ResolvedModel model) {
		String expected = "a model of " + model.files().size() + " file(s) from " + this.index.candidate().source();
		if (standing instanceof Foreign foreign) {
			return settle(foreign, expected);
		}
		return (standing instanceof Unproven file && file.foreign()) ? decide(expected) : null;
	}

	private @Nullable CachedModel settle(Foreign foreign, String expected) {
		if (this.proof.proveOurs(foreign)) {
			return null;
		}
		return !foreign.changed() ? decide(expected) : keeps() ? kept(expected) : null;
	}

	/**
	 * Settles whose the file is, now that its source has said what it should be.
	 * @param standing what is at the place
	 * @param job the file as its source describes it
	 * @return the model if the file is it or is kept, or {@code null} if it may be
	 * brought
	 */
	@Nullable CachedModel settle(Standing standing, FileJob job) {
		if (standing instanceof Foreign foreign) {
			if (this.proof.proveOurs(foreign)) {
				return null;
			}
			if (foreign.changed()) {
				return keeps() ? kept(described(job, null)) : null;
			}
			return compare(job);
		}
		return (standing instanceof Unproven file && file.foreign()) ? compare(job) : null;
	}

	/**
	 * Settles it again if a file appeared while the model was brought: the user's, or,
	 * where there are no locks, that of another process with the same model.
	 * @param job the file
	 * @param brought brings it
	 * @return the model, or {@code null} where it was not brought
	 */
	@Nullable CachedModel settlingLatecomers(FileJob job, Supplier<@Nullable CachedModel> brought) {
		try {
			return brought.get();
		}
		catch (UncheckedIOException failure) {
			if (!(failure.getCause() instanceof FileAlreadyExistsException)) {
				throw failure;
			}
			CachedModel settled = settle(this.index.occupant(), job);
			if (settled == null) {
				settled = compare(job);
			}
			if (settled == null) {
				throw new ModelStorageException(job.modelId(), job.place().directory(),
						"another process writes " + job.place().target() + " at the same time", failure.getCause());
			}
			return settled;
		}
	}

	private @Nullable CachedModel compare(FileJob job) {
		CachedModel proved = this.proof.proved(job);
		if (proved != null) {
			return proved;
		}
		boolean required = this.index.candidate().request().digestRequired();
		if (job.file().expected() != null || required) {
			return decide(described(job, null) + ((job.file().expected() == null)
					? " with a digest that a source states, because require-checksum is set" : ""));
		}
		Long stated = (job.compression() == null) ? statedSize(job) : null;
		if (stated != null && stated != this.index.size()) {
			return decide(described(job, stated));
		}
		if (isReplaced()) {
			return null;
		}
		try {
			return this.proof.takeUnproven();
		}
		catch (ModelFormatException ex) {
			return decide(described(job, null));
		}
	}

	private @Nullable Long statedSize(FileJob job) {
		if (job.file().size() != null) {
			return job.file().size();
		}
		SourceState state = this.files.state(job);
		return (state != null) ? state.size() : null;
	}

	private boolean keeps() {
		return this.index.candidate().request().modelPathConflict() == ModelPathConflict.KEEP;
	}

	private @Nullable CachedModel decide(String expected) {
		if (!keeps()) {
			this.store.staging().requireReplaceable(this.index.candidate().request().id(), this.index.place());
		}
		return switch (this.index.candidate().request().modelPathConflict()) {
			case FAIL -> throw conflict(expected, "");
			case KEEP -> kept(expected);
			case REPLACE -> {
				this.store.toBeReplaced(this.index.place(), this.index.fingerprint(this.index.place()));
				yield null;
			}
		};
	}

	private CachedModel kept(String expected) {
		ModelRequest request = this.index.candidate().request();
		String refused = request.digestRequired() ? request.key("require-checksum") + " forbids to keep it"
				: this.index.isPinned() ? "the lock file forbids to keep it"
						: (this.index.size() < 0) ? "only a file can be kept" : null;
		if (refused != null) {
			throw conflict(expected, "; " + refused);
		}
		return this.proof.takeKept(expected);
	}

	private static String described(FileJob job, @Nullable Long stated) {
		ExpectedDigest expected = job.file().expected();
		Long size = (stated != null) ? stated : (job.compression() == null) ? job.file().size() : null;
		String bytes = (size != null) ? size + " bytes" : "a model";
		return bytes + " from " + job.candidate().source()
				+ ((expected != null) ? " with the digest " + expected.digest() + " (" + expected.origin().description()
						+ ((job.compression() != null) ? ", perhaps of the compressed file)" : ")") : "");
	}

	private ModelConfigurationException conflict(String expected, String refused) {
		ModelRequest request = this.index.candidate().request();
		Path path = this.index.place().target();
		String key = request.key("model-path-conflict");
		return new ModelConfigurationException(request.id(), request.key("model-path"),
				path + " is " + describe(path) + " that this cache did not put there; expected was " + expected
						+ refused,
				"If another application serves the file, set another model-path here. Otherwise, move the file away to"
						+ " have the model downloaded, or set " + key + "=keep to serve the file as it is, or " + key
						+ "=replace to have it moved aside to " + path.getFileName()
						+ ".replaced-<time> when the model is published");
	}

	private String describe(Path path) {
		String link = Files.isSymbolicLink(path) ? "a symbolic link to " : "";
		if (!Files.isRegularFile(path)) {
			return link + (Files.isDirectory(path) ? "a directory" : "something");
		}
		String size = " of " + this.index.size() + " bytes";
		ModelFormat format = this.formats.describe(path);
		if (format == null) {
			return link + "a file" + size;
		}
		return link + "a file" + size + " in the format " + format.type()
				+ ((format.name() != null) ? " ('" + format.name() + "')" : "");
	}

}
