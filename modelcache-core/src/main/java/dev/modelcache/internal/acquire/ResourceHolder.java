package dev.modelcache.internal.acquire;

import java.util.concurrent.Callable;
import java.util.function.Consumer;

import dev.modelcache.internal.FailureBoundary;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Holds a resource that is acquired asynchronously, so that it is closed once whatever
 * happens: also when its acquisition ends after everybody has lost interest. It stays
 * open during the steps that need it.
 *
 * @param <T> the type of the resource
 */
final class ResourceHolder<T> {

	private final Consumer<T> closer;

	private @Nullable T resource;

	private boolean closed;

	private int steps;

	ResourceHolder(Consumer<T> closer) {
		this.closer = closer;
	}

	/** Takes a resource; closes it at once if nobody wants it any more. */
	synchronized T hold(T acquired) {
		if (this.closed) {
			this.closer.accept(acquired);
		}
		else {
			this.resource = acquired;
		}
		return acquired;
	}

	/**
	 * Takes a step that needs the resource.
	 * @return its result; {@code null} without the step if the resource is closed
	 * already, as nobody waits for it then
	 */
	<V> @Nullable V during(Callable<? extends @Nullable V> step) throws Exception {
		if (!begin()) {
			return null;
		}
		try {
			return step.call();
		}
		finally {
			end();
		}
	}

	private synchronized boolean begin() {
		if (!this.closed) {
			this.steps++;
		}
		return !this.closed;
	}

	private synchronized void end() {
		this.steps--;
		closeIfUnused();
	}

	/** Closes the resource, or the one that is still to come, when no step needs it. */
	synchronized void close() {
		this.closed = true;
		closeIfUnused();
	}

	private void closeIfUnused() {
		if (this.closed && this.steps == 0 && this.resource != null) {
			this.closer.accept(this.resource);
			this.resource = null;
		}
	}

	Mono<Void> closeOn(Scheduler scheduler) {
		return Mono.<Void>fromCallable(() -> FailureBoundary.call("closing what was in use", () -> {
			close();
			return null;
		})).subscribeOn(scheduler);
	}

}
