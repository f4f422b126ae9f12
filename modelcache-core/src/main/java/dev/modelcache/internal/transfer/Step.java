package dev.modelcache.internal.transfer;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a connection does next: a request, or a pause, or neither.
 *
 * @param fetch the request, or {@code null}
 * @param pause how long to wait before asking again, where there is no request
 */
record Step(@Nullable Fetch fetch, Duration pause) {

	/** Nothing is left for this connection. */
	static final Step END = new Step(null, Duration.ZERO);

}
