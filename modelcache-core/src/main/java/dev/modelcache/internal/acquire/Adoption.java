/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFileName;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.store.AdoptedFiles.Offer;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.ModelPlace;
import dev.modelcache.internal.store.ModelStore;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Packing;
import dev.modelcache.source.RemoteFile;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.unit.DataSize;

/**
 * Serves a file that another tool has on this machine, instead of fetching it: where it
 * lies, if it is another tool's and the cache may choose the model's place, else as a
 * copy. It is hashed in any case, and only read.
 * <p>
 * <em>Errors</em>: {@link ModelStorageException} if a copy does not fit; a file that is
 * not what it should be is not used.
 */
final class Adoption {

	private static final Logger logger = LoggerFactory.getLogger(Adoption.class);

	private static final Set<Algorithm> SHA256 = Set.of(Algorithm.SHA256);

	private final ModelStore store;

	private final FormatCheck formats;

	private final Clock clock;

	private final ExternalData data;

	private final FileFetch files;

	private final AcquisitionMonitor monitor;

	private final Cancellation cancellation;

	Adoption(Engine engine, ExternalData data, FileFetch files, AcquisitionMonitor monitor, Cancellation cancellation) {
		this.store = engine.store();
		this.formats = new FormatCheck(engine.formats());
		this.clock = engine.clock();
		this.data = data;
		this.files = files;
		this.monitor = monitor;
		this.cancellation = cancellation;
	}

	/**
	 * Adopts the file that a source describes.
	 * @param job the file
	 * @return the file, or {@code null} if it must be fetched
	 */
	@Nullable CachedModel adopt(FileJob job) {
		Wanted wanted = wanted(job);
		return (wanted != null) ? adopt(wanted, true) : null;
	}

	/**
	 * Adopts the only file of a model if it can be served where it lies.
	 * @param job the file, as it would be moved to the model's place
	 * @return the file, or {@code null} if it must be copied or does not exist
	 */
	@Nullable CachedModel adoptInPlace(FileJob job) {
		Wanted wanted = wanted(job);
		return (wanted != null) ? adopt(wanted, false) : null;
	}

	private static @Nullable Wanted wanted(FileJob job) {
		RemoteFile file = job.file();
		ExpectedDigest expected = file.expected();
		if (expected == null || file.packing() != Packing.NONE
				|| !isDecidedBy(expected.digest(), file.name().last(), job.place())) {
			return null;
		}
		boolean proof = expected.origin() != DigestOrigin.FILE_NAME;
		if (!proof && job.candidate().request().digestRequired()) {
			return null;
		}
		return new Wanted(job.candidate(), file.name(), job.place(), expected.digest(), proof, file.size(), job.whole(),
				job.hints());
	}

	/**
	 * Returns whether there is a file that the configuration alone describes.
	 * @param candidate what is wanted
	 * @param place where the file is to stand
	 */
	boolean isOffered(Candidate candidate, ModelPlace place) {
		Wanted wanted = configured(candidate, place);
		return wanted != null && !offers(wanted).isEmpty();
	}

	/**
	 * Adopts the file that the configuration alone describes.
	 * @param candidate what is wanted
	 * @param place where the file is to stand
	 * @return the file, or {@code null} if there is nothing to adopt
	 */
	@Nullable CachedModel adoptConfigured(Candidate candidate, ModelPlace place) {
		Wanted wanted = configured(candidate, place);
		return (wanted != null) ? adopt(wanted, true) : null;
	}

	private static @Nullable Wanted configured(Candidate candidate, ModelPlace place) {
		Digest expected = candidate.request().expectedDigest();
		return (expected == null || candidate.locations().isEmpty()
				|| !isDecidedBy(expected, fileName(candidate), place)) ? null
						: new Wanted(candidate, ModelFileName.cleaned(fileName(candidate)), place, expected, true, null,
								true, candidate.hints(place));
	}

	private static String fileName(Candidate candidate) {
		String path = String.valueOf(candidate.locations().get(0).getPath());
		return path.substring(path.lastIndexOf('/') + 1);
	}

	/** That of a compressed file may be meant for its content, which cannot be told. */
	private static boolean isDecidedBy(Digest expected, String sourceName, ModelPlace place) {
		return expected.algorithm() == Algorithm.SHA256
				&& Compression.between(sourceName, place.target().getFileName().toString()) == null;
	}

	private List<Offer> offers(Wanted wanted) {
		return this.store.adoption().offers(wanted.sha256(), wanted.size(), wanted.place());
	}

	private @Nullable CachedModel adopt(Wanted wanted, boolean copying) {
		for (Offer offer : offers(wanted)) {
			if (!copying && !isServedInPlace(wanted, offer)) {
				continue;
			}
			if (wanted.whole()) {
				this.monitor.state(ModelState.VERIFYING);
			}
			CachedModel model = isServedInPlace(wanted, offer) ? served(wanted, offer.file())
					: copied(wanted, offer.file());
			if (model != null) {
				this.store.staging().discardPartials(wanted.place());
				return model;
			}
		}
		return null;
	}

