package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelStorageException;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.FileDigest;
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
import reactor.core.publisher.Mono;

/**
 * Serves a file that somebody on this machine has already, instead of fetching it: where
 * it lies, if it is another tool's and the cache may choose the model's place, else as a
 * copy. It is hashed in any case, and only read.
 * <p>
 * <em>Errors</em>: {@link ModelStorageException} if a copy does not fit; a file that is
 * not what it should be is left alone.
 */
final class Adoption {

	private static final Logger logger = LoggerFactory.getLogger(Adoption.class);

	private static final Set<Algorithm> SHA256 = Set.of(Algorithm.SHA256);

	private final ModelStore store;

	private final FormatCheck formats;

	private final BlockingSteps steps;

	private final Clock clock;

	Adoption(ModelStore store, FormatCheck formats, BlockingSteps steps, Clock clock) {
		this.store = store;
		this.formats = formats;
		this.steps = steps;
		this.clock = clock;
	}

	/**
	 * Adopts the file that a source describes.
	 * @param job the file
	 * @param inPlace whether it may be served where it lies
	 * @param monitor hears how it goes
	 * @return the file, or empty if it must be fetched
	 */
	Mono<CachedModel> adopt(FileJob job, boolean inPlace, FileMonitor monitor) {
		RemoteFile file = job.file();
		ExpectedDigest expected = file.expected();
		if (expected == null || file.packing() != Packing.NONE
				|| !isDecidedBy(expected.digest(), file.name().last(), job.place())) {
			return Mono.empty();
		}
		boolean proof = expected.origin() != DigestOrigin.FILE_NAME;
		if (!proof && job.candidate().request().digestRequired()) {
			return Mono.empty();
		}
		return adopt(new Wanted(job.candidate(), job.place(), expected.digest(), proof, file.size(), inPlace), monitor);
	}

	/**
	 * Adopts the file that the configuration alone describes.
	 * @param candidate what is wanted
	 * @param place where the file shall stand
	 * @param monitor hears how it goes
	 * @return the adoption, or empty if there is nothing to adopt
	 */
	Mono<Mono<CachedModel>> adoptConfigured(Candidate candidate, ModelPlace place, FileMonitor monitor) {
		Digest expected = candidate.request().expectedDigest();
		if (expected == null || candidate.locations().isEmpty() || !isDecidedBy(expected, fileName(candidate), place)) {
			return Mono.empty();
		}
		Wanted wanted = new Wanted(candidate, place, expected, true, null, true);
		return this.steps.call(() -> !offers(wanted).isEmpty())
			.filter(Boolean::booleanValue)
			.map((offered) -> adopt(wanted, monitor));
	}

	private static String fileName(Candidate candidate) {
		String path = String.valueOf(candidate.locations().get(0).getPath());
		return path.substring(path.lastIndexOf('/') + 1);
	}

	/** That of a compressed file may be meant for its content: nobody can tell. */
	private static boolean isDecidedBy(Digest expected, String sourceName, ModelPlace place) {
		return expected.algorithm() == Algorithm.SHA256
				&& Compression.between(sourceName, place.target().getFileName().toString()) == null;
	}

	private List<Offer> offers(Wanted wanted) {
		return this.store.adoption().offers(wanted.sha256(), wanted.size(), wanted.place());
	}

	private Mono<CachedModel> adopt(Wanted wanted, FileMonitor monitor) {
		return Mono.usingWhen(Mono.fromSupplier(() -> new ResourceHolder<>(StagedFile::close)),
				(holder) -> this.steps.call(() -> adopt(wanted, monitor, holder)),
				(holder) -> holder.closeOn(this.steps.scheduler()));
	}

	private @Nullable CachedModel adopt(Wanted wanted, FileMonitor monitor, ResourceHolder<StagedFile> holder) {
		for (Offer offer : offers(wanted)) {
			monitor.verifying();
			CachedModel model = isServedInPlace(wanted, offer) ? served(wanted, offer.file(), monitor)
					: copied(wanted, offer.file(), monitor, holder);
			if (model != null) {
				this.store.discardPartials(wanted.place());
				return model;
			}
		}
		return null;
	}

