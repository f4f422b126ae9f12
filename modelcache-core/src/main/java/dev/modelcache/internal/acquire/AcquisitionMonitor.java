package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

import dev.modelcache.AcquisitionObserver;
import dev.modelcache.CachedModel;
import dev.modelcache.LockOwner;
import dev.modelcache.ModelCacheException;
import dev.modelcache.ModelDownloadProgress;
import dev.modelcache.ModelDownloadStarted;
import dev.modelcache.ModelFailed;
import dev.modelcache.ModelFallbackUsed;
import dev.modelcache.ModelReady;
import dev.modelcache.ModelReplaced;
import dev.modelcache.ModelState;
import dev.modelcache.ModelStatus;
import dev.modelcache.ModelTransferException;
import dev.modelcache.TransferProgress;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.transfer.TransferListener.DiskStep;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Tells the status board, the event listeners and the observer how one acquisition goes.
 * A renewal of a model that is ready stays quiet on the board: the model is ready all the
 * while.
 */
final class AcquisitionMonitor implements FileMonitor {

	private static final Logger logger = LoggerFactory.getLogger(AcquisitionMonitor.class);

	/** A lock that is held is looked at about once a second. */
	private static final Duration UNTIL_NEXT_LOOK = Duration.ofSeconds(3);

	private final String id;

	private final StatusBoard board;

	private final EventDispatcher events;

	private final AcquisitionObserver observer;

	private final Clock clock;

	private final AcquisitionWatch watch;

	private final Instant started;

	private final @Nullable CachedModel previous;

	private final RateMeter rate = new RateMeter();

	/** Guarded by this. */
	private boolean transferring;

	/** Nothing that comes later, from a request that was cancelled, is told. */
	private final AtomicBoolean over = new AtomicBoolean();

	private volatile long position;

	private volatile @Nullable Long totalBytes;

	AcquisitionMonitor(String id, StatusBoard board, EventDispatcher events, AcquisitionObserver observer, Clock clock,
			AcquisitionWatch watch) {
		this.id = id;
		this.watch = watch;
		this.board = board;
		this.events = events;
		this.observer = observer;
		this.clock = clock;
		this.started = clock.instant();
		this.previous = board.get(id).model();
	}

	/** Work on bytes that are there already has come on. */
	@Override
	public void advanced() {
		this.watch.advanced();
	}

	/** Nothing comes on for a while, for a reason that is known. */
	@Override
	public void pausing(Duration pause) {
		this.watch.pausing(pause);
	}

	@Override
	public void storing(long bytes, DiskStep step) throws IOException {
		this.watch.storing(bytes, step);
	}

	/** Fails an acquisition in which nothing advances for too long. */
	<T> Mono<T> watched(Mono<T> acquisition) {
		return this.watch.watch(acquisition, this::gaveUp);
	}

	private ModelTransferException gaveUp(Duration after) {
		ModelStatus status = this.board.get(this.id);
		return new ModelTransferException(this.id,
				"nothing advanced for " + after.toMillis() + " ms in the state " + status.state()
						+ ((status.source() != null) ? ", with " + status.source() : ""),
				"Check the source, the network and the disk, or raise hooks.llm.download.give-up-after", null);
	}

	private void show(UnaryOperator<ModelStatus> change) {
		this.board.update(this.id, (status) -> this.over.get() ? status : changed(status, change));
	}

	private void showEnd(UnaryOperator<ModelStatus> change) {
		this.board.update(this.id, (status) -> changed(status, change));
	}

	private ModelStatus changed(ModelStatus status, UnaryOperator<ModelStatus> change) {
		return (status.state() == ModelState.READY && this.previous != null) ? status : change.apply(status);
	}

	void state(ModelState state) {
		advanced();
		show((status) -> status.acquiring(state));
	}

	/** A file that may be the model's is read: called for each piece. */
	void hashing(Candidate candidate) {
		advanced();
		show((status) -> (status.state() == ModelState.VERIFYING) ? status
				: status.from(candidate.source(), candidate.fallback()).acquiring(ModelState.VERIFYING));
	}

	void trying(Candidate candidate) {
		advanced();
		show((status) -> status.acquiring(ModelState.RESOLVING).from(candidate.source(), candidate.fallback()));
	}

	void waiting(LockOwner owner) {
		pausing(UNTIL_NEXT_LOOK);
		show((status) -> status.waiting(owner));
	}

	void fallingBack(Candidate next, ModelCacheException reason) {
		logger.warn("Model '{}': falling back to {}, because: {}", this.id, next.source(), reason.problem());
		this.observer.transferFailed(this.id, reason.problem());
		this.events.dispatch(new ModelFallbackUsed(this.id, next.source(), reason));
	}

	/** Says how large the file will probably be, until its source says it. */
	void expecting(@Nullable Long bytes) {
		this.totalBytes = bytes;
	}

	@Override
	public void answered(Mirror mirror, @Nullable Long total) {
		if (total != null) {
			this.totalBytes = total;
		}
		show((status) -> downloading(status).from(mirror.toString(), status.fallback()));
		if (transferStarts()) {
			advanced();
			this.events.dispatch(new ModelDownloadStarted(this.id, mirror.toString(), total));
		}
	}

	@Override
	public void resumed(long bytes, long total) {
		advanced();
		this.position = bytes;
		this.totalBytes = total;
		show((status) -> downloading(status).progressed(new TransferProgress(bytes, total, 0)));
	}

