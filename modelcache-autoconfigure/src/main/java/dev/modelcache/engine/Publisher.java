package dev.modelcache.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.content.DecompressedContent;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.store.Receipt;
import dev.modelcache.store.StagedFile;
import dev.modelcache.transfer.DownloadPlan;
import dev.modelcache.transfer.TransferResult;
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

	private final Clock clock;

	Publisher(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Verifies and publishes a staged file, or the content of a compressed one.
	 * <p>
	 * <em>Blocking</em>. <em>Errors</em>: {@link ModelIntegrityException} if the digest
	 * is not the expected one, or the compressed file is damaged;
	 * {@link ModelFormatException} if its content cannot be had; nothing was published
	 * then.
	 */
	CachedModel publish(Candidate candidate, DownloadPlan plan, StagedFile staged, TransferResult result,
			AcquisitionMonitor monitor) {
		verify(plan, staged, result, monitor);
		DecompressedContent content = result.content();
		Digest sha256 = sha256(
				(content != null) ? content.digests().get(Algorithm.SHA256) : result.digests().get(Algorithm.SHA256));
		ExpectedDigest expected = plan.file().expected();
		if (expected == null) {
			logger.warn("Model '{}': nothing proves the content of {}. Configure expected-checksum: {}", plan.modelId(),
					result.mirror(), sha256);
		}
		Instant now = this.clock.instant();
		move((content != null) ? staged.content() : staged,
				(fingerprint) -> new Receipt(fingerprint, sha256, sourceDigest(plan, result),
						(expected != null) ? expected.digest() : null, result.mirror().toString(),
						candidate.sourceKey(), result.validator(), candidate.fallback(), now));
		staged.discard();
		Path target = staged.target();
		return new CachedModel(candidate.request().id(), target, List.of(target),
				(content != null) ? content.size() : result.size(), sha256, result.mirror().toString(),
				ModelOutcome.DOWNLOADED, candidate.fallback(), expected != null);
	}

	private void verify(DownloadPlan plan, StagedFile staged, TransferResult result, AcquisitionMonitor monitor) {
		ExpectedDigest expected = plan.file().expected();
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

	private static @Nullable Digest sourceDigest(DownloadPlan plan, TransferResult result) {
		ExpectedDigest expected = plan.file().expected();
		if (result.content() == null) {
			return null;
		}
		return (expected != null && result.has(expected.digest())) ? expected.digest()
				: result.digests().get(Algorithm.SHA256);
	}

	private static Digest sha256(@Nullable Digest digest) {
		return Objects.requireNonNull(digest, "a SHA-256 is always computed");
	}

	private static void move(StagedFile staged, StagedFile.ReceiptWriter receipt) {
		try {
			staged.publish(receipt);
		}
		catch (IOException ex) {
			throw staged.failure(ex, DataSize.ofBytes(0));
		}
	}

}