	/** A file that stands at the model's own place would be found first. */
	private static boolean isServedInPlace(Wanted wanted, Offer offer) {
		return offer.foreign() && wanted.whole() && wanted.candidate().request().modelPath() == null
				&& !Files.exists(wanted.place().target());
	}

	private @Nullable CachedModel served(Wanted wanted, Path file) {
		try {
			Fingerprint fingerprint = Fingerprint.of(file);
			boolean same = hasDigest(wanted, file, () -> FileDigest.of(file, SHA256, this.monitor::reading));
			if (!same || fingerprint == null || !fingerprint.equals(Fingerprint.of(file))) {
				return null;
			}
			ModelFormat format = inspect(wanted, file, file);
			return this.cancellation.commit(() -> {
				this.store.adoption().remember(wanted.place(), file, receipt(wanted, file, fingerprint, format));
				return model(wanted, file, file, fingerprint.size(), format);
			});
		}
		catch (IOException ex) {
			return unusable(wanted, file, ex);
		}
	}

	private @Nullable CachedModel copied(Wanted wanted, Path file) {
		try (StagedFile staged = this.store.staging().stageEmpty(wanted.modelId(), wanted.place())) {
			staged.admit(DataSize.ofBytes(Files.size(file)));
			if (!hasDigest(wanted, file, () -> copy(file, staged))) {
				return null;
			}
			return published(wanted, file, staged);
		}
		catch (IOException ex) {
			return unusable(wanted, file, ex);
		}
	}

	/** A disk that does not take the copy would not take a download either. */
	private Map<Algorithm, Digest> copy(Path file, StagedFile staged) throws IOException {
		try {
			return FileDigest.ofCopied(file, staged.channel(), SHA256, this.monitor::reading);
		}
		catch (FileDigest.CopyException ex) {
			throw staged.failure(ex.failure(), DataSize.ofBytes(0));
		}
	}

	private CachedModel published(Wanted wanted, Path file, StagedFile staged) throws IOException {
		long size = staged.channel().size();
		ModelFormat format = inspect(wanted, staged.path(), file);
		try {
			this.files.publish(wanted.whole(), staged, size,
					(fingerprint) -> receipt(wanted, file, fingerprint, format));
		}
		catch (IOException ex) {
			throw staged.failure(ex, DataSize.ofBytes(0));
		}
		return model(wanted, staged.target(), file, size, format);
	}

	private @Nullable ModelFormat inspect(Wanted wanted, Path file, Path source) {
		ModelFormat format = this.formats.inspect(wanted.modelId(), file, wanted.hints(), source.toString());
		if (wanted.whole()) {
			this.data.requireBeside(wanted.name(), file, wanted.place().target());
		}
		return format;
	}

	private boolean hasDigest(Wanted wanted, Path file, Hashing hashing) throws IOException {
		Instant start = this.clock.instant();
		Digest actual = hashing.run().get(Algorithm.SHA256);
		boolean matched = wanted.sha256().equals(actual);
		this.monitor.verified(matched, Duration.between(start, this.clock.instant()));
		if (!matched) {
			logger.warn("Model '{}': {} is not used: its digest is {}, not {}", wanted.modelId(), file, actual,
					wanted.sha256());
		}
		return matched;
	}

	/** The transfer meets the disk's own faults, and says so. */
	private static @Nullable CachedModel unusable(Wanted wanted, Path file, IOException failure) {
		logger.warn("Model '{}': {} is not used: {}", wanted.modelId(), file, failure.toString());
		return null;
	}

	private Receipt receipt(Wanted wanted, Path file, Fingerprint fingerprint, @Nullable ModelFormat format) {
		Candidate candidate = wanted.candidate();
		return new Receipt(fingerprint, wanted.sha256(), null, wanted.proof() ? wanted.sha256() : null, file.toString(),
				candidate.sourceKey(this.store), null, candidate.fallback(), this.clock.instant(), format);
	}

	private static CachedModel model(Wanted wanted, Path path, Path source, long size, @Nullable ModelFormat format) {
		return CachedModel.of(wanted.modelId(), List.of(path), size, wanted.sha256(), source.toString())
			.withOutcome(ModelOutcome.ADOPTED)
			.withFallback(wanted.candidate().fallback())
			.withVerified(wanted.proof())
			.withFormat(format);
	}

	/**
	 * A file that is wanted.
	 *
	 * @param candidate what it is for
	 * @param name its name at its source
	 * @param place where to store it
	 * @param sha256 its digest
	 * @param proof whether the digest proves the file; the name of a file does not
	 * @param size its size in bytes, or {@code null} where it is not known
	 * @param whole whether it is the whole model, so that it may be served where it lies
	 * @param hints what is said about its format
	 */
	private record Wanted(Candidate candidate, ModelFileName name, ModelPlace place, Digest sha256, boolean proof,
			@Nullable Long size, boolean whole, FormatHints hints) {

		String modelId() {
			return this.candidate.request().id();
		}

	}

	@FunctionalInterface
	private interface Hashing {

		Map<Algorithm, Digest> run() throws IOException;

	}

}
