package dev.modelcache.internal.acquire;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import dev.modelcache.CachedModel;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelIntegrityException;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.content.Compression;
import dev.modelcache.internal.content.DecompressionPlan;
import dev.modelcache.internal.store.StagedFile;
import dev.modelcache.internal.transfer.DownloadPlan;
import dev.modelcache.internal.transfer.SegmentedTransfer;
import dev.modelcache.internal.transfer.SourceState;
import io.github.resilience4j.reactor.retry.RetryOperator;
import io.github.resilience4j.retry.Retry;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Brings one file: plan, transfer, verify, publish, and all of it again where the digest
 * does not match.
 */
final class FileAcquisition {

	private final Rooms rooms;

	private final Publisher publisher;

	private final BlockingSteps steps;

	FileAcquisition(Rooms rooms, Publisher publisher, BlockingSteps steps) {
		this.rooms = rooms;
		this.publisher = publisher;
		this.steps = steps;
	}

	/**
	 * Brings a file.
	 * @param job the file
	 * @param monitor hears how it goes
	 * @return the published file
	 */
	Mono<CachedModel> fetch(FileJob job, FileMonitor monitor) {
		AtomicInteger attempt = new AtomicInteger();
		AtomicReference<@Nullable ModelIntegrityException> last = new AtomicReference<>();
		Retry retry = this.rooms.retries()
			.forWholeFile(job.modelId(), attempts(job),
					(failure) -> failure instanceof ModelIntegrityException && failure == last.get());
		retry.getEventPublisher().onRetry((event) -> monitor.pausing(event.getWaitInterval()));
		Mono<CachedModel> once = Mono.defer(() -> {
			ModelCacheException before = last.get();
			if (before != null) {
				monitor.retryingWholeFile(before);
			}
			return fetchOnce(job, plan(job, attempt.getAndIncrement()), monitor);
		});
		return FailureBoundary.around("beginning to fetch the file", once)
			.onErrorMap(ModelIntegrityException.class, (failure) -> {
				ModelIntegrityException before = last.getAndSet(failure);
				return (before != null) ? failure.after(before) : failure;
			})
			.transformDeferred(RetryOperator.of(retry));
	}

	/** Asks the source for the state of a file. Empty where it does not answer. */
	Mono<SourceState> state(FileJob job) {
		return this.rooms.transfer().state(plan(job, 0));
	}

	private Mono<CachedModel> fetchOnce(FileJob job, DownloadPlan plan, FileMonitor monitor) {
		return Mono.usingWhen(Mono.fromSupplier(() -> new ResourceHolder<>(StagedFile::close)), (holder) -> this.steps
			.call(() -> stage(job, plan, holder, monitor))
			.flatMap((staged) -> this.rooms.transfer()
				.run(plan, staged, monitor)
				.doOnNext((result) -> monitor.verifying())
				.flatMap((result) -> this.steps
					.call(() -> holder.during(() -> this.publisher.publish(job, plan, staged, result, monitor))))),
				(holder) -> holder.closeOn(this.steps.scheduler()));
	}

	private StagedFile stage(FileJob job, DownloadPlan plan, ResourceHolder<StagedFile> holder, FileMonitor monitor) {
		StagedFile staged = holder.hold(this.rooms.store()
			.stage(plan.modelId(), job.place(), SegmentedTransfer.judge(plan), monitor::advanced));
		if (plan.decompression() != null) {
			staged.prepareContent();
		}
		return staged;
	}

	private DownloadPlan plan(FileJob job, int attempt) {
		return new DownloadPlan(job.modelId(), job.file(), attempts(job), attempt, decompression(job));
	}

	private static int attempts(FileJob job) {
		return Math.max(1, job.candidate().request().maxAttempts());
	}

	private @Nullable DecompressionPlan decompression(FileJob job) {
		Compression compression = job.compression();
		if (compression == null) {
			return null;
		}
		compression.requireReader(job.modelId());
		return new DecompressionPlan(job.modelId(), job.candidate().source(), compression,
				DownloadPlan.algorithms(job.file()), null, this.rooms.decompression());
	}

}
