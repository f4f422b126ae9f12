/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.modelcache.CachedModel;
import dev.modelcache.Digest;
import dev.modelcache.Digest.Algorithm;
import dev.modelcache.DigestOrigin;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelFormat;
import dev.modelcache.ModelFormatException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.ModelOutcome;
import dev.modelcache.ModelRequest;
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.FilePatterns;
import dev.modelcache.internal.acquire.AcquisitionMonitor.FileProgress;
import dev.modelcache.internal.acquire.AcquisitionObserver.Step;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.DecompressedContent;
import dev.modelcache.internal.content.DecompressionPlan;
import dev.modelcache.internal.content.FileDigest;
import dev.modelcache.internal.content.format.FormatHints;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.http.RequestFailedException.Reason;
import dev.modelcache.internal.store.Fingerprint;
import dev.modelcache.internal.store.Receipt;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.store.Staging;
import dev.modelcache.internal.transfer.DownloadPlan;
import dev.modelcache.internal.transfer.FetchMode;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.internal.transfer.SourceState;
import dev.modelcache.internal.transfer.TransferResult;
import dev.modelcache.source.ExpectedDigest;
import dev.modelcache.source.Mirror;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Fetches a file, compares it with what it should be, and only then publishes it, or its
 * content. A file with another digest is fetched again, as often as Resilience4j's
 * {@link Retry} of the model allows.
 * <p>
 * <em>Blocking</em>: all methods. <em>Cancellation</em>: ends the transfer; what has come
 * stays for the next one.
 */
final class FileFetch {

	private static final Logger logger = LoggerFactory.getLogger(FileFetch.class);

	private final Engine engine;

	private final DownloadTurns.Turn turn;

	private final FormatCheck formats;

	private final ExternalData data;

	private final AcquisitionMonitor monitor;

	private final Cancellation cancellation;

	FileFetch(Engine engine, ExternalData data, AcquisitionMonitor monitor, Cancellation cancellation) {
		this.engine = engine;
		this.turn = engine.turns().turn();
		this.formats = new FormatCheck(engine.formats());
		this.data = data;
		this.monitor = monitor;
		this.cancellation = cancellation;
	}

	/** No file is fetched any more: it is another model's turn. */
	void endTurn() {
		this.turn.end();
	}

	/**
	 * Fetches a file, when it is the model's turn.
	 * @param job the file
	 * @return the published file
	 * @throws ModelIntegrityException if its digest is not the expected one, or the
	 * compressed file is damaged
	 * @throws ModelFormatException if its content cannot be had, or is not a model
	 * @throws MissingDataException if it is the whole model, but needs further files;
	 * what has come stays
	 */
	CachedModel fetch(FileJob job) {
		this.turn.take(this.monitor, this.cancellation);
		try {
			return fetchUntilProved(job);
		}
		catch (ModelCacheException ex) {
			PinnedModels pins = new PinnedModels(this.engine.store(), null);
			RequestFailedException departure = departure(job, ex);
			if (departure != null) {
				throw pins.departure(job.candidate(), job.file(), departure);
			}
			throw (ex instanceof ModelIntegrityException wrong) ? pins.named(job.candidate(), wrong) : ex;
		}
	}

	/**
	 * Returns the request that showed that the file has another size or digest than the
	 * locked one, unless another URL may still have that.
	 */
	private static @Nullable RequestFailedException departure(FileJob job, ModelCacheException failure) {
		ExpectedDigest expected = job.file().expected();
		if (expected == null || expected.origin() != DigestOrigin.LOCK_FILE) {
			return null;
		}
		List<RequestFailedException> requests = Arrays.stream(failure.getSuppressed())
			.filter(RequestFailedException.class::isInstance)
			.map(RequestFailedException.class::cast)
			.toList();
		Set<URI> elsewhere = requests.stream().map(RequestFailedException::uri).collect(Collectors.toSet());
		List<RequestFailedException> changed = requests.stream()
			.filter((request) -> request.reason() == Reason.OTHER_SIZE || request.reason() == Reason.OTHER_DIGEST)
			.toList();
		changed.forEach((request) -> elsewhere.remove(request.uri()));
		return (changed.isEmpty() || !elsewhere.isEmpty()) ? null : changed.get(0);
	}