	/** A file that stands at the model's own place would be found first. */
	private static boolean isServedInPlace(Wanted wanted, Offer offer) {
		return offer.foreign() && wanted.inPlace() && wanted.candidate().request().modelPath() == null
				&& !Files.exists(wanted.place().target());
	}

	private @Nullable CachedModel served(Wanted wanted, Path file, FileMonitor monitor) {
		try {
			Fingerprint fingerprint = Fingerprint.of(file);
			boolean same = hasDigest(wanted, file, monitor, () -> FileDigest.of(file, SHA256, monitor::advanced));
			if (!same || fingerprint == null || !fingerprint.equals(Fingerprint.of(file))) {
				return null;
			}
			ModelFormat format = inspect(wanted, file, file);
			this.store.adoption().remember(wanted.place(), file, receipt(wanted, file, fingerprint, format));
			return model(wanted, file, file, fingerprint.size(), format);
		}
		catch (IOException ex) {
			return unusable(wanted, file, ex);
		}
	}

	private @Nullable CachedModel copied(Wanted wanted, Path file, FileMonitor monitor,
			ResourceHolder<StagedFile> holder) {
		StagedFile staged = this.store.stageEmpty(wanted.modelId(), wanted.place());
		try {
			staged.admit(DataSize.ofBytes(Files.size(file)));
			holder.hold(staged);
			if (!hasDigest(wanted, file, monitor,
					() -> FileDigest.ofCopied(file, staged.channel(), SHA256, monitor::advanced))) {
				return null;
			}
			return published(wanted, file, staged, monitor);
		}
		catch (ClosedChannelException ex) {
			logger.debug("Nobody wants the copy of {} any more", file);
			return null;
		}
		catch (IOException ex) {
			return unusable(wanted, file, ex);
		}
		finally {
			staged.close();
		}
	}

	private CachedModel published(Wanted wanted, Path file, StagedFile staged, FileMonitor monitor) throws IOException {
		long size = staged.channel().size();
		ModelFormat format = inspect(wanted, staged.path(), file);
		try {
			monitor.storing(size, () -> staged.publish((fingerprint) -> receipt(wanted, file, fingerprint, format)));
		}
		catch (ClosedChannelException ex) {
			throw ex;
		}
		catch (FileAlreadyExistsException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (IOException ex) {
			throw staged.failure(ex, DataSize.ofBytes(0));
		}
		return model(wanted, staged.target(), file, size, format);
	}

	private @Nullable ModelFormat inspect(Wanted wanted, Path file, Path source) {
		return this.formats.inspect(wanted.modelId(), file, wanted.place().target(), source.toString());
	}

	private boolean hasDigest(Wanted wanted, Path file, FileMonitor monitor, Hashing hashing) throws IOException {
		Instant start = this.clock.instant();
		Digest actual = hashing.run().get(Algorithm.SHA256);
		boolean matched = wanted.sha256().equals(actual);
		monitor.verified(matched, Duration.between(start, this.clock.instant()));
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
				candidate.sourceKey(), null, candidate.fallback(), this.clock.instant(), format);
	}

	private static CachedModel model(Wanted wanted, Path path, Path source, long size, @Nullable ModelFormat format) {
		return new CachedModel(wanted.modelId(), path, List.of(path), size, wanted.sha256(), source.toString(),
				ModelOutcome.ADOPTED, wanted.candidate().fallback(), wanted.proof(), format);
	}

	/**
	 * A file that is wanted.
	 *
	 * @param candidate what it is for
	 * @param place where it shall stand
	 * @param sha256 its digest
	 * @param proof whether the digest proves the file; the name of a file does not
	 * @param size its size in bytes, or {@code null} where it is not known
	 * @param inPlace whether it may be served where it lies
	 */
	private record Wanted(Candidate candidate, ModelPlace place, Digest sha256, boolean proof, @Nullable Long size,
			boolean inPlace) {

		String modelId() {
			return this.candidate.request().id();
		}

	}

	@FunctionalInterface
	private interface Hashing {

		Map<Algorithm, Digest> run() throws IOException;

	}

}
