/*
 * Copyright 2026-present the modelcache authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.modelcache.internal.acquire;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

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
import dev.modelcache.internal.DiskStep;
import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.internal.Origin;
import dev.modelcache.internal.acquire.AcquisitionObserver.Step;
import dev.modelcache.internal.http.RequestFailedException;
import dev.modelcache.internal.lock.HostName;
import dev.modelcache.internal.transfer.TransferListener;
import dev.modelcache.lock.CacheLock;
import dev.modelcache.source.Mirror;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * Tells the status board, the event listeners and the observer how one acquisition goes.
 * A renewal of a model that is ready stays quiet on the board: the model is ready all the
 * while.
 */
final class AcquisitionMonitor {

	private static final Logger logger = LoggerFactory.getLogger(AcquisitionMonitor.class);

	private final String id;

	private final StatusBoard board;

	private final EventDispatcher events;

	private final AcquisitionObserver observer;

	private final Clock clock;

	private final OperationWatch watch;

	private volatile AcquisitionObserver.Steps steps = AcquisitionObserver.Steps.NONE;

	private final Instant started;

	private final @Nullable CachedModel previous;

	private final RateMeter rate = new RateMeter();

	/** Guarded by this. */
	private boolean transferring;

	/** Nothing that comes later, from a request that was cancelled, is told. */
	private final AtomicBoolean over = new AtomicBoolean();

	private final AtomicLong position = new AtomicLong();

	/** How many of these bytes were there before, so that no source has sent them. */
	private final AtomicLong found = new AtomicLong();

	private volatile @Nullable Long totalBytes;

	private volatile @Nullable Long statedBytes;

	/** How far the file is that was read last. */
	private volatile @Nullable TransferProgress read;

	AcquisitionMonitor(String id, StatusBoard board, EventDispatcher events, AcquisitionObserver observer, Clock clock,
			OperationWatch watch) {
		this.id = id;
		this.watch = watch;
		this.board = board;
		this.events = events;
		this.observer = observer;
		this.clock = clock;
		this.started = clock.instant();
		this.previous = board.get(id).model();
	}

	/** The acquisition begins, unless its end has been told already. */
	synchronized void begin() {
		if (!this.over.get()) {
			this.steps = this.observer.started(this.id);
		}
	}

	/**
	 * Does a step of the acquisition.
	 * @param step the step
	 * @param source the URL that it is about, redacted, or {@code null}
	 * @param work does it
	 * @return its result
	 */
	<T, X extends Exception> @Nullable T step(Step step, @Nullable String source, Work<T, X> work) throws X {
		Consumer<@Nullable Throwable> end = this.steps.began(step, source);
		try {
			@Nullable T result = work.call();
			end.accept(null);
			return result;
		}
		catch (Throwable ex) {
			end.accept(ex);
			throw ex;
		}
	}

	/** Work on bytes that are there already has come on. */
	void advanced() {
		this.watch.advanced();
	}

	/**
	 * A file is read: called for each piece.
	 * @throws ModelCacheException if the acquisition is cancelled
	 */
	void reading() {
		this.watch.cancellation().check();
		advanced();
	}

	/** Nothing comes on for a while, for a reason that is known. */
	void pausing(Duration pause) {
		this.watch.pausing(pause);
	}

	void storing(long bytes, DiskStep step) throws IOException {
		this.watch.storing(bytes, step);
	}

	/** Gives up an attempt in which nothing advances for too long. */
	Disposable watched() {
		return this.watch.attempt(this::gaveUp);
	}

	/** Goes on after a failure, and after a setback, with what is on this machine. */
	void startingOver() {
		this.watch.startOver();
		state(ModelState.RESOLVING);
	}

	/** Shows the progress, also in the note of a lock. */
	Disposable noted(CacheLock lock) {
		return this.watch.noted(lock, this::tick);
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
		this.read = null;
		show((status) -> status.withState(state));
	}

	/** A file that may be the model's is read: called for each piece. */
	void hashing(Candidate candidate, TransferProgress progress) {
		reading((status) -> status.withSource(candidate.source()).withFallback(candidate.fallback()), progress);
	}

	/** A model of which files come is shown as such until all have come. */
	private void reading(UnaryOperator<ModelStatus> change, TransferProgress progress) {
		advanced();
		this.read = progress;
		show((status) -> switch (status.state()) {
			case DOWNLOADING -> status;
			case VERIFYING -> status.withProgress(progress);
			default -> change.apply(status).withState(ModelState.VERIFYING).withProgress(progress);
		});
	}

