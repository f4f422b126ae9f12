package dev.modelcache.internal.transfer;

import java.util.concurrent.TimeUnit;

import reactor.core.Disposable;
import reactor.core.Exceptions;
import reactor.core.scheduler.Scheduler;

/**
 * A scheduler whose workers still run what they were given before they were disposed.
 * Reactor's {@code publishOn} disposes its worker when it is cancelled, and leaves it to
 * the task that this may drop to release the elements in its queue
 * (github.com/reactor/reactor-core/issues/4396).
 * <p>
 * <em>Thread-safety</em>: all methods. The tasks of a worker may run at the same time, on
 * several threads; those of {@code publishOn} never do.
 */
final class FaithfulScheduler implements Scheduler {

	private final Scheduler delegate;

	FaithfulScheduler(Scheduler delegate) {
		this.delegate = delegate;
	}

	@Override
	public Disposable schedule(Runnable task) {
		return this.delegate.schedule(task);
	}

	@Override
	public long now(TimeUnit unit) {
		return this.delegate.now(unit);
	}

	@Override
	public Worker createWorker() {
		return new FaithfulWorker();
	}

	private final class FaithfulWorker implements Worker {

		private volatile boolean disposed;

		@Override
		public Disposable schedule(Runnable task) {
			if (this.disposed) {
				throw Exceptions.failWithRejected();
			}
			return FaithfulScheduler.this.delegate.schedule(task);
		}

		@Override
		public void dispose() {
			this.disposed = true;
		}

		@Override
		public boolean isDisposed() {
			return this.disposed;
		}

	}

}