	private CachedModel fetchUntilProved(FileJob job) {
		FileProgress progress = this.monitor.file(job.whole());
		Retry.AsyncContext<CachedModel> retries = this.engine.retries()
			.forWholeFile(job.modelId(), attempts(job), ModelIntegrityException.class::isInstance)
			.asyncContext();
		ModelIntegrityException last = null;
		AtomicReference<FetchMode> came = new AtomicReference<>(FetchMode.WHOLE_FILE);
		FetchMode mode = FetchMode.SEGMENTS;
		for (int attempt = 0;; attempt++) {
			try {
				return fetchOnce(job, plan(job, attempt, mode), progress, came);
			}
			catch (ModelIntegrityException ex) {
				if (departure(job, ex) != null) {
					// Another download would not be begun either.
					throw ex;
				}
				if (last != null && ex.actual() != null && ex.actual().equals(last.actual())) {
					// Two downloads gave the same bytes; so would another one.
					throw outOfDate(ex, ex.actual());
				}
				last = ex;
			}
			long pause = retries.onError(last);
			if (pause < 0 && (mode != FetchMode.SEGMENTS || came.get() != FetchMode.SEGMENTS)) {
				throw last;
			}
			// Some proxies damage ranges: the next attempt, maybe an additional one, has
			// none.
			if (came.get() != FetchMode.WHOLE_FILE) {
				logger.info(
						"Model '{}': the file that was downloaded in ranges has the wrong digest; it is downloaded again without ranges",
						job.modelId());
			}
			mode = FetchMode.WHOLE_FILE;
			pause = Math.max(0, pause);
			this.monitor.pausing(Duration.ofMillis(pause));
			this.cancellation.sleep(Duration.ofMillis(pause));
			this.monitor.retryingWholeFile(last);
		}
	}

	/**
	 * Returns the failure of two downloads with the same digest, which is not expected.
	 */
	private static ModelIntegrityException outOfDate(ModelIntegrityException failure, Digest actual) {
		DigestOrigin origin = Objects.requireNonNull(failure.origin(), "a digest that differs has an expected one");
		boolean configured = origin == DigestOrigin.CONFIGURATION;
		return failure.explained(
				failure.problem() + ". Two downloads had the same digest, so "
						+ (configured ? "the configured checksum" : origin.description()) + " is probably out of date",
				configured
						? "If you trust the source, set expected-checksum: " + actual + "; if not, use another source"
						: "Correct " + origin.description() + ", use another source, or, if you trust this one, set"
								+ " expected-checksum: " + actual);
	}

	/**
	 * Asks the source for the state of a file.
	 * @param job the file
	 * @return the state, or {@code null} if the source does not answer
	 */
	@Nullable SourceState state(FileJob job) {
		return this.cancellation.await(this.engine.transfer().state(plan(job, 0, FetchMode.SEGMENTS)));
	}

	private CachedModel fetchOnce(FileJob job, DownloadPlan plan, FileProgress progress,
			AtomicReference<FetchMode> came) {
		Staging staging = this.engine.store().staging();
		if (staging.isSweepDue()) {
			this.engine.threads().later(staging::sweep, "old partial downloads are not deleted");
		}
		try (StagedFile staged = staging.stage(plan.modelId(), job.place(), SegmentedTransfer.judge(plan),
				this.monitor::reading)) {
			if (plan.decompression() != null) {
				staged.prepareContent();
			}
			TransferResult result = this.monitor.step(Step.TRANSFER, job.file().mirrors().get(0).toString(),
					() -> this.cancellation.await(this.engine.transfer().run(plan, staged, progress)));
			progress.verifying();
			Objects.requireNonNull(result, "the transfer ended without a result");
			came.set(result.mode());
			return publish(job, plan, staged, result);
		}
	}

	private DownloadPlan plan(FileJob job, int attempt, FetchMode mode) {
		return new DownloadPlan(job.modelId(), job.file(), attempts(job), attempt, decompression(job), mode,
				this.engine.formats().mode());
	}

	private static int attempts(FileJob job) {
		return Math.max(1, job.candidate().request().maxAttempts());
	}

	private @Nullable DecompressionPlan decompression(FileJob job) {
		Compression compression = job.compression();
		if (compression == null) {
			return null;
		}
		compression.requireReader(job.modelId(), job.isPacked());
		return new DecompressionPlan(job.modelId(), job.candidate().source(), compression,
				DownloadPlan.algorithms(job.file()), this.engine.decompression(), job.isPacked());
	}

	private CachedModel publish(FileJob job, DownloadPlan plan, StagedFile staged, TransferResult result) {
		Candidate candidate = job.candidate();
		ExpectedDigest expected = expected(plan, result);
		DecompressedContent content = result.content();
		StagedFile file = (content != null) ? staged.content() : staged;
		ModelFormat format = this.monitor.step(Step.VERIFY, result.mirror().toString(), () -> {
			verify(plan, expected, staged, result);
			return inspect(job, hints(job, expected, result), staged, file, result);
		});
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
		Instant now = this.engine.clock().instant();
		long size = (content != null) ? content.size() : result.size();
		try {
			publish(job.whole(), file, size,
					(fingerprint) -> new Receipt(fingerprint, sha256, sourceDigest(expected, result),
							(expected != null) ? expected.digest() : null, result.mirror().toString(),
							candidate.sourceKey(this.engine.store()), result.validator(), candidate.fallback(), now,
							format));
		}
		catch (IOException ex) {
			// A disk that lost the content of a compressed file may have lost that too.
			throw staged.failure(ex, DataSize.ofBytes(0));
		}
		staged.discard();
		Path target = staged.target();
		return CachedModel.of(job.modelId(), List.of(target), size, sha256, result.mirror().toString())
			.withOutcome(ModelOutcome.DOWNLOADED)
			.withFallback(candidate.fallback())
			.withVerified(expected != null)
			.withFormat(format);
	}

