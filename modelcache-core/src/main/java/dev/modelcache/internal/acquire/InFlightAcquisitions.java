package dev.modelcache.internal.acquire;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import dev.modelcache.CachedModel;
import dev.modelcache.internal.FailureBoundary;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The acquisitions that are under way in this cache, so that callers who want the same
 * share one. Callers count: the last one to cancel cancels it.
 */
final class InFlightAcquisitions {

	private static final Logger logger = LoggerFactory.getLogger(InFlightAcquisitions.class);

	private static final Duration PATIENCE = Duration.ofSeconds(2);

	private final Map<Key, Shared> running = new HashMap<>();

	private final Scheduler io;

	InFlightAcquisitions(Scheduler io) {
		this.io = io;
	}

	/**
	 * Joins the acquisition of a key, starting it if nobody has.
	 * @param key what is acquired
	 * @param acquisition makes the acquisition
	 * @return its result, the same for all who join before it ends
	 */
	Mono<CachedModel> join(Key key, Supplier<Mono<CachedModel>> acquisition) {
		return Mono.create((caller) -> {
			Shared shared;
			boolean first;
			synchronized (this.running) {
				first = !this.running.containsKey(key);
				shared = this.running.computeIfAbsent(key, (absent) -> new Shared());
				shared.callers++;
			}
			Disposable joined = shared.result.asMono()
				.subscribe((model) -> tell(() -> caller.success(model)),
						(failure) -> tell(() -> caller.error(failure)));
			caller.onCancel(() -> {
				joined.dispose();
				leave(key, shared);
			});
			if (first) {
				start(key, shared, acquisition);
			}
		});
	}

	/** Cancels the acquisition of a key for all its callers. */
	void cancel(Key key, Throwable reason) {
		Shared shared;
		synchronized (this.running) {
			shared = this.running.remove(key);
		}
		if (shared != null) {
			disposeOf(shared);
			shared.result.tryEmitError(reason);
		}
	}

	/** A step that hangs in the disk or in code of the application is not waited for. */
	private void disposeOf(Shared shared) {
		CountDownLatch disposed = new CountDownLatch(1);
		Runnable dispose = () -> {
			try {
				shared.work.dispose();
			}
			finally {
				disposed.countDown();
			}
		};
		try {
			this.io.schedule(dispose);
		}
		catch (RejectedExecutionException ex) {
			dispose.run();
		}
		try {
			if (!disposed.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
				logger.warn("A cancelled acquisition still works on a step that cannot be broken off");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/** Cancels all acquisitions. */
	void cancelAll(Throwable reason) {
		Map<Key, Shared> all;
		synchronized (this.running) {
			all = Map.copyOf(this.running);
		}
		all.keySet().forEach((key) -> cancel(key, reason));
	}

	private void start(Key key, Shared shared, Supplier<Mono<CachedModel>> acquisition) {
		Mono<CachedModel> work = FailureBoundary.around("beginning to acquire the model", Mono.defer(acquisition));
		shared.work.update(work.subscribe((model) -> {
			remove(key, shared);
			shared.result.tryEmitValue(model);
		}, (failure) -> {
			remove(key, shared);
			shared.result.tryEmitError(failure);
		}));
	}

	/** What one caller throws concerns no other. */
	private static void tell(Runnable caller) {
		try {
			caller.run();
		}
		catch (Throwable ex) {
			logger.warn("A caller failed when it was told the result", ex);
		}
	}

	private void leave(Key key, Shared shared) {
		boolean last;
		synchronized (this.running) {
			last = --shared.callers == 0 && this.running.remove(key, shared);
		}
		if (last) {
			shared.work.dispose();
		}
	}

	private void remove(Key key, Shared shared) {
		synchronized (this.running) {
			this.running.remove(key, shared);
		}
	}

	/**
	 * What is acquired.
	 *
	 * @param modelId for which model, so that each has its own status
	 * @param path the path of the file, links not followed, so that finding it needs no
	 * look at the disk; the lock is that of the file it leads to
	 */
	record Key(String modelId, Path path) {

	}

	private static final class Shared {

		private final Sinks.One<CachedModel> result = Sinks.one();

		private final Disposable.Swap work = Disposables.swap();

		private int callers;

	}

}
