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
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.store.CacheLayout;
import dev.modelcache.store.Receipt;
import dev.modelcache.store.StagedFile;
import dev.modelcache.transfer.DownloadPlan;
import dev.modelcache.transfer.TransferResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.unit.DataSize;

/**
 * Compares a file that has arrived with what it should be, and only then lets it be seen.
 */
final class Publisher {

	private static final Logger logger = LoggerFactory.getLogger(Publisher.class);

	private final Clock clock;

	Publisher(Clock clock) {
		this.clock = clock;
	}

	/**
	 * Verifies and publishes a staged file.
	 * <p>
	 * <em>Blocking</em>. <em>Errors</em>: {@link ModelIntegrityException} if the digest
	 * is not the expected one; nothing was published then.
	 */
	CachedModel publish(Candidate candidate, DownloadPlan plan, StagedFile staged, TransferResult result,
			AcquisitionMonitor monitor) {
		ExpectedDigest expected = plan.file().expected();
		Digest sha256 = Objects.requireNonNull(result.digests().get(Digest.Algorithm.SHA256));
		if (expected != null) {
			Digest actual = Objects.requireNonNull(result.digests().get(expected.digest().algorithm()));
			boolean matched = actual.equals(expected.digest());
			monitor.verified(matched, Duration.ZERO);
			if (!matched) {
				staged.discard();
				throw new ModelIntegrityException(plan.modelId(), expected.digest(), expected.origin(), actual,
						result.mirror().toString());
			}
		}
		else {
			logger.warn("Model '{}': nothing proves the content of {}. Configure expected-checksum: {}", plan.modelId(),
					result.mirror(), sha256);
		}
		move(candidate, staged, result, (expected != null) ? expected.digest() : null);
		Path target = staged.target();
		return new CachedModel(candidate.request().id(), target, List.of(target), result.size(), sha256,
				result.mirror().toString(), ModelOutcome.DOWNLOADED, candidate.fallback(), expected != null);
	}

	private void move(Candidate candidate, StagedFile staged, TransferResult result, @Nullable Digest expected) {
		Digest sha256 = Objects.requireNonNull(result.digests().get(Digest.Algorithm.SHA256));
		Instant now = this.clock.instant();
		try {
			staged.publish((fingerprint) -> new Receipt(fingerprint, sha256, expected, result.mirror().toString(),
					CacheLayout.sourceKey(result.mirror().uri()), result.validator(), candidate.fallback(), now));
		}
		catch (IOException ex) {
			throw staged.failure(ex, DataSize.ofBytes(0));
		}
	}

}
