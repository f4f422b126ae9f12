package dev.modelcache.engine;

import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Holds a resource that is acquired asynchronously, so that it is closed once whatever
 * happens: also when its acquisition ends after everybody has lost interest.
 *
 * @param <T> the type of the resource
 */
final class ResourceHolder<T> {

	private final Consumer<T> closer;

	private @Nullable T resource;

	private boolean closed;

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

	/** Closes the resource, or the one that is still to come. */
	synchronized void close() {
		this.closed = true;
		if (this.resource != null) {
			this.closer.accept(this.resource);
			this.resource = null;
		}
	}

	Mono<Void> closeOn(Scheduler scheduler) {
		return Mono.<Void>fromRunnable(this::close).subscribeOn(scheduler);
	}

}