	void trying(Candidate candidate) {
		advanced();
		this.read = null;
		show((status) -> status.withState(ModelState.RESOLVING)
			.withSource(candidate.source())
			.withFallback(candidate.fallback()));
	}

	void waiting(LockOwner owner) {
		this.watch.waiting();
		show((status) -> status.withState(ModelState.WAITING).withOwner(owner).withProgress(owner.progress()));
	}

	/**
	 * Waits until the model may be downloaded, which the status and the note of its lock
	 * say.
	 * @param reason for what, as the log says it
	 * @param wait waits
	 */
	void queued(String reason, Runnable wait) {
		logger.info("Model '{}': waiting {}", this.id, reason);
		LockOwner self = LockOwner.of(ProcessHandle.current().pid(), HostName.current(), this.clock.instant())
			.withQueued(true);
		this.watch.queued(() -> {
			show((status) -> status.withState(ModelState.WAITING).withOwner(self));
			wait.run();
		});
		// Another file of the model may have begun to come.
		show((status) -> (status.state() == ModelState.WAITING) ? status.withState(ModelState.RESOLVING) : status);
	}

	void fallingBack(Candidate next, ModelCacheException reason) {
		logger.warn("Model '{}': falling back to {}, because: {}", this.id, next.source(), reason.problem());
		this.observer.transferFailed(this.id, reason.problem());
		this.events.dispatch(new ModelFallbackUsed(this.id, next.source(), reason));
	}

	/**
	 * Begins to bring a model.
	 * @param size the size of all its files as its source states it, or {@code null}
	 * @param estimated the size that it will probably have, or {@code null}
	 */
	void expecting(@Nullable Long size, @Nullable Long estimated) {
		this.statedBytes = size;
		this.totalBytes = (size != null) ? size : estimated;
		this.position.set(0);
	}

	/** A file of several was there already. */
	void there(long bytes) {
		this.position.addAndGet(bytes);
		this.found.addAndGet(bytes);
	}

	/**
	 * Returns what is told of the transfer of a file.
	 * @param whole whether it is the whole model
	 */
	FileProgress file(boolean whole) {
		return new FileProgress(whole);
	}

	/** Another mirror does not take away the progress that is shown. */
	private static ModelStatus downloading(ModelStatus status) {
		return (status.state() == ModelState.DOWNLOADING) ? status : status.withState(ModelState.DOWNLOADING);
	}

	/** The whole file is fetched again. */
	void retryingWholeFile(ModelCacheException failure) {
		advanced();
		logger.warn("Model '{}': fetching the file again, because {}", this.id, failure.problem());
		this.observer.transferFailed(this.id, failure.problem());
		this.observer.retried(this.id, "integrity");
	}

	/**
	 * Shows the progress of the transfer; called regularly while the acquisition runs.
	 * @return the progress, also that of a file that is read
	 */
	@Nullable TransferProgress tick() {
		if (!isTransferring()) {
			return this.read;
		}
		long bytes = this.position.get();
		TransferProgress progress;
		synchronized (this.rate) {
			progress = TransferProgress.of(bytes, this.totalBytes,
					this.rate.sample(this.clock.millis(), bytes - this.found.get()));
		}
		show((status) -> (status.state() == ModelState.DOWNLOADING) ? status.withProgress(progress) : status);
		this.events.dispatch(new ModelDownloadProgress(this.id, progress));
		return progress;
	}

	void verified(boolean matched, Duration elapsed) {
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
			this.board.update(this.id, (status) -> (status.model() != null) ? status : ModelStatus.ready(model));
			this.steps.ended("cached", null);
			return;
		}
		this.board.update(this.id, (status) -> ModelStatus.ready(model));
		ended(model.outcome().name(), null);
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

	static boolean isSame(CachedModel one, CachedModel other) {
		return one.path().equals(other.path()) && one.digest().equals(other.digest())
				&& one.source().equals(other.source()) && one.verified() == other.verified();
	}

	/** Returns a failure that tells in which state it came. */
	ModelCacheException asModelCacheException(Throwable failure) {
		return FailureBoundary.asModelCacheException(this.id, "in the state " + this.board.get(this.id).state(),
				failure);
	}

	void failed(ModelCacheException failure) {
		if (!ends()) {
			return;
		}
		this.observer.transferFailed(this.id, failure.problem());
		transferEnds();
		ended("FAILED", failure);
		showEnd((status) -> status.withState(ModelState.FAILED).withError(failure));
		this.events.dispatch(new ModelFailed(this.id, failure, elapsed()));
	}

