package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.Digest;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.internal.content.DecompressedContent;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.transfer.DownloadPlan;
import dev.modelcache.internal.transfer.TransferResult;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * Compares a file that has arrived with what it should be, and only then lets it, or its
 * content, be seen.
 */
final class Publisher {

	private static final Logger logger = LoggerFactory.getLogger(Publisher.class);

	private final FormatCheck formats;

	private final Clock clock;

	Publisher(FormatCheck formats, Clock clock) {
		this.formats = formats;
		this.clock = clock;
	}

	/**
	 * Verifies and publishes a staged file, or the content of a compressed one.
	 * <p>
	 * <em>Blocking</em>. <em>Errors</em>: {@link ModelIntegrityException} if the digest
	 * is not the expected one, or the compressed file is damaged;
	 * {@link ModelFormatException} if its content cannot be had, or is no model; nothing
	 * was published then.
	 */
	CachedModel publish(FileJob job, DownloadPlan plan, StagedFile staged, TransferResult result, FileMonitor monitor) {
		Candidate candidate = job.candidate();
		ExpectedDigest expected = expected(plan, result);
		verify(plan, expected, staged, result, monitor);
		DecompressedContent content = result.content();
		StagedFile file = (content != null) ? staged.content() : staged;
		ModelFormat format = inspect(job, staged, file, result);
		Digest sha256 = sha256(
				(content != null) ? content.digests().get(Algorithm.SHA256) : result.digests().get(Algorithm.SHA256));
		tellDepartures(plan, expected, result, sha256);
		if (expected == null && candidate.request().digestRequired()) {
			staged.discard();
			throw new ModelIntegrityException(plan.modelId(),
					"require-checksum is set, and no source states the digest " + sha256 + " of what " + result.mirror()
							+ " sent",
					"Configure expected-checksum, or remove require-checksum");
		}
		Instant now = this.clock.instant();
		long size = (content != null) ? content.size() : result.size();
		move(staged, file, size, monitor,
				(fingerprint) -> new Receipt(fingerprint, sha256, sourceDigest(expected, result),
						(expected != null) ? expected.digest() : null, result.mirror().toString(),
						candidate.sourceKey(), result.validator(), candidate.fallback(), now, format));
		staged.discard();
		Path target = staged.target();
		return new CachedModel(candidate.request().id(), target, List.of(target), size, sha256,
				result.mirror().toString(), ModelOutcome.DOWNLOADED, candidate.fallback(), expected != null, format);
	}

	/** What is refused is not kept: another download would bring the same. */
	private @Nullable ModelFormat inspect(FileJob job, StagedFile staged, StagedFile file, TransferResult result) {
		try {
			return this.formats.inspect(job.modelId(), file.path(), job.named(), "the file from " + result.mirror());
		}
		catch (ModelFormatException ex) {
			staged.discard();
			throw ex;
		}
	}

	/**
	 * Returns the digest that the file must have, or the one that proves it. Where
	 * neither the configuration nor the first source states one, whoever sent the file
	 * must have sent what its own source states, and what another source states may prove
	 * it.
	 */
	private static @Nullable ExpectedDigest expected(DownloadPlan plan, TransferResult result) {
		if (plan.file().expected() != null) {
			return plan.file().expected();
		}
		ExpectedDigest own = result.mirror().stated();
		return (own != null) ? own
				: stated(plan).filter((digest) -> result.has(digest.digest())).findFirst().orElse(null);
	}

	private static Stream<ExpectedDigest> stated(DownloadPlan plan) {
		return plan.file().mirrors().stream().map(Mirror::stated).flatMap(Stream::ofNullable);
	}

	private static void tellDepartures(DownloadPlan plan, @Nullable ExpectedDigest expected, TransferResult result,
			Digest sha256) {
		Mirror first = plan.file().mirrors().get(0);
		if (plan.file().expected() == null && !result.mirror().equals(first)) {
			logger.warn("Model '{}': the file comes from {} instead of {}, which decides what the model is",
					plan.modelId(), result.mirror(), first);
		}
		if (expected == null) {
			stated(plan).forEach((digest) -> logger.warn(
					"Model '{}': a mirror states the digest {}, but {} sent a file with {};"
							+ " the url decides what the model is",
					plan.modelId(), digest.digest(), result.mirror(), sha256));
			logger.warn("Model '{}': nothing proves the content of {}. Configure expected-checksum: {}", plan.modelId(),
					result.mirror(), sha256);
		}
	}

	private void verify(DownloadPlan plan, @Nullable ExpectedDigest expected, StagedFile staged, TransferResult result,
			FileMonitor monitor) {
		boolean asItCame = expected != null && result.has(expected.digest());
		boolean unfolded = expected != null && result.contentHas(expected.digest());
		ModelCacheException failure = result.contentFailure();
		if (failure == null && expected != null && !asItCame && !unfolded) {
			failure = mismatch(plan, expected, result);
		}
		if (expected != null) {
			monitor.verified(failure == null, Duration.ZERO);
		}
		if (failure != null) {
			staged.discard();
			throw (asItCame && failure instanceof ModelIntegrityException) ? damagedAtItsSource(plan, failure)
					: failure;
		}
		if (expected != null && result.content() != null) {
			logger.info("Model '{}': the digest of {} is that of {}", plan.modelId(), expected.origin().description(),
					asItCame ? "the compressed file" : "the content");
		}
	}

	private static ModelIntegrityException mismatch(DownloadPlan plan, ExpectedDigest expected, TransferResult result) {
		Algorithm algorithm = expected.digest().algorithm();
		DecompressedContent content = result.content();
		String source = (content != null)
				? result.mirror() + " (and its content " + content.digests().get(algorithm) + ")"
				: result.mirror().toString();
		return new ModelIntegrityException(plan.modelId(), expected.digest(), expected.origin(),
				Objects.requireNonNull(result.digests().get(algorithm)), source);
	}

	/** Another download of the same bytes would not help. */
	private static ModelFormatException damagedAtItsSource(DownloadPlan plan, ModelCacheException failure) {
		ModelFormatException damaged = new ModelFormatException(plan.modelId(),
				failure.problem() + ", though the file has the expected digest",
				"Ask its publisher for a whole one, or use another source");
		damaged.addSuppressed(failure);
		return damaged;
	}

	private static @Nullable Digest sourceDigest(@Nullable ExpectedDigest expected, TransferResult result) {
		if (result.content() == null) {
			return null;
		}
		return (expected != null && result.has(expected.digest())) ? expected.digest()
				: result.digests().get(Algorithm.SHA256);
	}

	private static Digest sha256(@Nullable Digest digest) {
		return Objects.requireNonNull(digest, "a SHA-256 is always computed");
	}

	/** A disk that lost the content of a compressed file may have lost that as well. */
	private static void move(StagedFile staged, StagedFile file, long size, FileMonitor monitor,
			StagedFile.ReceiptWriter receipt) {
		try {
			monitor.storing(size, () -> file.publish(receipt));
		}
		catch (FileAlreadyExistsException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (IOException ex) {
			throw staged.failure(ex, DataSize.ofBytes(0));
		}
	}

}