	/**
	 * Publishes a staged file. An acquisition can be cancelled until a file that is the
	 * whole model is moved to its place.
	 * @param whole whether the file is the whole model
	 * @param file the file
	 * @param size its size in bytes
	 * @param receipt makes its receipt
	 * @throws UncheckedIOException if a file appeared at its place that must stay
	 * @throws IOException if the disk does not take it
	 */
	void publish(boolean whole, StagedFile file, long size, Function<Fingerprint, Receipt> receipt) throws IOException {
		try {
			this.monitor.<Void, IOException>step(Step.PUBLISH, null, () -> {
				if (file.isCopied()) {
					copy(file, receipt);
				}
				this.monitor.storing(size, () -> {
					file.force();
					if (whole) {
						this.cancellation.commit(() -> {
							file.publish(receipt);
							return true;
						});
					}
					else {
						this.cancellation.check();
						file.publish(receipt);
					}
				});
				return null;
			});
		}
		catch (FileAlreadyExistsException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Copies a file to its place and reads it there. What has come stays if that fails.
	 */
	private void copy(StagedFile file, Function<Fingerprint, Receipt> receipt) throws IOException {
		try {
			file.copyToTarget(receipt, new Copying());
			boolean same = false;
			try {
				Fingerprint fingerprint = Objects.requireNonNull(Fingerprint.of(file.target()), "the copy is there");
				Digest copied = FileDigest.of(file.target(), Set.of(Algorithm.SHA256), this.monitor::reading)
					.get(Algorithm.SHA256);
				same = receipt.apply(fingerprint).digest().equals(copied);
			}
			finally {
				if (!same) {
					file.deleteCopy();
				}
			}
			if (!same) {
				throw new IOException("the bytes that are read are not those that were written");
			}
		}
		catch (FileAlreadyExistsException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw file.copyFailure(ex);
		}
	}

	/** Of the only file of a model, something has to tell what it is. */
	private static FormatHints hints(FileJob job, @Nullable ExpectedDigest expected, TransferResult result) {
		if (!job.only()) {
			return job.hints();
		}
		FormatHints hints = job.hints().orNamed(result.fileName());
		return (expected != null) ? hints : hints.unproved();
	}

	/**
	 * What is refused is not kept: another download would bring the same. The files of an
	 * archive are inspected when they are taken out of it.
	 */
	private @Nullable ModelFormat inspect(FileJob job, FormatHints hints, StagedFile staged, StagedFile file,
			TransferResult result) {
		if (job.isPacked()) {
			return null;
		}
		try {
			ModelFormat format = this.formats.inspect(job.modelId(), file.path(), hints,
					"the file from " + result.mirror());
			if (job.whole()) {
				this.data.requireBeside(job.name(), file.path(), staged.target());
			}
			return format;
		}
		catch (ModelFormatException ex) {
			staged.discard();
			throw leavingOut(job, ex);
		}
	}

	/** One of several files can be left out where patterns select them. */
	private static ModelFormatException leavingOut(FileJob job, ModelFormatException refusal) {
		ModelRequest request = job.candidate().request();
		if (job.only() || !FilePatterns.of(request.files()).select(job.file().name())) {
			return refusal;
		}
		ModelFormatException error = new ModelFormatException(request.id(), refusal.problem(),
				"Add '" + FilePatterns.excluding(job.file().name()) + "' to " + request.key("files")
						+ " to leave this file out, or " + StringUtils.uncapitalize(refusal.action()));
		error.addSuppressed(refusal);
		return error;
	}

	/**
	 * Returns the digest that the file must have, or the one that proves it. Where
	 * neither the configuration nor the first source states one, the sender of the file
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
			logger.warn(
					"Model '{}': the file was downloaded from {} instead of {}, which determines the digest of the model",
					plan.modelId(), result.mirror(), first);
		}
		if (expected == null) {
			stated(plan).forEach((digest) -> logger.warn(
					"Model '{}': a mirror states the digest {}, but {} sent a file with {};"
							+ " the url determines the digest of the model",
					plan.modelId(), digest.digest(), result.mirror(), sha256));
			logger.warn("Model '{}': {} was not verified, because no digest is known. Configure expected-checksum: {}",
					plan.modelId(), result.mirror(), sha256);
		}
	}

	private void verify(DownloadPlan plan, @Nullable ExpectedDigest expected, StagedFile staged,
			TransferResult result) {
		boolean asItCame = expected != null && result.has(expected.digest());
		boolean unfolded = expected != null && result.contentHas(expected.digest());
		ModelCacheException failure = result.contentFailure();
		if (failure == null && expected != null && !asItCame && !unfolded) {
			failure = mismatch(plan, expected, result);
		}
		if (expected != null) {
			this.monitor.verified(failure == null, Duration.ZERO);
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
				"Ask its publisher for a complete file, or use another source");
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

	/** The progress of a copy is that of the acquisition. */
	private final class Copying implements StagedFile.CopyProgress {

		@Override
		public void advanced() {
			FileFetch.this.monitor.reading();
		}

		@Override
		public void storing(long bytes, DiskStep step) throws IOException {
			FileFetch.this.monitor.storing(bytes, step);
		}

	}

}