	void cancelled() {
		if (!ends()) {
			return;
		}
		this.observer.transferFailed(this.id, "it was cancelled");
		transferEnds();
		ended("CANCELLED", null);
		showEnd((status) -> status.withState(ModelState.CANCELLED));
	}

	/** An acquisition that is cancelled while it ends has one end all the same. */
	private synchronized boolean ends() {
		return this.over.compareAndSet(false, true);
	}

	private synchronized boolean isTransferring() {
		return this.transferring;
	}

	/** No progress is told before the event. */
	private synchronized boolean transferStarts(ModelDownloadStarted event) {
		if (this.transferring || this.over.get()) {
			return false;
		}
		this.transferring = true;
		this.observer.transferStarted(this.id);
		this.events.dispatch(event);
		return true;
	}

	private synchronized void transferEnds() {
		if (this.transferring) {
			this.transferring = false;
			this.observer.transferEnded(this.id);
		}
	}

	private void ended(String outcome, @Nullable Throwable failure) {
		String word = outcome.toLowerCase(Locale.ROOT);
		this.observer.ended(this.id, word, elapsed());
		this.steps.ended(word, failure);
	}

	private Duration elapsed() {
		return Duration.between(this.started, this.clock.instant());
	}

	/**
	 * Adds the progress of a file to that of its model.
	 * <p>
	 * <em>Thread-safety</em>: all methods.
	 */
	final class FileProgress implements TransferListener {

		private final boolean whole;

		private final AtomicLong own = new AtomicLong();

		FileProgress(boolean whole) {
			this.whole = whole;
		}

		private long moved(long to) {
			long by = to - this.own.getAndSet(to);
			AcquisitionMonitor.this.position.addAndGet(by);
			return by;
		}

		@Override
		public void answered(Mirror mirror, @Nullable Long total) {
			AcquisitionMonitor monitor = AcquisitionMonitor.this;
			if (this.whole && total != null) {
				monitor.totalBytes = total;
			}
			show((status) -> downloading(status).withSource(mirror.toString()));
			if (transferStarts(new ModelDownloadStarted(monitor.id, mirror.toString(),
					this.whole ? total : monitor.statedBytes))) {
				monitor.advanced();
			}
		}

		/** What is checked of one file among several counts as it is checked. */
		@Override
		public void checked(long bytes, long total) {
			if (this.whole) {
				reading(UnaryOperator.identity(), TransferProgress.of(bytes, total, 0));
			}
			else {
				found(bytes);
			}
		}

		@Override
		public void resumed(long bytes, long total) {
			if (this.whole) {
				AcquisitionMonitor.this.totalBytes = total;
			}
			found(bytes);
		}

		private void found(long bytes) {
			AcquisitionMonitor monitor = AcquisitionMonitor.this;
			monitor.advanced();
			monitor.found.addAndGet(moved(bytes));
			TransferProgress progress = TransferProgress.of(monitor.position.get(), monitor.totalBytes, 0);
			monitor.read = progress;
			show((status) -> downloading(status).withProgress(progress));
		}

		@Override
		public void written(Mirror mirror, long bytes, long at) {
			AcquisitionMonitor monitor = AcquisitionMonitor.this;
			monitor.advanced();
			moved(at);
			monitor.observer.bytesWritten(monitor.id, Origin.of(mirror.uri()).authority(), bytes);
		}

		@Override
		public void advanced() {
			AcquisitionMonitor.this.advanced();
		}

		@Override
		public void storing(long bytes, DiskStep step) throws IOException {
			AcquisitionMonitor.this.storing(bytes, step);
		}

		@Override
		public void failed(RequestFailedException failure) {
			AcquisitionMonitor monitor = AcquisitionMonitor.this;
			monitor.observer.requestFailed(monitor.id, failure.host(), String.valueOf(failure.getMessage()));
		}

		@Override
		public void retrying(RequestFailedException failure) {
			AcquisitionMonitor monitor = AcquisitionMonitor.this;
			logger.info("Model '{}': trying again, because {}", monitor.id, failure.getMessage());
			monitor.observer.retried(monitor.id, failure.word());
		}

		/** All bytes are there. The other files of the model go on. */
		void verifying() {
			if (this.whole) {
				state(ModelState.VERIFYING);
			}
		}

	}

	/**
	 * What a step does.
	 */
	@FunctionalInterface
	interface Work<T, X extends Exception> {

		@Nullable T call() throws X;

	}

}
