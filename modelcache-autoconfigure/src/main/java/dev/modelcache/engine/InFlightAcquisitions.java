package dev.modelcache.engine;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

import dev.modelcache.CachedModel;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The acquisitions that are under way in this cache, so that callers who want the same
 * share one. Callers count: the last one to cancel cancels it.
 */
final class InFlightAcquisitions {

	private final Map<Key, Shared> running = new HashMap<>();

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
			Disposable joined = shared.result.asMono().subscribe(caller::success, caller::error);
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
			shared.work.dispose();
			shared.result.tryEmitError(reason);
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
		shared.work.update(Mono.defer(acquisition).subscribe((model) -> {
			remove(key, shared);
			shared.result.tryEmitValue(model);
		}, (failure) -> {
			remove(key, shared);
			shared.result.tryEmitError(failure);
		}));
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
	 * @param target the real path of the file
	 */
	record Key(String modelId, Path target) {

	}

	private static final class Shared {

		private final Sinks.One<CachedModel> result = Sinks.one();

		private final Disposable.Swap work = Disposables.swap();

		private int callers;

	}

}