	/** Another mirror does not take away the progress that is shown. */
	private static ModelStatus downloading(ModelStatus status) {
		return (status.state() == ModelState.DOWNLOADING) ? status : status.acquiring(ModelState.DOWNLOADING);
	}

	@Override
	public void written(Mirror mirror, long bytes, long position) {
		advanced();
		this.position = position;
		this.observer.bytesWritten(this.id, mirror.origin().authority(), bytes);
	}

	@Override
	public void failed(RequestFailedException failure) {
		this.observer.requestFailed(this.id, failure.host(), String.valueOf(failure.getMessage()));
	}

	@Override
	public void retrying(RequestFailedException failure) {
		logger.info("Model '{}': trying again, because {}", this.id, failure.getMessage());
		this.observer.retried(this.id, failure.word());
	}

	@Override
	public void verifying() {
		state(ModelState.VERIFYING);
	}

	@Override
	public void retryingWholeFile(ModelCacheException failure) {
		advanced();
		logger.warn("Model '{}': fetching the file again, because {}", this.id, failure.problem());
		this.observer.transferFailed(this.id, failure.problem());
		this.observer.retried(this.id, "integrity");
	}

	/** Shows the progress of the moment; called regularly while the acquisition runs. */
	@Nullable TransferProgress tick() {
		if (!isTransferring()) {
			return null;
		}
		long bytes = this.position;
		TransferProgress progress;
		synchronized (this.rate) {
			progress = new TransferProgress(bytes, this.totalBytes, this.rate.sample(this.clock.millis(), bytes));
		}
		show((status) -> (status.state() == ModelState.DOWNLOADING) ? status.progressed(progress) : status);
		this.events.dispatch(new ModelDownloadProgress(this.id, progress));
		return progress;
	}

	@Override
	public void verified(boolean matched, Duration elapsed) {
		this.observer.verified(matched, elapsed);
	}

	void lockWaited(Duration waited) {
		this.observer.lockWaited(waited);
	}

	void ready(CachedModel model) {
		if (!ends()) {
			return;
		}
		transferEnds();
		if (this.previous != null && isSame(this.previous, model)) {
			// It was ready all the while; how it once came here does not change.
			this.board.update(this.id, (status) -> (status.model() != null) ? status : status.ready(model));
			return;
		}
		this.board.update(this.id, (status) -> status.ready(model));
		ended(model.outcome().name());
		if (this.previous == null) {
			logger.info("Model '{}' is ready: {} ({} bytes, {}, {} from {})", this.id, model.path(), model.size(),
					model.digest(), model.outcome().name().toLowerCase(Locale.ROOT), model.source());
			this.events.dispatch(new ModelReady(this.id, model, elapsed()));
		}
		else if (!model.digest().equals(this.previous.digest()) || !model.path().equals(this.previous.path())) {
			logger.info("Model '{}' was replaced: {} ({} bytes, {}, from {})", this.id, model.path(), model.size(),
					model.digest(), model.source());
			this.events.dispatch(new ModelReplaced(this.id, this.previous, model));
		}
	}

	private static boolean isSame(CachedModel one, CachedModel other) {
		return one.path().equals(other.path()) && one.digest().equals(other.digest())
				&& one.source().equals(other.source()) && one.verified() == other.verified();
	}

	/** Returns a failure that tells in which state it came. */
	ModelCacheException asModelCacheException(Throwable failure) {
		return (failure instanceof ModelCacheException known) ? known
				: new ModelTransferException(this.id,
						"an unexpected failure in the state " + this.board.get(this.id).state() + ": "
								+ FailureBoundary.describe(failure),
						"Report it, with the stack trace of its cause, which is logged at the level DEBUG", failure);
	}

	/**
	 * Returns what an acquisition without a result ends with: nothing if it was
	 * cancelled, which its callers were told.
	 */
	Mono<CachedModel> withoutResult() {
		return this.over.get() ? Mono.never()
				: Mono.error(new IllegalStateException("the acquisition ended without a model"));
	}

	void failed(ModelCacheException failure) {
		if (!ends()) {
			return;
		}
		this.observer.transferFailed(this.id, failure.problem());
		transferEnds();
		ended("FAILED");
		showEnd((status) -> status.failed(failure));
		this.events.dispatch(new ModelFailed(this.id, failure, elapsed()));
	}

	void cancelled() {
		if (!ends()) {
			return;
		}
		this.observer.transferFailed(this.id, "it was cancelled");
		transferEnds();
		ended("CANCELLED");
		showEnd(ModelStatus::cancelled);
	}

	/** An acquisition that is cancelled while it ends has one end all the same. */
	private boolean ends() {
		return this.over.compareAndSet(false, true);
	}

	private synchronized boolean isTransferring() {
		return this.transferring;
	}

	private synchronized boolean transferStarts() {
		if (this.transferring || this.over.get()) {
			return false;
		}
		this.transferring = true;
		this.observer.transferStarted(this.id);
		return true;
	}

	private synchronized void transferEnds() {
		if (this.transferring) {
			this.transferring = false;
			this.observer.transferEnded(this.id);
		}
	}

	private void ended(String outcome) {
		this.observer.ended(this.id, outcome.toLowerCase(Locale.ROOT), elapsed());
	}

	private Duration elapsed() {
		return Duration.between(this.started, this.clock.instant());
	}

}
