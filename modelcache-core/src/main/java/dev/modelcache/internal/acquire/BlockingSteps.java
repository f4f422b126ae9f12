package dev.modelcache.internal.acquire;

import java.util.concurrent.Callable;

import dev.modelcache.internal.FailureBoundary;
import dev.modelcache.lock.CacheLock;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * Takes the steps that block, on the threads for files. A step that has begun cannot be
 * broken off: the lock under which it is taken is held until it has returned, whoever
 * cancels.
 */
final class BlockingSteps {

	private static final String LOCK = BlockingSteps.class.getName() + ".lock";

	private final Scheduler io;

	BlockingSteps(Scheduler io) {
		this.io = io;
	}

	/**
	 * Takes a step.
	 * @param step what is done; {@code null} is empty
	 * @return its result
	 */
	<T> Mono<T> call(Callable<? extends @Nullable T> step) {
		return FailureBoundary.around("continuing after a step with files", Mono.<T>deferContextual((context) -> {
			ResourceHolder<CacheLock> lock = context.getOrDefault(LOCK, null);
			Callable<? extends @Nullable T> locked = (lock != null) ? () -> lock.during(step) : step;
			return Mono.<T>fromCallable(() -> FailureBoundary.call("a step with files was taken", locked));
		}).subscribeOn(this.io));
	}

	/** Has all steps of a publisher taken under a lock. */
	static <T> Mono<T> under(ResourceHolder<CacheLock> lock, Mono<T> steps) {
		return steps.contextWrite(Context.of(LOCK, lock));
	}

	/** Returns where the steps are taken. */
	Scheduler scheduler() {
		return this.io;
	}

}
